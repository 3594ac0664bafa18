from decimal import Decimal

import pytest

from tests.told_facts import (
    Listener,
    a_cancel,
    a_fill,
    a_sent,
    a_shadow,
    an_exit,
    armed,
    bought,
    moment,
    sold,
    started,
)
from trading_agent.domain.evidence_facts import EntryWeighed
from trading_agent.domain.facts import ExitReason
from trading_agent.domain.order import OrderKind, Side
from trading_agent.domain.order_facts import EndReason, Liquidity
from trading_agent.domain.units import Lots
from trading_agent.notifications.notice import Lane, Level, Topic
from trading_agent.runtime.picture_ports import PictureKind

MINUS = "\N{MINUS SIGN}"


def topics(listener: Listener) -> list[Topic]:
    return [notice.topic for notice in listener.told]


def test_an_entry_and_its_fills_are_one_message() -> None:
    listener = started().hear(*bought())
    assert listener.told == []
    (notice,) = listener.wait(1)
    assert (notice.topic, notice.lane, notice.symbol) == (Topic.ENTRY, Lane.FILLS, "BTCUSDC")
    assert notice.plain.splitlines() == [
        "🔵 BTCUSDC bought 0.0125",
        "at 64,000.00 · 800.00 USDC",
        "fee 0.4000 (taker) · 2 fills",
        f"stop 63,936.00 ({MINUS}10.0 bps)",
        "target 64,128.00 (+20.0 bps)",
        "until 13:02:10 UTC",
        "cost 6.1 bps, fees 5.0",
        f"spread 0.90, impact 0.40, drift {MINUS}0.20",
        "flash · ioc · #1",
    ]
    assert listener.wait(100) == []


def test_an_exit_is_one_message_with_why_what_it_earned_and_how_long_it_took() -> None:
    listener = started().hear(*bought())
    listener.wait(1)
    listener.hear(*sold())
    (notice,) = listener.wait(1)
    assert notice.topic is Topic.EXIT
    assert notice.picture is not None
    assert notice.picture.kind is PictureKind.CHART
    assert notice.plain.splitlines() == [
        "🟢 BTCUSDC closed +1.23 USDC",
        "+0.15 % · target reached",
        "held 50 s",
        "64,000.00 → 64,130.40",
        "0.0125 BTC · fees 0.8000",
        "cost 6.1 bps, fees 5.0",
        f"spread 0.90, impact 0.40, drift {MINUS}0.20",
        "since 13:00: +1.23, 1 of 1 won",
        "flash · #2",
    ]


def test_a_loss_has_its_colour_and_its_sign() -> None:
    listener = started().hear(*bought(), *sold(profit="-0.42", reason=ExitReason.STOP))
    listener.wait(1)
    assert listener.last().startswith(f"🔴 BTCUSDC closed {MINUS}0.4200 USDC\n{MINUS}0.05 % · stop")


def test_why_it_was_bought_is_told() -> None:
    weighed = EntryWeighed(
        at=moment(9),
        symbol="BTCUSDC",
        strategy="flash",
        direction=Side.BUY,
        strength=0.5,
        net=0.42,
        size_share=1.0,
        parts=(),
        unheard=(),
    )
    listener = started().hear(weighed, *bought())
    listener.wait(1)
    assert "evidence +0.42" in listener.last()


def test_a_resting_entry_is_told_when_it_has_stood_for_a_while() -> None:
    sent = a_sent(kind=OrderKind.LIMIT)
    listener = started().hear(sent)
    assert listener.wait(9) == []
    (notice,) = listener.wait(10)
    assert notice.plain.splitlines()[:2] == [
        "🔹 BTCUSDC buy order stands",
        "0.0125 at 64,000.00 (limit)",
    ]
    listener.hear(a_cancel(1, 40, EndReason.BY_REQUEST))
    (notice,) = listener.wait(1)
    assert "not filled" in notice.plain
    assert "called back" in notice.plain


def test_a_quote_that_is_called_back_soon_is_no_news() -> None:
    listener = started().hear(a_sent(kind=OrderKind.LIMIT_MAKER))
    listener.hear(a_cancel(1, 15, EndReason.BY_REQUEST))
    listener.wait(100)
    assert listener.told == []


