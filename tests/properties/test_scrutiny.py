"""The compiled watch over random markets against a plain reference."""

import math
import random
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import START, a_depth_message, a_snapshot_message, an_instrument, joined
from tests.paper_exchange import PaperExchange
from tests.plain_scrutiny import PlainScrutiny, PlainSecond, robust_z
from tests.random_market import RandomMarket, Trouble
from trading_agent.domain.market_rows import Rows
from trading_agent.domain.order import Side
from trading_agent.domain.units import MILLISECOND, MINUTE, SECOND, Nanos
from trading_agent.market.seconds import FINISHED_SECOND, SECONDS_KEPT, UNSTAMPED
from trading_agent.signals.enhanced.anomalies import AnomalyKind
from trading_agent.signals.enhanced.flicker import FLICKERS
from trading_agent.signals.enhanced.resilience import TIMES
from trading_agent.signals.enhanced.scrutiny import MarketScrutiny
from trading_agent.signals.enhanced.settings import EnhancedSettings
from trading_agent.signals.enhanced.unusual import FIGURES, judge_second

pytestmark = pytest.mark.slow

INSTRUMENT = an_instrument()
UNIT = float(INSTRUMENT.tick * INSTRUMENT.lot)
EAGER = EnhancedSettings.model_validate(
    {
        "anomalies": {
            "window_seconds": 20,
            "least_seconds": 5,
            "spread_deviations": 1.5,
            "volume_deviations": 1.5,
            "return_deviations": 1.5,
            "message_deviations": 1.2,
            "least_volume": 1.0,
            "least_return_bps": 0.01,
            "least_messages": 0.5,
            "flicker_band_bps": 6.0,
            "flicker_factor": 1.3,
            "flicker_ms": 900,
            "flickers_a_minute": 3,
            "clock_jump_ms": 400,
            "silence_ms": 2_000,
        },
        "liquidity": {"recovery_band_bps": 5.0, "patience_ms": 400, "sweeps": 5},
        "aggregation": {"anomaly_hold_ms": 5_000},
    }
)
TROUBLE = Trouble(lost=0.01, crossed=0.01, one_sided=0.02, pause=0.03)


def a_market(seed: int, count: int, trouble: Trouble = TROUBLE) -> list[Rows]:
    """Stamps wander, some are missing; levels far from the touch come and go."""
    dice = random.Random(seed)
    messages = RandomMarket(seed, trouble, pairs=1).messages(count)
    for message in messages:
        if message["kind"][0] < 3:
            message["venue_at"] = message["at"] - dice.choice((5, 5, 5, 9, 30, 700)) * MILLISECOND
        if dice.random() < 0.05:
            message["venue_at"] = 0
    return messages


def seen(market: Any) -> dict[str, Any]:
    """Everything remembered, in plain words."""
    seconds, flicker, swept = market["seconds"], market["flicker"], market["resilience"]["sides"]
    return {
        "seconds": [past(seconds, number) for number in kept(seconds["count"], SECONDS_KEPT)],
        "open": (int(seconds["now"]["messages"]), int(seconds["now"]["volume"])),
        "flickers": [
            tuple(flicker["past"][number % FLICKERS].tolist())
            for number in kept(flicker["count"], FLICKERS)
        ],
        "times": [
            [int(side["times"][n % TIMES]) for n in kept(side["count"], TIMES)] for side in swept
        ],
        "recovering": [int(side["since"]) for side in swept],
        "sweeps": [int(side["sweeps"]) for side in swept],
        "given_up": [int(side["given_up"]) for side in swept],
    }


def kept(count: int, most: int) -> range:
    return range(max(int(count) - most, 0), int(count))


def past(seconds: Any, number: int) -> tuple[Any, ...]:
    return tuple(seconds["past"][number % SECONDS_KEPT].tolist())


