"""Which money a recording is traded with."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from tests.unit.research.evaluations import OWN, a_request, settings_of
from tests.unit.research.planted_market import INSTRUMENT, planted_tape
from trading_agent.portfolio.settings import PortfolioSettings
from trading_agent.research.recorded_money import money_of
from trading_agent.research.recorded_tape import RecordedTape
from trading_agent.research.signal_evaluation import evaluation_of
from trading_agent.research.signal_verdict import judge_evaluation
from trading_agent.signals.settings import ExecutionOverrides, SessionPlan, SessionSettings


def quoted_in(asset: str) -> RecordedTape:
    tape = planted_tape(honest=True)
    return replace(tape, instrument=replace(INSTRUMENT, quote=asset))


@pytest.mark.parametrize("asset", ["USDC", "USDT", "USD", ""])
def test_a_dollar_is_a_dollar_and_an_unknown_quote_is_the_desk_s(asset: str) -> None:
    settings = settings_of("flash")
    money = money_of(quoted_in(asset), settings, None)
    assert (money.settings, money.stated, money.notional) == (settings, "", 250.0)


def test_an_amount_that_is_asked_for_changes_entries_alone() -> None:
    night = SessionSettings(
        start_hour=0, end_hour=8, execution=ExecutionOverrides(order_notional=500.0)
    )
    settings = settings_of("flash", plan=SessionPlan(sessions={"NIGHT": night}))
    money = money_of(quoted_in("USDT"), settings, 50.0)
    assert money.notional == 50.0
    assert money.settings.plan.sessions["NIGHT"].execution.order_notional == 100.0
    assert money.settings.limits == settings.limits
    assert money.settings.portfolio == settings.portfolio


def test_another_asset_is_given_by_the_middle_print_and_the_account_in_proportion() -> None:
    settings = settings_of("flash")
    tape = quoted_in("BTC")
    money = money_of(tape, settings, None)
    assert money.notional == pytest.approx(100.0 * 0.05, rel=0.02)
    share = Decimal(repr(money.notional / 250.0))
    assert money.settings.portfolio == PortfolioSettings(
        starting_balances={"BTC": 10_000 * share}, quote="BTC"
    )
    assert money.settings.limits.max_order_notional == 1_000 * share
    assert money.settings.limits.max_exposure == 20_000 * share
    assert money.stated.startswith("paid for in BTC, while the configuration counts in USDC: ")
    assert "the recording's middle print (--notional sets it)" in money.stated
    asked = money_of(tape, settings, 0.5)
    assert (asked.notional, asked.settings.portfolio.starting_balances) == (
        0.5,
        {"BTC": Decimal(20)},
    )
    silent = money_of(replace(tape, prints=tape.prints[:0]), settings, None)
    assert "the recording's middle level" in silent.stated


def test_a_desk_in_the_same_coin_needs_no_conversion() -> None:
    settings = settings_of("flash")
    coins = PortfolioSettings(starting_balances={"BTC": Decimal(1)}, quote="BTC")
    settings = settings_of("flash", portfolio=coins)
    assert money_of(quoted_in("BTC"), settings, None).settings == settings


@pytest.mark.slow
def test_orders_of_another_asset_are_filled_and_those_too_large_are_told() -> None:
    request = a_request("follow_signal", own=OWN)
    tape = quoted_in("BTC")
    found = evaluation_of((tape,), request, lambda _: None)
    assert any(each.filled for each in found.flash)
    (strategy,) = found.strategies
    assert strategy.trips > 8
    assert found.notes["PLANTED"][0].startswith("paid for in BTC")
    large = evaluation_of((tape,), replace(request, notional=1e6), lambda _: None)
    assert large.flash and not any(each.filled for each in large.flash)
    (verdict,) = judge_evaluation(large)
    assert verdict.headline == (
        "No order could be filled: what the flash signal pays is not known; no strategy traded "
        "enough to tell, of 1 that were tried"
    )
    assert not verdict.edge
    assert any("no order of it could be filled" in line for line in verdict.does_not)
    assert verdict.notes == large.notes["PLANTED"]