def test_an_entry_nobody_filled_is_told_with_its_reason() -> None:
    listener = started().hear(a_sent(), a_cancel(1, 10.1, EndReason.BOOK_STALE))
    (notice,) = listener.wait(1)
    assert notice.topic is Topic.ENTRY
    assert "the book was too old" in notice.plain


def test_fills_far_apart_are_told_apart_and_each_adds_up() -> None:
    sent = a_sent(kind=OrderKind.LIMIT)
    listener = started().hear(sent, a_fill(1, sent, 11, size=Lots(5_000)))
    (first,) = listener.wait(2)
    assert "40 % of 0.0125" in first.plain
    assert "the rest stands" in first.plain
    maker = Liquidity.MAKER
    listener.hear(a_fill(2, sent, 30, size=Lots(7_500), liquidity=maker, fee=Decimal(0)))
    listener.hear(a_shadow(1, 30.1, 9_000, 12_500, 12_500))
    (second,) = listener.wait(1)
    assert "bought 0.0125" in second.plain
    assert "(mixed) · 2 fills" in second.plain
    assert "queue 0.009 / 0.0125 / 0.0125" in second.plain
    assert first.key != second.key


def test_a_burst_of_fills_is_one_message() -> None:
    sent = a_sent(kind=OrderKind.LIMIT)
    listener = started().hear(sent)
    listener.hear(*(a_fill(n, sent, 11 + n / 100, size=Lots(100)) for n in range(1, 51)))
    (notice,) = listener.wait(2)
    assert "bought 0.005" in notice.plain
    assert "50 fills" in notice.plain


def test_an_exit_that_sold_a_part_is_told_and_what_is_left_is_closed_later() -> None:
    sent = an_exit()
    listener = started().hear(*bought())
    listener.wait(1)
    listener.hear(sent, a_fill(3, sent, 60.1, size=Lots(5_000)))
    listener.hear(a_cancel(2, 60.1, EndReason.REMAINDER))
    (notice,) = listener.wait(1)
    assert notice.topic is Topic.FILL
    assert notice.plain.startswith("🟠 BTCUSDC sold 0.005\n40 % of 0.0125")


def test_an_exit_that_sold_nothing_is_told_once() -> None:
    listener = started().hear(*bought())
    listener.wait(1)
    listener.hear(an_exit(2, 60), a_cancel(2, 60.1, EndReason.BOOK_NOT_READY))
    (notice,) = listener.wait(1)
    assert (notice.lane, notice.level) == (Lane.RISK, Level.WARNING)
    assert "found no buyer" in notice.plain
    listener.hear(an_exit(3, 62), a_cancel(3, 62.1, EndReason.BOOK_NOT_READY))
    assert listener.wait(1) == []
    last = an_exit(4, 64)
    facts = sold(64)
    listener.hear(facts[0], last, a_fill(3, last, 64.1), facts[-1])
    listener.wait(1)
    assert "held 54 s, 3 attempts" in listener.last()


def test_a_stop_that_follows_is_told_once_in_a_while() -> None:
    listener = started().hear(*bought())
    listener.wait(1)
    listener.hear(*(armed(20 + n, stop=6_393_600 + 1_000 * n) for n in range(1, 11)))
    (notice,) = listener.wait(21)
    assert notice.topic is Topic.STOP_MOVED
    assert notice.plain == "🛡 BTCUSDC exits moved\nstop 63,936.00 → 64,036.00"
    assert listener.wait(100) == []


def test_a_stop_of_a_position_that_is_gone_is_no_news() -> None:
    listener = started().hear(*bought(), armed(20, stop=6_394_000), *sold(25))
    listener.wait(100)
    assert Topic.STOP_MOVED not in topics(listener)


def test_an_order_called_back_by_a_restart_is_not_told_by_itself() -> None:
    listener = started().hear(a_sent(kind=OrderKind.LIMIT), a_cancel(1, 12, EndReason.RESTART))
    listener.wait(100)
    assert listener.told == []


@pytest.mark.parametrize("name", ["<b>flash</b>", "a&b", "x\u202egnp.exe", "y" * 500])
def test_a_strategys_name_is_foreign_text(name: str) -> None:
    listener = started().hear(a_sent(strategy=name), a_cancel(1, 10.1, EndReason.BOOK_STALE))
    (notice,) = listener.wait(1)
    assert "<b>flash" not in notice.html
    assert "a&b" not in notice.html
    assert "\u202e" not in notice.html
    assert len(notice.html) < 300