def as_finished(second: PlainSecond) -> tuple[Any, ...]:
    delay = UNSTAMPED if second.delay is None else second.delay
    return (
        *(second.end, second.mid, second.spread_bps, second.messages, second.volume),
        *(delay, second.back, int(second.follows)),
    )


def expected(plain: PlainScrutiny) -> dict[str, Any]:
    sides = (Side.BUY, Side.SELL)
    return {
        "seconds": [as_finished(it) for it in plain.seconds[-SECONDS_KEPT:]],
        "open": (plain.open.messages, plain.open.volume),
        "flickers": plain.flicker.found[-FLICKERS:],
        "times": [plain.times[side][-TIMES:] for side in sides],
        "recovering": [plain.sweeps[s].since if s in plain.sweeps else 0 for s in sides],
        "sweeps": [plain.swept[side] for side in sides],
        "given_up": [plain.given_up[side] for side in sides],
    }


@given(seed=st.integers(0, 2**32))
@settings(max_examples=12)
def test_what_is_seen_is_that_of_the_reference(seed: int) -> None:
    exchange, plain = PaperExchange(scrutiny=EAGER), PlainScrutiny(EAGER)
    for message in a_market(seed, 350):
        exchange.recorded(message)
        plain.take(message)
        assert seen(exchange.market()) == expected(plain)
    assert plain.seconds


def test_the_random_markets_show_everything() -> None:
    """Otherwise the reference would be equal to nothing."""
    plain = PlainScrutiny(EAGER)
    for message in a_market(7, 4_000):
        plain.take(message)
    assert len(plain.seconds) > 100
    assert len(plain.flicker.found) > 20
    for side in Side:
        assert len(plain.times[side]) > 20
        assert plain.given_up[side] > 0
        assert len(set(plain.times[side])) > 5
    assert any(it.back for it in plain.seconds)
    assert not all(it.follows for it in plain.seconds[1:])


# --- answers --------------------------------------------------------------------------------------


def judged(plain: PlainScrutiny, number: int) -> dict[AnomalyKind, float]:
    """What the second is by the definitions."""
    asked, second = EAGER.anomalies, plain.seconds[number]
    window = plain.seconds[max(number - asked.window_seconds, 0) : number]
    returns = [it * 1e4 for it in plain.returns()[: number + 1]]
    before = returns[max(number - asked.window_seconds, 0) : number]
    rows = (
        (
            AnomalyKind.SPREAD,
            second.spread_bps,
            [it.spread_bps for it in window],
            (asked.least_spread_bps, asked.spread_deviations),
        ),
        (
            AnomalyKind.VOLUME,
            second.volume * second.mid * UNIT,
            [it.volume * it.mid * UNIT for it in window],
            (asked.least_volume, asked.volume_deviations),
        ),
        (
            AnomalyKind.RETURN,
            returns[number],
            [it for it in before if not math.isnan(it)],
            (asked.least_return_bps, asked.return_deviations),
        ),
        (
            AnomalyKind.MESSAGES,
            float(second.messages),
            [float(it.messages) for it in window],
            (asked.least_messages, asked.message_deviations),
        ),
    )
    found = {}
    for kind, value, values, (scale, deviations) in rows:
        if math.isnan(value) or len(values) < asked.least_seconds:
            continue
        z, _ = robust_z(value, values, scale)
        if (abs(z) if kind is AnomalyKind.RETURN else z) >= deviations:
            found[kind] = z
    if second.back:
        found[AnomalyKind.BACKWARDS] = second.back / MILLISECOND
    delays = [it.delay for it in plain.seconds[max(number - 101, 0) : number]]
    delays = [it for it in delays if it is not None]
    if second.delay is not None and len(delays) >= 10:
        moved = (second.delay - float(np.median(delays))) / MILLISECOND
        if abs(moved) >= asked.clock_jump_ms:
            found[AnomalyKind.CLOCK_JUMP] = moved
    return found


