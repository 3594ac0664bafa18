"""What is out of the ordinary, and what is not."""

import math

import pytest
from pydantic import ValidationError

from trading_agent.domain.units import MILLISECOND, SECOND, Nanos
from trading_agent.signals.enhanced.anomalies import (
    Anomaly,
    AnomalyKind,
    AnomalyLog,
    FeedWatch,
    MarketSecond,
    MarketWatch,
)
from trading_agent.signals.enhanced.settings import AnomalyParameters

USUAL = AnomalyParameters()


def ms(milliseconds: float) -> Nanos:
    return Nanos(int(milliseconds * MILLISECOND))


def an_ordinary_second(index: int) -> MarketSecond:
    return MarketSecond(
        at=Nanos(index * SECOND),
        spread_bps=2.0 + 0.1 * (index % 3),
        volume=1_000.0 + 100.0 * (index % 5),
        return_bps=(index % 7 - 3) * 0.3,
        messages=20 + index % 4,
    )


def watched(seconds: int) -> MarketWatch:
    watch = MarketWatch(USUAL)
    for index in range(seconds):
        assert watch.second(an_ordinary_second(index)) == ()
    return watch


@pytest.mark.parametrize(
    ("second", "kind"),
    [
        ({"spread_bps": 30.0}, AnomalyKind.SPREAD),
        ({"volume": 90_000.0}, AnomalyKind.VOLUME),
        ({"return_bps": 25.0}, AnomalyKind.RETURN),
        ({"return_bps": -25.0}, AnomalyKind.RETURN),
        ({"messages": 400}, AnomalyKind.MESSAGES),
    ],
)
def test_what_is_far_from_the_usual_is_an_anomaly(
    second: dict[str, float], kind: AnomalyKind
) -> None:
    values = {"spread_bps": 2.0, "volume": 1_000.0, "return_bps": 0.0, "messages": 20, **second}
    found = watched(100).second(MarketSecond(at=Nanos(100 * SECOND), **values))  # type: ignore[arg-type]
    assert [it.kind for it in found] == [kind]
    assert found[0].at == 100 * SECOND
    assert abs(found[0].figure) > 8.0
    assert (found[0].figure < 0) == (second.get("return_bps", 0.0) < 0)
    assert "deviations from the usual" in found[0].words


def test_a_calmer_market_is_no_anomaly() -> None:
    calm = MarketSecond(at=Nanos(100 * SECOND), spread_bps=0.0, volume=0.0, return_bps=0.0)
    assert watched(100).second(calm) == ()


def test_with_few_seconds_nothing_is_out_of_the_ordinary() -> None:
    wide = MarketSecond(at=Nanos(SECOND), spread_bps=500.0, volume=1e9, return_bps=500.0)
    assert watched(USUAL.least_seconds - 1).second(wide) == ()
    assert len(watched(USUAL.least_seconds).second(wide)) == 3


def test_what_is_not_known_is_not_counted() -> None:
    watch = MarketWatch(USUAL)
    for index in range(100):
        watch.second(MarketSecond(at=Nanos(index * SECOND), volume=1.0))
    assert watch.second(MarketSecond(at=Nanos(SECOND), spread_bps=900.0)) == ()


def test_what_lasts_becomes_usual() -> None:
    watch = watched(100)
    wide = [
        watch.second(MarketSecond(Nanos((100 + i) * SECOND), 30.0, 1_000.0, 0.0, 20))
        for i in range(200)
    ]
    assert wide[0]
    assert not wide[-1]


def test_forgetting_begins_anew() -> None:
    watch = watched(100)
    watch.forget()
    assert watch.second(MarketSecond(at=Nanos(SECOND), spread_bps=500.0)) == ()


def test_stamps_that_run_backwards() -> None:
    feed = FeedWatch(USUAL)
    assert feed.message(ms(1_000), ms(990)) == ()
    found = feed.message(ms(1_001), ms(985))
    assert [(it.kind, it.figure) for it in found] == [(AnomalyKind.BACKWARDS, 5.0)]
    assert feed.message(ms(1_002), ms(985)) == ()


def test_a_clock_that_jumps() -> None:
    feed = FeedWatch(USUAL)
    for index in range(20):
        assert feed.message(ms(1_000 + index * 100), ms(950 + index * 100)) == ()
    found = feed.message(ms(9_000), ms(6_950))
    assert [(it.kind, it.figure) for it in found] == [(AnomalyKind.CLOCK_JUMP, 2_000.0)]
    assert "2050 ms" in found[0].words
    ahead = feed.message(ms(9_100), ms(11_100))
    assert [(it.kind, it.figure) for it in ahead] == [(AnomalyKind.CLOCK_JUMP, -2_050.0)]


def test_a_message_without_a_stamp_says_nothing_of_clocks() -> None:
    feed = FeedWatch(USUAL)
    feed.message(ms(1_000), ms(990))
    assert feed.message(ms(1_001), Nanos(0)) == ()


def test_a_silence_is_told_once() -> None:
    feed = FeedWatch(USUAL)
    assert feed.tick(ms(99_000)) == ()
    feed.message(ms(100_000), Nanos(0))
    assert feed.tick(ms(109_999)) == ()
    found = feed.tick(ms(110_000))
    assert [(it.kind, it.figure) for it in found] == [(AnomalyKind.SILENCE, 10_000.0)]
    assert feed.tick(ms(120_000)) == ()
    feed.message(ms(121_000), Nanos(0))
    assert len(feed.tick(ms(131_000))) == 1


def test_the_log_holds_the_newest_of_each_kind_for_a_while() -> None:
    log = AnomalyLog(hold=10 * SECOND)
    wide = Anomaly(AnomalyKind.SPREAD, Nanos(1 * SECOND), 9.0, "wide")
    wider = Anomaly(AnomalyKind.SPREAD, Nanos(5 * SECOND), 19.0, "wider")
    silent = Anomaly(AnomalyKind.SILENCE, Nanos(6 * SECOND), 10_000.0, "silent")
    log.add(silent)
    log.add(wide, wider)
    assert log.recent(Nanos(6 * SECOND)) == (wider, silent)
    assert log.recent(Nanos(16 * SECOND)) == (silent,)
    assert log.recent(Nanos(17 * SECOND)) == ()


def test_the_log_counts() -> None:
    log = AnomalyLog(hold=10 * SECOND)
    for second in (1, 2, 8):
        log.add(Anomaly(AnomalyKind.SPREAD, Nanos(second * SECOND), 9.0, "wide"))
    assert [log.count(Nanos(second * SECOND)) for second in (8, 12, 20)] == [3, 2, 0]


def test_a_window_shorter_than_what_it_needs_is_refused() -> None:
    with pytest.raises(ValidationError, match="least_seconds"):
        AnomalyParameters(window_seconds=30, least_seconds=60)


def test_an_infinite_figure_is_not_known() -> None:
    second = MarketSecond(at=Nanos(SECOND), spread_bps=math.inf)
    assert watched(100).second(second) == ()
