"""Large levels that come and go."""

from tests.unit.signals.enhanced.books import a_book
from trading_agent.domain.order import Side
from trading_agent.domain.units import MILLISECOND, MINUTE, Nanos, Ticks
from trading_agent.signals.enhanced.anomalies import AnomalyKind, flicker_anomaly
from trading_agent.signals.enhanced.flicker import Flicker, FlickerWatch
from trading_agent.signals.enhanced.liquidity import BookSides
from trading_agent.signals.enhanced.settings import AnomalyParameters

USUAL = AnomalyParameters()
LEVELS = 30


def ms(milliseconds: float) -> Nanos:
    return Nanos(int(milliseconds * MILLISECOND))


def plain(mid: int = 100_000, **large: int) -> BookSides:
    """Ten lots a level, a tenth of a basis point apart; `large`: lots at bid_5, ask_3, ..."""
    sides = []
    for side, sign in (("bid", -1), ("ask", 1)):
        sides.append([(mid + sign * (1 + n), large.get(f"{side}_{n}", 10)) for n in range(LEVELS)])
    return a_book(*sides)


def test_a_large_level_that_vanishes_untraded_flickers() -> None:
    watch = FlickerWatch(USUAL)
    assert watch.looked(ms(1_000), plain()) == ()
    assert watch.looked(ms(1_100), plain(ask_3=100)) == ()
    assert watch.looked(ms(1_200), plain(ask_3=95)) == ()
    found = watch.looked(ms(1_600), plain())
    assert found == (Flicker(ms(1_600), Side.SELL, Ticks(100_004), 100, ms(500)),)
    assert watch.looked(ms(1_700), plain()) == ()


def test_both_sides_are_watched() -> None:
    watch = FlickerWatch(USUAL)
    watch.looked(ms(1_000), plain())
    watch.looked(ms(1_100), plain(ask_3=100, bid_7=200))
    found = watch.looked(ms(1_200), plain())
    assert [(it.side, it.price) for it in found] == [(Side.BUY, 99_992), (Side.SELL, 100_004)]


def test_a_level_that_traded_meant_it() -> None:
    watch = FlickerWatch(USUAL)
    watch.looked(ms(1_000), plain())
    watch.looked(ms(1_100), plain(ask_0=100))
    watch.printed(Ticks(100_001))
    assert watch.looked(ms(1_200), plain()) == ()


def test_a_level_that_stayed_did_not_flicker() -> None:
    watch = FlickerWatch(USUAL)
    watch.looked(ms(1_000), plain())
    watch.looked(ms(1_100), plain(ask_3=100))
    assert watch.looked(ms(1_100 + USUAL.flicker_ms + 1), plain()) == ()


def test_a_level_of_the_first_look_has_no_age() -> None:
    watch = FlickerWatch(USUAL)
    watch.looked(ms(1_000), plain(ask_3=100))
    assert watch.looked(ms(1_100), plain()) == ()


def test_a_level_out_of_sight_did_not_vanish() -> None:
    watch = FlickerWatch(USUAL)
    watch.looked(ms(1_000), plain())
    watch.looked(ms(1_100), plain(ask_29=100))
    assert watch.looked(ms(1_200), plain(mid=99_990)) == ()
    assert watch.looked(ms(1_300), plain()) == ()


def test_a_level_that_comes_into_sight_did_not_appear() -> None:
    watch = FlickerWatch(USUAL)
    watch.looked(ms(1_000), plain(mid=99_990))
    watch.looked(ms(1_100), plain(ask_29=100))
    assert watch.looked(ms(1_200), plain()) == ()


def test_an_ordinary_level_may_come_and_go() -> None:
    watch = FlickerWatch(USUAL)
    watch.looked(ms(1_000), plain())
    watch.looked(ms(1_100), plain(ask_3=79))
    assert watch.looked(ms(1_200), plain()) == ()


def test_a_lost_book_takes_its_levels_along() -> None:
    watch = FlickerWatch(USUAL)
    watch.looked(ms(1_000), plain())
    watch.looked(ms(1_100), plain(ask_3=100))
    watch.forget()
    assert watch.looked(ms(1_200), plain()) == ()
    watch.looked(ms(1_300), plain(ask_3=100))
    assert watch.looked(ms(1_350), a_book([(1, 1)], [])) == ()
    assert watch.looked(ms(1_400), plain()) == ()


def test_flickers_are_counted_over_a_minute() -> None:
    watch = FlickerWatch(USUAL)
    for index in range(USUAL.flickers_a_minute):
        assert flicker_anomaly(watch, ms(index * 1_000), USUAL) == ()
        watch.looked(ms(index * 1_000), plain())
        watch.looked(ms(index * 1_000 + 100), plain(bid_2=500))
        assert len(watch.looked(ms(index * 1_000 + 200), plain())) == 1
    found = flicker_anomaly(watch, ms(6_000), USUAL)
    assert [(it.kind, it.figure) for it in found] == [(AnomalyKind.FLICKER, 6.0)]
    assert watch.a_minute(Nanos(ms(1_200) + MINUTE)) == 4
