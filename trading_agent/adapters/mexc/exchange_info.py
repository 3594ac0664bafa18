"""`exchangeInfo` → the rules of each pair, and what stands between a pair and a trade."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from typing import Any, Final

from msgspec import UNSET

from trading_agent.adapters.mexc.json_reader import Record, field, items, record, text, whole
from trading_agent.domain.errors import FeedError
from trading_agent.domain.instrument import Instrument
from trading_agent.domain.order import OrderKind
from trading_agent.domain.units import Lots

_MOST_DECIMALS: Final = 18
_STATUSES: Final = {"1": "online", "2": "paused", "3": "offline"}
_KINDS: Final = {
    "LIMIT": (OrderKind.LIMIT, OrderKind.IOC, OrderKind.FOK),
    "MARKET": (OrderKind.MARKET,),
    "LIMIT_MAKER": (OrderKind.LIMIT_MAKER,),
}
"""Immediate kinds are taken wherever limits are, and never listed."""
_SELLING_ONLY: Final = 3
_SIDES: Final = {2: "buying only", 3: "selling only", 4: "closed on both sides"}


@dataclass(frozen=True, slots=True)
class ListedPair:
    """`obstacles`: why the API may not trade it, in words; empty when it may."""

    instrument: Instrument
    obstacles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ExchangeInfo:
    """`unreadable`: pairs that are listed, but with rules that cannot be used, and why."""

    pairs: Mapping[str, ListedPair]
    unreadable: Mapping[str, str]


def exchange_info(document: Any) -> ExchangeInfo:
    """One bad entry among thousands spoils that entry only."""
    pairs: dict[str, ListedPair] = {}
    unreadable: dict[str, str] = {}
    for entry in items(record(document, "exchangeInfo").get("symbols"), "symbols"):
        if not isinstance(entry, dict) or not isinstance(entry.get("symbol"), str):
            continue
        try:
            pair = listed_pair(entry)
        except FeedError as error:
            unreadable[entry["symbol"]] = str(error)
        else:
            pairs[pair.instrument.symbol] = pair
    return ExchangeInfo(pairs, unreadable)


def listed_pair(entry: Record) -> ListedPair:
    """The rules of one pair. Raises FeedError when its decimals or least size are missing.

    A missing bound of the order value, a missing fee: never read as zero or without end;
    the first is an obstacle, the second stays None.
    """
    size_decimals = _decimals(entry, "baseAssetPrecision")
    least, most = _optional(entry, "quoteAmountPrecision"), _optional(entry, "maxQuoteAmount")
    closed = _obstacles(entry)
    if least is None or not most:
        closed.append("the exchange does not say how small or large an order may be")
    side = _optional(entry, "tradeSideType")
    obstacles = closed if side == 1 else [*closed, _side_obstacle(side)]
    instrument = Instrument(
        symbol=text(entry, "symbol"),
        base=text(entry, "baseAsset"),
        quote=text(entry, "quoteAsset"),
        price_decimals=_decimals(entry, "quoteAssetPrecision"),
        size_decimals=size_decimals,
        min_size=_lots_up(field(entry, "baseSizePrecision"), size_decimals),
        min_notional=least or Decimal(0),
        max_notional=most or Decimal(0),
        maker_fee=_optional(entry, "makerCommission"),
        taker_fee=_optional(entry, "takerCommission"),
        tradable=not obstacles,
        kinds=_kinds(entry),
        price_band=_price_band(entry),
        still_sold=True if side == _SELLING_ONLY and not closed else UNSET,
    )
    return ListedPair(instrument, tuple(obstacles))


def _obstacles(entry: Record) -> list[str]:
    """Everything the safe test of tradability asks for and does not find."""
    found = []
    status = str(entry.get("status"))
    if status != "1":
        found.append(f"it is {_STATUSES.get(status, f'in the unknown state {status}')}")
    if entry.get("isSpotTradingAllowed") is not True:
        found.append("the exchange does not let the API trade it")
    permissions = entry.get("permissions")
    if not isinstance(permissions, list) or "SPOT" not in permissions:
        found.append("it carries no permission for spot trading")
    return found


def _side_obstacle(side: Decimal | None) -> str:
    return f"it is open to {_SIDES.get(int(side or 0), 'unknown sides')}"


def _kinds(entry: Record) -> tuple[OrderKind, ...] | None:
    """None when the exchange does not say."""
    listed = entry.get("orderTypes")
    if not isinstance(listed, list):
        return None
    return tuple(kind for name in listed for kind in _KINDS.get(str(name), ()))


def _price_band(entry: Record) -> Decimal | None:
    """The narrower of both sides, as a fraction of the last trade; None without such a rule."""
    filters = entry.get("filters")
    bands = [
        band
        for rule in (filters if isinstance(filters, list) else ())
        if isinstance(rule, dict) and rule.get("filterType") == "PERCENT_PRICE_BY_SIDE"
        for key in ("bidMultiplierUp", "askMultiplierDown")
        if (band := _optional(rule, key)) is not None
    ]
    return min(bands, default=None)


def _decimals(entry: Record, key: str) -> int:
    decimals = whole(entry.get(key), key)
    if decimals > _MOST_DECIMALS:
        raise FeedError(f"invalid: {key} is {decimals}, more than {_MOST_DECIMALS} decimals")
    return decimals


def _optional(entry: Record, key: str) -> Decimal | None:
    """None when absent or not to be read: the caller decides what that means."""
    try:
        return field(entry, key)
    except FeedError:
        return None


def _lots_up(size: Decimal, decimals: int) -> Lots:
    return Lots(int(size.scaleb(decimals).to_integral_value(rounding=ROUND_CEILING)))
