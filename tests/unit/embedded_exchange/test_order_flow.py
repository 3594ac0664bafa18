"""The synthetic market: the same for the same seed, like a real one, open to strangers."""

import hashlib
import subprocess
import sys
from collections.abc import Sequence
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from trading_agent.domain.order import OrderKind, Side
from trading_agent.domain.units import HOUR, MILLISECOND, SECOND, Lots, Nanos, Ticks
from trading_agent.embedded_exchange.likeness import Likeness, likeness, observe
from trading_agent.embedded_exchange.matching import Refusal
from trading_agent.embedded_exchange.settings import (
    EmbeddedSettings,
    PairPreset,
    RegimeSettings,
    SyntheticSettings,
)
from trading_agent.embedded_exchange.source import (
    BestQuoted,
    BookImage,
    DepthChanged,
    MarketEvent,
    Printed,
)
from trading_agent.embedded_exchange.synthetic import SyntheticMarket

pytestmark = pytest.mark.slow

STARTS_AT = Nanos(1_723_161_600 * SECOND + 2 * HOUR)  # 2024-08-09, a Friday, 02:00 UTC
BTC, ETH = "BTCUSDC", "ETHUSDC"
EVEN = RegimeSettings(mean_minutes=60.0, weight=1.0, volatility=1.0, activity=1.0)
EVEN_MOOD = SyntheticSettings(calm=EVEN, normal=EVEN, wild=EVEN)

DIGEST_SCRIPT = """
import hashlib
from trading_agent.embedded_exchange.settings import EmbeddedSettings
from trading_agent.embedded_exchange.synthetic import SyntheticMarket
market = SyntheticMarket(EmbeddedSettings(seed=11), {start})
print(hashlib.sha256(repr(market.advance({until})).encode()).hexdigest())
"""


def market(
    seed: int = 7,
    pairs: tuple[str, ...] = (BTC, ETH),
    synthetic: SyntheticSettings | None = None,
    starts_at: int = STARTS_AT,
) -> SyntheticMarket:
    chosen = synthetic if synthetic is not None else SyntheticSettings()
    return SyntheticMarket(
        EmbeddedSettings(seed=seed, pairs=pairs, synthetic=chosen), Nanos(starts_at)
    )


def after(seconds: float) -> Nanos:
    return Nanos(STARTS_AT + round(seconds * SECOND))


def best(source: SyntheticMarket, symbol: str) -> BookImage:
    image = source.image(symbol, 1)
    assert image is not None
    return image


@pytest.fixture(scope="module")
def two_seconds() -> Sequence[MarketEvent]:
    return market().advance(after(2))


@pytest.fixture(scope="module")
def figures() -> dict[str, Likeness]:
    """Four minutes of both pairs in an even mood."""
    seen = observe(market(synthetic=EVEN_MOOD), STARTS_AT, 240)
    return {symbol: likeness(observation) for symbol, observation in seen.items()}


@settings(max_examples=15)
@given(st.lists(st.integers(0, 2_000), max_size=12), st.booleans())
def test_the_market_is_the_same_however_it_is_advanced(
    two_seconds: Sequence[MarketEvent], cuts: list[int], peeks: bool
) -> None:
    source = market()
    events: list[MarketEvent] = []
    for cut in [*sorted(cuts), 2_000]:
        if peeks:
            source.next_at()
            source.image(BTC, 5)
        events.extend(source.advance(Nanos(STARTS_AT + cut * MILLISECOND)))
    assert events == two_seconds


def test_the_market_is_the_same_in_every_process() -> None:
    script = DIGEST_SCRIPT.format(start=STARTS_AT, until=after(3))
    digests = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={"PYTHONHASHSEED": hash_seed, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        ).stdout.strip()
        for hash_seed in ("0", "1234")
    }
    here = hashlib.sha256(repr(market(seed=11).advance(after(3))).encode()).hexdigest()
    assert digests == {here}


