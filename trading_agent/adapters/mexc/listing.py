"""What the exchange allows against what the user wants, in words nobody can overlook."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from trading_agent.adapters.mexc.exchange_info import ExchangeInfo, ListedPair


class FindingKind(StrEnum):
    NOT_LISTED = "not_listed"
    UNREADABLE = "unreadable"
    NOT_TRADABLE = "not_tradable"
    NOT_OPEN_TO_API = "not_open_to_api"
    NOT_ZERO_FEE = "not_zero_fee"


@dataclass(frozen=True, slots=True)
class Finding:
    """`words` are for people and name the pair."""

    symbol: str
    kind: FindingKind
    words: str

    @property
    def fatal(self) -> bool:
        """Without rules there is no instrument; everything else can at least be watched."""
        return self.kind in (FindingKind.NOT_LISTED, FindingKind.UNREADABLE)


def judge_listing(
    info: ExchangeInfo,
    open_to_api: Collection[str],
    wanted: Sequence[str],
    *,
    expect_zero_fee: bool,
) -> tuple[Finding, ...]:
    """Everything wrong with the wanted pairs, in their order; empty when all is well."""
    findings: list[Finding] = []
    for symbol in wanted:
        pair = info.pairs.get(symbol)
        if pair is None:
            findings.append(_missing(info, symbol))
            continue
        findings += _judge_access(pair, open_to_api)
        if expect_zero_fee and not pair.instrument.zero_fee:
            findings.append(_fees(pair))
    return tuple(findings)


def _missing(info: ExchangeInfo, symbol: str) -> Finding:
    why = info.unreadable.get(symbol)
    if why is not None:
        words = (
            f"{symbol} CANNOT BE USED: the exchange lists it, but its rules make no sense ({why})."
        )
        return Finding(symbol, FindingKind.UNREADABLE, words)
    words = f"{symbol} DOES NOT EXIST on the exchange: check the spelling, or it was delisted."
    return Finding(symbol, FindingKind.NOT_LISTED, words)


def _judge_access(pair: ListedPair, open_to_api: Collection[str]) -> list[Finding]:
    symbol = pair.instrument.symbol
    if pair.obstacles:
        why = "; ".join(pair.obstacles)
        words = f"{symbol} CANNOT BE TRADED through the API: {why}."
        return [Finding(symbol, FindingKind.NOT_TRADABLE, words)]
    if symbol not in open_to_api:
        words = (
            f"{symbol} MAY BE CLOSED to the API: its own rules allow trading, but it is not in "
            "the exchange's list of pairs open to everybody."
        )
        return [Finding(symbol, FindingKind.NOT_OPEN_TO_API, words)]
    return []


def _fees(pair: ListedPair) -> Finding:
    symbol = pair.instrument.symbol
    maker, taker = percent(pair.instrument.maker_fee), percent(pair.instrument.taker_fee)
    words = (
        f"{symbol} IS NOT FREE OF FEES: the exchange charges makers {maker} and takers {taker} "
        "of every trade's value."
    )
    return Finding(symbol, FindingKind.NOT_ZERO_FEE, words)


def percent(fee: Decimal | None) -> str:
    """A fee as people say it: 0.0005 is 0.05 %."""
    if fee is None:
        return "an UNKNOWN share"
    return f"{(fee * 100).normalize():f} %"
