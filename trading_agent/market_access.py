"""Where a run's market is, what it says of the pairs, and whether that will do."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from trading_agent.adapters.mexc.data_service import Market, read_market
from trading_agent.adapters.mexc.rest import MexcClient
from trading_agent.adapters.mexc.settings import MexcSettings
from trading_agent.config.flash_trading_config import FlashTradingConfig
from trading_agent.domain.errors import ConfigError
from trading_agent.embedded_exchange.server import EmbeddedExchange, serve
from trading_agent.runtime.clock import Clock
from trading_agent.runtime.crew import End
from trading_agent.runtime.outage import Outage


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """Recordings that the embedded exchange plays as `symbol`, `speed` times as fast (infinite:
    as fast as they are taken); none: it makes a market of its own."""

    files: tuple[Path, ...] = ()
    symbol: str = ""
    speed: float = 1.0


NOTHING_PLAYED: Final = Played()


class MarketAccess:
    """`exchange`: our own, once it has been reached; None where MEXC is the venue."""

    def __init__(self, config: FlashTradingConfig, played: Played, clock: Clock) -> None:
        self._config = config
        self._played = played
        self._clock = clock
        self.exchange: EmbeddedExchange | None = None

    @property
    def over(self) -> bool:
        """What was played has come to its end, or our own exchange has broken."""
        exchange = self.exchange
        return exchange is not None and (exchange.over or exchange.failure is not None)

    def reach(self) -> MexcSettings:
        """MEXC's settings, pointed at the embedded exchange when that is the venue."""
        config, played = self._config, self._played
        if config.venue != "embedded" and not played.files:
            return config.mexc
        exchange = self.exchange = serve(
            config.embedded,
            recordings=played.files,
            symbol=played.symbol,
            speed=played.speed,
            clock=self._clock,
        )
        return config.mexc.model_copy(
            update={"rest_url": exchange.rest_url, "stream_url": exchange.stream_url}
        )

    def read(self, client: MexcClient, outage: Outage, say: Callable[[str], None]) -> Market | End:
        """The market, or why the run ends before there is one. Whatever is wrong with the pairs is
        said; ConfigError for a market that cannot be traded at all."""
        expect = self._config.mexc.expect_zero_fee
        ask = partial(read_market, client, self._symbols(), expect_zero_fee=expect)
        # Our own is never away: if it does not answer, it is broken.
        market = outage.ask(ask) if self.exchange is None else ask()
        if not isinstance(market, End):
            self._judge(market, say)
        return market

    def stop(self) -> None:
        if self.exchange is not None:
            self.exchange.stop()

    def _symbols(self) -> tuple[str, ...]:
        return (self._played.symbol,) if self._played.files else self._config.symbols

    def _judge(self, market: Market, say: Callable[[str], None]) -> None:
        for finding in market.findings:
            say(finding.words)
        if not market.instruments:
            raise ConfigError("none of the configured symbols can be traded: see above")
        quote = self._config.portfolio.quote
        foreign = [each.symbol for each in market.instruments if each.quote != quote]
        if foreign:
            raise ConfigError(
                f"{', '.join(foreign)} is not priced in {quote}: set portfolio.quote and "
                "portfolio.starting_balances to its quote asset, or trade another pair"
            )