def test_another_seed_or_start_is_another_market(two_seconds: Sequence[MarketEvent]) -> None:
    assert market(seed=8).advance(after(2)) != two_seconds
    later = market(starts_at=STARTS_AT + SECOND)
    assert later.advance(after(2)) != [event for event in two_seconds if event.at > after(1)]


def test_a_pair_trades_alike_whatever_else_is_listed(two_seconds: Sequence[MarketEvent]) -> None:
    alone = market(pairs=(ETH,)).advance(after(2))
    assert alone == [event for event in two_seconds if event.symbol == ETH]


def test_events_come_in_order_and_at_the_time_that_was_announced() -> None:
    source = market()
    announced = source.next_at()
    assert announced is not None
    assert source.advance(Nanos(announced - 1)) == []
    first = source.advance(announced)
    assert first
    assert {event.at for event in first} == {announced}
    times = [event.at for event in source.advance(after(5))]
    assert times == sorted(times)


def test_changes_rebuild_the_image_and_versions_have_no_hole() -> None:
    source = market()
    copies: dict[str, tuple[dict[int, int], dict[int, int]]] = {}
    versions: dict[str, int] = {}
    for pair in source.instruments():
        image = source.image(pair.symbol, 10_000)
        assert image is not None
        copies[pair.symbol] = (dict(image.bids), dict(image.asks))
        versions[pair.symbol] = image.version
    for event in source.advance(after(20)):
        if isinstance(event, DepthChanged):
            assert event.first_version == versions[event.symbol] + 1
            versions[event.symbol] = event.last_version
            for copy, levels in zip(copies[event.symbol], (event.bids, event.asks), strict=True):
                copy.update(levels)
        if isinstance(event, BestQuoted):
            bids, asks = ({p: s for p, s in copy.items() if s} for copy in copies[event.symbol])
            assert event.version == versions[event.symbol]
            assert event.bid == (max(bids), bids[max(bids)])
            assert event.ask == (min(asks), asks[min(asks)])
    for symbol, (bids, asks) in copies.items():
        image = source.image(symbol, 10_000)
        assert image is not None
        assert image.version == versions[symbol]
        assert dict(image.bids) == {price: size for price, size in bids.items() if size}
        assert dict(image.asks) == {price: size for price, size in asks.items() if size}


def test_the_listed_rules_are_those_of_the_presets() -> None:
    btc, eth = market().instruments()
    assert (btc.symbol, btc.tick, btc.lot) == (BTC, Decimal("0.01"), Decimal("0.000001"))
    assert (eth.symbol, eth.tick, eth.lot) == (ETH, Decimal("0.01"), Decimal("0.00001"))
    assert btc.size(btc.min_size) == Decimal("0.000001")
    assert btc.zero_fee
    assert eth.zero_fee
    assert btc.tradable
    assert btc.min_notional == 1


def test_a_fresh_market_already_stands_hundreds_of_levels_deep() -> None:
    source = market()
    for symbol in (BTC, ETH):
        image = source.image(symbol, 1_000)
        assert image is not None
        assert 100 <= len(image.bids) <= 1_000
        assert 100 <= len(image.asks) <= 1_000
    assert source.image("DOGEUSDC", 5) is None


def test_the_fresh_book_is_about_as_deep_as_one_that_traded_for_long() -> None:
    level_day = EVEN_MOOD.model_copy(update={"session_strength": 0.0})
    source = market(pairs=(BTC,), synthetic=level_day)

    def levels_nearby() -> int:
        image = source.image(BTC, 1_000)
        assert image is not None
        return len([price for price, _ in image.bids if price > image.bids[0][0] * 0.998])

    fresh = levels_nearby()
    source.advance(after(60))
    assert 0.6 < levels_nearby() / fresh < 1.6