def all_anomalies(plain: PlainScrutiny, at: int, heard: int) -> dict[AnomalyKind, float]:
    """By kind its figure, the newest of those that are held."""
    hold = EAGER.aggregation.anomaly_hold_ms * MILLISECOND
    found: dict[AnomalyKind, float] = {}
    for number, second in enumerate(plain.seconds):
        if at - hold <= second.end <= at:
            found |= judged(plain, number)
    flickers = sum(at - MINUTE < flick[0] <= at for flick in plain.flicker.found)
    if flickers >= EAGER.anomalies.flickers_a_minute:
        found[AnomalyKind.FLICKER] = float(flickers)
    if at - heard >= EAGER.anomalies.silence_ms * MILLISECOND:
        found[AnomalyKind.SILENCE] = (at - heard) / MILLISECOND
    return found


@given(seed=st.integers(0, 2**32))
@settings(max_examples=8)
def test_answers_are_those_of_the_definitions(seed: int) -> None:
    exchange, plain = PaperExchange(scrutiny=EAGER), PlainScrutiny(EAGER)
    scrutiny = MarketScrutiny(exchange.market(), INSTRUMENT, EAGER)
    dice = random.Random(seed)
    heard = taken = 0
    kinds: set[AnomalyKind] = set()
    collected: list[float] = []
    for message in a_market(seed, 700):
        exchange.recorded(message)
        plain.take(message)
        if message["kind"][0] < 6:
            heard = int(message["at"][0])
        if not heard or dice.random() < 0.9:
            continue
        at = Nanos(int(message["at"][0]) + dice.choice((0, 0, 300, 2_500)) * MILLISECOND)
        found = scrutiny.anomalies(at)
        assert {it.kind: it.figure for it in found} == pytest.approx(
            all_anomalies(plain, at, heard), rel=1e-9
        )
        assert [it.kind for it in found] == [k for k in AnomalyKind if k in {a.kind for a in found}]
        assert all(it.at <= at for it in found)
        kinds |= {it.kind for it in found}
        for side in Side:
            told = scrutiny.resilience(side)
            assert told.half_time_ms == plain.half_time_ms(side)
            assert (told.sweeps, told.given_up) == (plain.swept[side], plain.given_up[side])
            assert told.recovering_since == getattr(plain.sweeps.get(side), "since", None)
        seconds, returns, count = scrutiny.returns(taken)
        assert count == scrutiny.finished == len(plain.seconds)
        assert seconds.tolist() == [it.end // SECOND for it in plain.seconds[taken:]]
        collected += returns.tolist()
        taken = count
    simple = np.log1p(np.array(plain.returns()[:taken]))
    assert collected == pytest.approx(simple.tolist(), rel=1e-9, abs=1e-15, nan_ok=True)
    assert len(kinds) > 3


@given(
    st.lists(st.floats(0.1, 1e6) | st.sampled_from((1.0, 2.0)), min_size=2, max_size=60),
    st.integers(2, 40),
    st.integers(1, 6),
    st.sampled_from((0.0, 1.0, 3.0, 8.0)),
    st.sampled_from((0.01, 1.0, 1e5)),
)
def test_a_robust_z_is_that_of_the_definition(
    spreads: list[float], window: int, least: int, more: float, scale: float
) -> None:
    """Whatever is rejected early would not have been far enough."""
    ring = np.zeros(SECONDS_KEPT, FINISHED_SECOND)
    ring["spread_bps"][: len(spreads)] = spreads
    ring["mid"] = 1.0
    number = len(spreads) - 1
    deviations = 0.5 + more
    limits, found = np.full((FIGURES, 2), 1e300), np.zeros((FIGURES, 3))
    limits[0] = deviations, scale
    judge_second(ring, number, (window, least), 1.0, limits, found)
    values = spreads[max(number - window, 0) : number]
    z, middle = robust_z(spreads[-1], values, scale)
    if z >= deviations and len(values) >= least:
        assert found[0].tolist() == pytest.approx([z, spreads[-1], middle], rel=1e-12)
    else:
        assert math.isnan(found[0, 0])
    assert np.isnan(found[1:, 0]).all()


# --- nobody's looking changes anything ------------------------------------------------------------


def told(scrutiny: MarketScrutiny, at: Nanos) -> str:
    sides = [scrutiny.resilience(side) for side in Side]
    book = scrutiny.book()
    levels = None if book is None else (book.bid_ticks.tolist(), book.ask_lots.tolist())
    returns = [it.tolist() for it in scrutiny.returns(0)[:2]]
    return repr((scrutiny.anomalies(at), sides, scrutiny.flickers_a_minute(at), returns, levels))


@given(seed=st.integers(0, 2**32), cuts=st.lists(st.integers(1, 599), max_size=6))
@settings(max_examples=8)
def test_any_chunks_and_any_looks_come_to_the_same(seed: int, cuts: list[int]) -> None:
    messages = a_market(seed, 600)
    pieces = [0, *sorted(set(cuts)), 600]
    whole, live, chunked = (PaperExchange(scrutiny=EAGER) for _ in range(3))
    often = MarketScrutiny(live.market(), INSTRUMENT, EAGER)
    whole.recorded(joined(messages))
    for message in messages:
        live.recorded(message)
        often.anomalies(Nanos(int(message["at"][0])))
    for first, end in pairwise(pieces):
        chunked.recorded(joined(messages[first:end]))
    marks = [exchange.market().tobytes() for exchange in (whole, live, chunked)]
    assert marks[0] == marks[1] == marks[2]
    at = Nanos(int(messages[-1]["at"][0]))
    once = MarketScrutiny(whole.market(), INSTRUMENT, EAGER)
    assert told(once, at) == told(often, at) == told(once, at)


def test_without_scrutiny_nothing_is_kept() -> None:
    off = EnhancedSettings(scrutiny=False)
    for given_settings in (None, off):
        exchange = PaperExchange(scrutiny=given_settings)
        for message in a_market(3, 600):
            exchange.recorded(message)
        nothing = PlainScrutiny(EAGER)
        assert seen(exchange.market()) == expected(nothing)
        scrutiny = MarketScrutiny(exchange.market(), INSTRUMENT, off)
        at = Nanos(START + 10_000 * SECOND)
        assert scrutiny.anomalies(at) == ()
        assert scrutiny.resilience(Side.BUY).half_time_ms is None
        assert scrutiny.returns(0)[2] == 0


@given(seed=st.integers(0, 2**32))
@settings(max_examples=10)
def test_the_best_levels_are_those_of_the_book(seed: int) -> None:
    """Also where they lie outside the ladder's window."""
    dice = random.Random(seed)
    gaps = [dice.choice((1, 2, 60, 700, 40_000)) for _ in range(90)]
    reach = np.cumsum(gaps).tolist()
    middle = 5_000_000
    bids = [(middle - it, dice.randrange(1, 99)) for it in reach]
    asks = [(middle + it, dice.randrange(1, 99)) for it in reach[: dice.randrange(1, 90)]]
    exchange = PaperExchange(scrutiny=EAGER)
    scrutiny = MarketScrutiny(exchange.market(), INSTRUMENT, EAGER)
    assert scrutiny.book() is None
    exchange.rows(a_snapshot_message(bids, asks))
    exchange.rows(a_depth_message(bids=[(bids[0][0], 0)]), at=10)
    book = scrutiny.book()
    assert book is not None
    found = list(zip(book.bid_ticks.tolist(), book.bid_lots.tolist(), strict=True))
    assert found == bids[1:65]
    found = list(zip(book.ask_ticks.tolist(), book.ask_lots.tolist(), strict=True))
    assert found == asks[:64]
    assert book.lot_tick_value == pytest.approx(UNIT)
    rests = scrutiny.liquidity(Nanos(START))
    assert rests is not None
    assert rests.mid == (bids[1][0] + asks[0][0]) / 2
