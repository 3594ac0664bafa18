"""Profits are shared out to the last digit."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.trade_facts import sent
from trading_agent.domain.evidence_facts import EntryWeighed, EvidencePart
from trading_agent.domain.facts import PositionClosed, PositionOpened
from trading_agent.domain.order import OrderPurpose, Side
from trading_agent.domain.units import Lots, Nanos
from trading_agent.portfolio.attribution import Attribution, Earned, shared

AT = Nanos(1_000)
BOUGHT = replace(sent(1, Side.BUY, 100, 1, "1"), at=AT)


def weighed(*parts: tuple[str, float], at: int = AT, strategy: str = "flash") -> EntryWeighed:
    strength = sum(share for _, share in parts)
    return EntryWeighed(
        at=Nanos(at),
        symbol="BTCUSDC",
        strategy=strategy,
        direction=Side.BUY,
        strength=strength,
        net=strength,
        size_share=1.0,
        parts=tuple(EvidencePart(family, family, share) for family, share in parts),
        unheard=(),
    )


def closed(profit: str, strategy: str = "flash") -> PositionClosed:
    return PositionClosed(at=AT, symbol="BTCUSDC", profit=Decimal(profit), strategy=strategy)


def opened() -> PositionOpened:
    return PositionOpened(at=AT, symbol="BTCUSDC", size=Lots(1), price=Decimal(1))


def traded(attribution: Attribution, before: EntryWeighed, profit: str) -> None:
    bought = replace(BOUGHT, strategy=before.strategy)
    for fact in (before, bought, opened(), closed(profit, before.strategy)):
        attribution.hear(fact)


def test_each_strategy_has_its_own_positions() -> None:
    attribution = Attribution()
    for strategy, profit in (("flash", "1.5"), ("momentum", "-0.25"), ("flash", "-2")):
        traded(attribution, weighed(("flash", 0.5), strategy=strategy), profit)
    assert attribution.by_strategy == {
        "flash": Earned(2, 1, Decimal("-0.5")),
        "momentum": Earned(1, 0, Decimal("-0.25")),
    }


def test_evidence_earns_by_its_share_and_what_spoke_against_loses() -> None:
    attribution = Attribution()
    traded(attribution, weighed(("flash", 0.5), ("candles", 0.25), ("patterns", -0.25)), "1.00")
    assert attribution.by_evidence == {
        "flash": Decimal("1.00"),
        "candles": Decimal("0.50"),
        "patterns": Decimal("-0.50"),
    }


def test_a_later_weighing_that_sent_nothing_does_not_count() -> None:
    attribution = Attribution()
    later = weighed(("candles", 1.0), at=AT + 5)
    for fact in (weighed(("flash", 1.0)), BOUGHT, later, opened(), closed("1")):
        attribution.hear(fact)
    assert attribution.by_evidence == {"flash": Decimal(1)}


def test_an_entry_that_was_not_weighed_has_no_evidence() -> None:
    attribution = Attribution()
    for fact in (weighed(("flash", 1.0)), replace(BOUGHT, at=Nanos(AT + 9)), opened(), closed("1")):
        attribution.hear(fact)
    assert attribution.by_evidence == {}
    assert attribution.by_strategy == {"flash": Earned(1, 1, Decimal(1))}


def test_a_sale_is_no_entry() -> None:
    attribution = Attribution()
    sale = replace(BOUGHT, purpose=OrderPurpose.EXIT)
    for fact in (weighed(("flash", 1.0)), sale, opened(), closed("1")):
        attribution.hear(fact)
    assert attribution.by_evidence == {}


@given(
    st.decimals(-(10**9), 10**9, places=8),
    st.dictionaries(st.sampled_from("abcde"), st.floats(-1.0, 1.0), min_size=1),
)
def test_the_parts_add_up_to_the_whole(profit: Decimal, shares: dict[str, float]) -> None:
    parts = shared(profit, shares)
    if sum(round(share * (1 << 30)) for share in shares.values()) > 0:
        assert sum(parts.values()) == profit
    else:
        assert parts == {}


@pytest.mark.parametrize("profit", ["0", "0.00000001", "-7"])
def test_one_kind_of_evidence_has_it_all(profit: str) -> None:
    assert shared(Decimal(profit), {"flash": 0.3}) == {"flash": Decimal(profit)}