@pytest.mark.parametrize("symbol", [BTC, ETH])
def test_the_market_has_the_stylised_facts_of_recorded_ones(
    figures: dict[str, Likeness], symbol: str
) -> None:
    seen = figures[symbol]
    assert seen.spread_median_ticks == 1
    assert seen.spread_one_tick_share > 0.9
    assert seen.spread_mean_bps < 0.1
    assert seen.taker_gap_variation > 1.2
    assert seen.taker_sign_autocorrelation_1 > 0.15
    assert seen.taker_sign_autocorrelation_10 > 0.0
    assert seen.taker_size_99_percent > 50 * seen.taker_size_median
    assert 0.3 < seen.volatility_1s_bps < 3.0
    assert 0.2 < seen.unmoved_1s_share < 0.8
    assert seen.kurtosis_1s > 4.0
    assert seen.absolute_return_autocorrelation_1s_1 > 0.0
    assert abs(seen.return_autocorrelation_1s) < 0.3
    assert seen.imbalance_foretells_1s > 0.03
    assert 0.2 < seen.tenth_level_bps < 2.0


def test_the_bitcoin_book_is_as_deep_as_recorded(figures: dict[str, Likeness]) -> None:
    """Recorded: 2.3, 2.8 and 3.4 BTC on 1, 5 and 10 levels, 28 prints a second."""
    seen = figures[BTC]
    assert 0.7 < seen.depth_1_level < 7.0
    assert 1.0 < seen.depth_5_levels < 9.0
    assert 1.2 < seen.depth_10_levels < 11.0
    assert 5.0 < seen.prints_per_second < 60.0


def test_the_afternoon_is_busier_than_the_small_hours() -> None:
    def changes(hour: int) -> int:
        start = Nanos(STARTS_AT + (hour - 2) * HOUR)
        source = market(pairs=(BTC,), synthetic=EVEN_MOOD, starts_at=start)
        source.advance(Nanos(start + 30 * SECOND))
        return best(source, BTC).version

    assert changes(14) > 1.4 * changes(4)


def test_a_strangers_order_trades_in_the_market() -> None:
    source = market()
    source.advance(after(1))
    top = best(source, BTC)
    price, offered = top.asks[0]
    receipt = source.submit(BTC, Side.BUY, OrderKind.IOC, price, offered, owner=5)
    assert sum(match.size for match in receipt.matches) == offered
    assert {match.price for match in receipt.matches} == {price}
    assert best(source, BTC).asks[0][0] > price
    assert [execution.match for execution in source.executions()] == list(receipt.matches)
    assert source.next_at() == after(1)
    told = [event for event in source.advance(after(1)) if isinstance(event, Printed)]
    assert [(event.price, event.size, event.taker_bought) for event in told] == [
        (match.price, match.size, True) for match in receipt.matches
    ]


def test_a_strangers_resting_order_fills_behind_those_who_came_before() -> None:
    source = market()
    source.advance(after(1))
    price, ahead = best(source, BTC).bids[0]
    size = Lots(40_000)
    receipt = source.submit(BTC, Side.BUY, OrderKind.LIMIT_MAKER, price, size, owner=9)
    assert receipt.resting == size
    assert best(source, BTC).bids[0] == (price, ahead + size)
    left = int(size)
    for second in range(2, 600):
        for event in source.executions():
            assert event.match.maker_owner == 9
            assert event.match.price == price
            assert event.at <= after(second)
            left -= event.match.size
            assert event.match.maker_left == left
        if not left:
            break
        source.advance(after(second))
    assert left == 0
    assert source.cancel(BTC, receipt.order, owner=9) == 0


