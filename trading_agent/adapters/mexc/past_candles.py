"""The exchange's finished candles, for a start that does not begin with nothing and for times in
which trades were missed."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import ROUND_FLOOR
from typing import Final, get_args

from trading_agent.adapters.mexc.answers import PastCandle
from trading_agent.adapters.mexc.rest import LENGTHS, MexcClient
from trading_agent.adapters.mexc.settings import KlineTimeframe
from trading_agent.domain.errors import TradingError
from trading_agent.domain.instrument import Instrument
from trading_agent.domain.message import CandlesKnown, KnownCandle
from trading_agent.domain.units import Lots, Nanos

MOST: Final = 256
"""As many as the engine remembers."""


def read_past_candles(
    client: MexcClient,
    instruments: Sequence[Instrument],
    now: Nanos,
    say: Callable[[str], None],
) -> Iterator[CandlesKnown]:
    """Of every pair and timeframe. What cannot be had is said and left out: indicators are ready
    later then, and nothing is made up."""
    for instrument in instruments:
        for timeframe in get_args(KlineTimeframe):
            length = LENGTHS[timeframe]
            end = Nanos(now - now % length)
            try:
                found = client.klines(instrument.symbol, timeframe, Nanos(end - MOST * length), end)
                known = tuple(_known(found, instrument, end))
            except (TradingError, ValueError) as error:
                say(f"no past {timeframe} candles of {instrument.symbol}: {error}")
                continue
            if known:
                yield CandlesKnown(symbol=instrument.symbol, timeframe=timeframe, candles=known)


def _known(
    candles: Iterable[PastCandle], instrument: Instrument, end: Nanos
) -> Iterator[KnownCandle]:
    for candle in candles:
        if candle.closes_at > end:
            continue
        volume = candle.volume.scaleb(instrument.size_decimals)
        yield KnownCandle(
            open_at=candle.opened_at,
            open=instrument.ticks(candle.open),
            high=instrument.ticks(candle.high),
            low=instrument.ticks(candle.low),
            close=instrument.ticks(candle.close),
            volume=Lots(int(volume.to_integral_value(ROUND_FLOOR))),
        )
