"""Which streams go over which connection."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from trading_agent.adapters.mexc.settings import MexcSettings
from trading_agent.adapters.mexc.wire import (
    book_ticker_channel,
    depth_channel,
    kline_channel,
    trades_channel,
)
from trading_agent.domain.errors import ConfigError
from trading_agent.domain.instrument import Instrument


@dataclass(frozen=True, slots=True)
class ConnectionPlan:
    """`channels` and `depth_channels` give the pair, as its place in the run's list; the
    latter are those of the former whose books depend on them."""

    name: str
    channels: Mapping[str, int]
    depth_channels: Mapping[str, int]


def plan_connections(
    settings: MexcSettings, instruments: Sequence[Instrument]
) -> tuple[ConnectionPlan, ...]:
    """As few connections as hold all streams, every pair whole on one of them.

    Raises ConfigError when one pair alone has more streams than a connection may carry.
    """
    a_pair = len(_channels(settings, "X"))
    pairs_each = settings.streams_per_connection // a_pair
    if pairs_each == 0:
        raise ConfigError(
            f"one pair needs {a_pair} streams, a connection carries "
            f"{settings.streams_per_connection}: name fewer kline_timeframes"
        )
    plans: list[ConnectionPlan] = []
    for start in range(0, len(instruments), pairs_each):
        share = range(start, min(start + pairs_each, len(instruments)))
        plans.append(_plan(settings, f"mexc-{len(plans) + 1}", share, instruments))
    return tuple(plans)


def _plan(
    settings: MexcSettings, name: str, share: range, instruments: Sequence[Instrument]
) -> ConnectionPlan:
    channels = {
        channel: symbol
        for symbol in share
        for channel in _channels(settings, instruments[symbol].symbol)
    }
    depth = {
        depth_channel(instruments[symbol].symbol, settings.pace_ms): symbol for symbol in share
    }
    return ConnectionPlan(name, MappingProxyType(channels), MappingProxyType(depth))


def _channels(settings: MexcSettings, symbol: str) -> tuple[str, ...]:
    channels = [depth_channel(symbol, settings.pace_ms), trades_channel(symbol, settings.pace_ms)]
    if settings.subscribe_best_quotes:
        channels.append(book_ticker_channel(symbol, settings.pace_ms))
    channels += [kline_channel(symbol, timeframe) for timeframe in settings.kline_timeframes]
    return tuple(channels)
