"""What the exchange's refusals mean: HTTP statuses and error codes on our error tree.

The exchange's message may be in Chinese and may change; only status and code decide.
"""

from dataclasses import dataclass
from typing import Final

from trading_agent.domain.errors import (
    Denied,
    OutcomeUnknown,
    Throttled,
    Unavailable,
    VenueError,
)

_SUCCESS_CODES: Final = (0, 200)
_LONGEST_MESSAGE: Final = 200
_LONGEST_CODE: Final = 12


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a code means to us: the error raised, and the words that go with it."""

    error: type[VenueError]
    meaning: str


def _refusals(error: type[VenueError], meanings: dict[tuple[int, ...], str]) -> dict[int, Refusal]:
    return {code: Refusal(error, meaning) for codes, meaning in meanings.items() for code in codes}


_SERVER_FAULT: Final = Refusal(OutcomeUnknown, "server fault")

REFUSALS: Final[dict[int, Refusal]] = {
    **_refusals(Throttled, {(429, 510): "too many requests"}),
    **_refusals(
        OutcomeUnknown,
        {
            (500, 503, 504, 20002): "server fault",
            (730000, 730003, 730100): "account service fault",
            (-2011,): "unknown order on cancel, perhaps already finished: query it",
        },
    ),
    **_refusals(
        Unavailable,
        {
            (10073, 700003): "timestamp outside the window: set the clock offset anew",
            (-2013,): "order does not exist, perhaps not yet: ask again, then reconcile",
        },
    ),
    **_refusals(
        Denied,
        {
            # The key: nothing works until a person acts.
            (401, 10072, 700001): "bad or expired key",
            (402, 406, 700006): "key expired or address not on its white list",
            (403, 700007): "key has no permission for this endpoint",
            (602, 700002): "bad signature",
            (10098, 60005): "account under risk control: stop",
            (730708,): "unknown listen key: make a new one and reconnect",
            # The request: our fault.
            (400,): "malformed request or too many decimals: quantise again",
            (700004,): "mandatory parameter missing",
            (700005,): "recvWindow must be below 60000",
            (700008,): "illegal characters in a parameter",
            (700013,): "content type does not fit the body",
            (-1121,): "invalid symbol or interval",
            (-1128,): "invalid combination of parameters",
            (10096,): "amount has too many decimals",
            (10097,): "amount is wrong",
            (10102,): "amount is not positive",
            (33333,): "parameter wrong",
            (44444,): "parameter missing",
            (30026,): "bad order ids",
            (730001,): "pair not found",
            (730002,): "bad input",
            # The pair: not this one, or not now.
            (10007,): "bad symbol, or one not open to the API: disable the pair",
            (30014, 30021): "invalid symbol",
            (30020,): "no permission for this symbol: disable the pair",
            (70011,): "pair banned for this key: disable the pair",
            (30000, 30016): "trading of this symbol is suspended: pause the pair",
            (30001,): "this side is not allowed now",
            (30018,): "market orders are off: use a limit order",
            (30019, 30051): "market orders by API are off for this pair: use a limit order",
            (30041,): "this order type is not allowed now",
            (26, 11444): "not allowed, or the feature is unavailable",
            # The order: another one might pass.
            (30002,): "below the minimum notional",
            (30003,): "above the maximum notional",
            (30010,): "no valid price",
            (30025,): "nothing to trade against",
            (30027, 30032): "position limit reached: no more buying",
            (30028,): "platform risk control: no selling",
            (30029,): "too many open orders",
            (30087,): "price outside the exchange's band: price again",
            (10101, 30004): "insufficient balance: read balances again",
            (30005,): "oversold: read balances again",
            (22222,): "record does not exist",
        },
    ),
}
"""By the exchange's code. Codes 7306xx and 7307xx, key and sub-account management, are
read by their range."""

_REFUSED: Final = Refusal(Denied, "refused")
_UNREADABLE: Final = Refusal(OutcomeUnknown, "neither success nor a known refusal")
_MANAGEMENT: Final = Refusal(Denied, "sub-account or key management refused")

_STATUSES: Final = {
    403: Refusal(Denied, "refused by the exchange's firewall or for this region: stop"),
    418: Refusal(Throttled, "this address is banned for a while"),
    429: Refusal(Throttled, "too many requests"),
}
"""Statuses that decide whatever the body says: the body is often not the exchange's own."""


def succeeded(status: int, code: int | str | None) -> bool:
    """Whether an answer reports success; some success envelopes carry code 0 or 200."""
    return 200 <= status < 300 and (code is None or _read_code(code) in _SUCCESS_CODES)


def error_from_answer(
    status: int,
    code: int | str | None,
    message: str,
    retry_after: float | None = None,
    *,
    idempotent: bool = False,
) -> VenueError:
    """The error of an answer that did not succeed.

    `code` as the body gave it, `retry_after` in seconds. `idempotent` says that asking again
    can do no harm (any GET): such a request has no unknown outcome, it is `Unavailable`.
    """
    number = None if code is None else _read_code(code)
    refusal = _refusal(status, number)
    text = f"{refusal.meaning} (status {status}, code {number}): {message[:_LONGEST_MESSAGE]}"
    if refusal.error is Throttled:
        return Throttled(text, code=number, retry_after=retry_after)
    if refusal.error is OutcomeUnknown and idempotent:
        return Unavailable(text, code=number)
    return refusal.error(text, code=number)


def _refusal(status: int, code: int | None) -> Refusal:
    if status in _STATUSES:
        return _STATUSES[status]
    if status >= 500:
        return _SERVER_FAULT
    known = None if code is None else _by_code(code)
    if known is not None:
        return known
    return _REFUSED if status >= 400 else _UNREADABLE


def _by_code(code: int) -> Refusal | None:
    return REFUSALS.get(code, _MANAGEMENT if 730600 <= code <= 730799 else None)


def _read_code(code: int | str) -> int | None:
    """Codes come as numbers and as strings; None for one that is no number."""
    if isinstance(code, int):
        return code
    digits = code.strip().removeprefix("-")
    if not (digits.isascii() and digits.isdecimal()) or len(digits) > _LONGEST_CODE:
        return None
    return int(code)