def test_a_stranger_cancels_only_what_is_his() -> None:
    source = market()
    low = Ticks(best(source, BTC).bids[0][0] // 2)
    receipt = source.submit(BTC, Side.BUY, OrderKind.LIMIT, low, Lots(1_000), owner=3)
    assert source.cancel(BTC, receipt.order, owner=4) == 0
    assert source.cancel(BTC, receipt.order, owner=3) == 1_000
    assert source.cancel(BTC, receipt.order, owner=3) == 0


@pytest.mark.parametrize(
    ("size", "kind", "refusal"),
    [
        (0, OrderKind.LIMIT, Refusal.NOT_POSITIVE),
        (1, OrderKind.LIMIT, Refusal.NOTIONAL_TOO_SMALL),
        (1, OrderKind.MARKET, Refusal.NOTIONAL_TOO_SMALL),
        (10**9, OrderKind.LIMIT, Refusal.NOTIONAL_TOO_LARGE),
        (10_000, OrderKind.LIMIT_MAKER, Refusal.WOULD_TAKE),
    ],
)
def test_a_strangers_order_keeps_the_rules_of_the_pair(
    size: int, kind: OrderKind, refusal: Refusal
) -> None:
    source = market()
    price = best(source, BTC).asks[0][0]
    assert source.submit(BTC, Side.BUY, kind, price, Lots(size)).refusal is refusal
    assert source.executions() == []


def test_a_strangers_order_below_the_least_size_is_refused() -> None:
    source = market(pairs=("NEXOUSDC",))
    price = best(source, "NEXOUSDC").asks[0][0]
    receipt = source.submit("NEXOUSDC", Side.BUY, OrderKind.LIMIT, price, Lots(9))
    assert receipt.refusal is Refusal.SIZE_TOO_SMALL


@pytest.mark.parametrize("side", list(Side))
def test_the_market_recovers_when_a_stranger_takes_a_whole_side(side: Side) -> None:
    source = market(pairs=(ETH,))
    source.advance(after(1))
    while True:
        image = best(source, ETH)
        offered = image.asks if side is Side.BUY else image.bids
        if not offered:
            break
        source.submit(ETH, side, OrderKind.IOC, *offered[0])
    for event in source.advance(after(30)):
        if isinstance(event, BestQuoted):
            assert min(event.bid[1], event.ask[1]) > 0
    image = source.image(ETH, 1_000)
    assert image is not None
    assert min(len(image.bids), len(image.asks)) > 50
    spread = image.asks[0][0] - image.bids[0][0]
    assert 0 < spread < image.bids[0][0] // 100


def test_strangers_steer_the_market_alike_every_time() -> None:
    def story() -> list[MarketEvent]:
        source = market(pairs=(BTC,))
        events = list(source.advance(after(1)))
        price, size = best(source, BTC).bids[0]
        source.submit(BTC, Side.SELL, OrderKind.IOC, price, size)
        events.extend(source.advance(after(3)))
        return events

    assert story() == story()
    assert story() != market(pairs=(BTC,)).advance(after(3))


def test_every_preset_trades() -> None:
    presets = SyntheticSettings().presets
    source = market(pairs=tuple(presets))
    seen = {event.symbol for event in source.advance(after(20))}
    assert seen == set(presets)
    for symbol in presets:
        top = best(source, symbol)
        assert 0 < top.bids[0][0] < top.asks[0][0]


def test_a_pair_of_ones_own_needs_a_preset() -> None:
    with pytest.raises(ValidationError, match="no preset for DOGEUSDC"):
        EmbeddedSettings(pairs=("DOGEUSDC",))
    with pytest.raises(ValidationError, match="named twice"):
        EmbeddedSettings(pairs=(BTC, BTC))
    own = SyntheticSettings().presets[ETH].model_copy(update={"base": "DOGE"})
    source = market(pairs=("DOGEUSDC",), synthetic=SyntheticSettings(presets={"DOGEUSDC": own}))
    (pair,) = source.instruments()
    assert (pair.symbol, pair.base, pair.quote) == ("DOGEUSDC", "DOGE", "USDC")
    assert source.advance(after(1))


def test_a_preset_with_a_book_without_end_is_refused() -> None:
    values = SyntheticSettings().presets[BTC].model_dump()
    with pytest.raises(ValidationError, match="orders would stand in the book"):
        PairPreset(**{**values, "ladder_patience_seconds": 3_600.0})


def test_an_owner_must_not_pass_for_the_house() -> None:
    source = market()
    with pytest.raises(ValueError, match="above 0"):
        source.submit(BTC, Side.BUY, OrderKind.IOC, Ticks(1), Lots(1), owner=0)
