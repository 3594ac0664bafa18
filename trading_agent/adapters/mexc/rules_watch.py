"""The rules and fees of the traded pairs: read at the start, watched ever after."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from msgspec import UNSET
from msgspec.structs import replace

from trading_agent.adapters.mexc.exchange_info import ExchangeInfo
from trading_agent.adapters.mexc.listing import Finding, judge_listing, percent
from trading_agent.adapters.mexc.rest import MexcClient
from trading_agent.domain.errors import Denied
from trading_agent.domain.instrument import Instrument
from trading_agent.domain.order import SELL

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Market:
    """`instruments` in the order wanted, without those that do not exist."""

    instruments: tuple[Instrument, ...]
    findings: tuple[Finding, ...]


def read_market(
    client: MexcClient, symbols: Sequence[str], *, expect_zero_fee: bool = True
) -> Market:
    """The wanted pairs as the exchange states them, and everything wrong with them.

    Raises what the client raises: without an answer there is no market.
    """
    info = _rules_of(client, symbols)
    findings = judge_listing(
        info, client.default_symbols(), symbols, expect_zero_fee=expect_zero_fee
    )
    found = [info.pairs[symbol].instrument for symbol in symbols if symbol in info.pairs]
    return Market(tuple(found), findings)


def _rules_of(client: MexcClient, symbols: Sequence[str]) -> ExchangeInfo:
    """One unknown name can spoil the answer for all: then everything is asked for."""
    try:
        return client.exchange_info(symbols)
    except Denied:
        if client.stopped_for() > 0.0:  # it was the firewall, not a name
            raise
        return client.exchange_info()


class RulesWatch:
    """Compares what the exchange says now with what this run goes by."""

    def __init__(self, client: MexcClient, market: Market, *, expect_zero_fee: bool) -> None:
        self._client = client
        self._known = {instrument.symbol: instrument for instrument in market.instruments}
        self._expect_zero_fee = expect_zero_fee
        self.findings = market.findings
        """What was wrong when last looked."""

    def look(self) -> tuple[Instrument, ...]:
        """Pairs whose rules, fees or state changed, as they are to be taken from now on.

        Says every change and every new finding in the log. Raises what the client raises.
        """
        market = read_market(
            self._client, tuple(self._known), expect_zero_fee=self._expect_zero_fee
        )
        for finding in market.findings:
            if finding not in self.findings:
                _log.warning("%s", finding.words)
        self.findings = market.findings
        stated = {instrument.symbol: instrument for instrument in market.instruments}
        changed = []
        for symbol, known in self._known.items():
            now = _usable(known, stated.get(symbol))
            if now != known:
                _log.warning("%s", _in_words(known, now))
                changed.append(now)
                self._known[symbol] = now
        return tuple(changed)


def _usable(known: Instrument, stated: Instrument | None) -> Instrument:
    """The new rules; the old ones, closed to trading, when they cannot change in a run:
    prices and sizes already counted in the old tick and lot would change their meaning."""
    if stated is None:
        return replace(known, tradable=False, still_sold=UNSET)
    decimals = (stated.price_decimals, stated.size_decimals)
    if decimals != (known.price_decimals, known.size_decimals):
        _log.critical(
            "%s HAS A NEW TICK OR LOT (%d and %d decimals): it is not traded any more until the "
            "next start",
            known.symbol,
            *decimals,
        )
        return replace(known, tradable=False, still_sold=UNSET)
    return stated


def _in_words(known: Instrument, now: Instrument) -> str:
    changes = []
    if (known.maker_fee, known.taker_fee) != (now.maker_fee, now.taker_fee):
        changes.append(
            f"fees were {percent(known.maker_fee)} maker and {percent(known.taker_fee)} taker, "
            f"now {percent(now.maker_fee)} and {percent(now.taker_fee)}"
        )
    if _open_to(known) != _open_to(now):
        changes.append(_open_to(now))
    state = {"tradable": now.tradable, "still_sold": now.still_sold}
    if (
        not changes
        or replace(known, maker_fee=now.maker_fee, taker_fee=now.taker_fee, **state) != now
    ):
        changes.append("order sizes or values are bounded differently")
    return f"THE RULES OF {now.symbol} CHANGED: {'; '.join(changes)}"


def _open_to(instrument: Instrument) -> str:
    if instrument.tradable:
        return "may be traded again"
    return "MAY ONLY BE SOLD" if instrument.lets(SELL) else "MAY NOT BE TRADED any more"
