"""Numbers as people read them on a small screen: as many digits as matter, a sign where it says
who gains."""

from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

from trading_agent.domain.decimal_text import plain_text
from trading_agent.domain.instrument import Instrument
from trading_agent.domain.units import BASIS_POINTS, Lots, Ticks

GAIN: Final = "🟢"
LOSS: Final = "🔴"
EVEN: Final = "⚪"
MINUS: Final = "−"  # noqa: RUF001 - it does not break away from its number

_WHOLE: Final = Decimal(100_000)
_CENTS: Final = Decimal(1)
_FEWER: Final = Decimal("0.01")
_FEW: Final = Decimal("0.0001")
_HUNDREDTH: Final = Decimal("0.01")
_SIGNIFICANT: Final = 2


def mark(value: Decimal | float) -> str:
    """The colour of a gain or a loss."""
    return GAIN if value > 0 else LOSS if value < 0 else EVEN


def money(value: Decimal) -> str:
    """An amount of the quote asset: cents from one on, finer below it, whole from 100,000 on."""
    size = abs(value)
    if size >= _WHOLE:
        return _signed(value, f"{size:,.0f}")
    if size >= _CENTS or size == 0:
        return _signed(value, f"{size:,.2f}")
    return _signed(value, _fine(size))


def gain(value: Decimal) -> str:
    """The same, its sign always written."""
    text = money(value)
    return f"+{text}" if value > 0 else text


def share(value: Decimal, whole: Decimal) -> str:
    """+0.25 %, or +0.0036 %; empty where there is nothing to compare with."""
    if whole <= 0:
        return ""
    exact = value / whole * 100
    step = _HUNDREDTH if abs(exact) >= _HUNDREDTH or not exact else _FEW
    percent = exact.quantize(step, ROUND_HALF_EVEN)
    return f"{_with_sign(percent, f'{abs(percent):,f}')} %"


def basis_points(value: float) -> str:
    """+1.8 bps."""
    rounded = round(value, 1) + 0.0
    return f"{_with_sign(rounded, f'{abs(rounded):,.1f}')} bps"


def bps_between(price: Decimal, reference: Decimal) -> str:
    return basis_points(float(price / reference - 1) * BASIS_POINTS)


def price(instrument: Instrument, ticks: Ticks) -> str:
    """With every decimal the pair has."""
    return f"{instrument.price(ticks):,f}"


def average(instrument: Instrument, value: int, lots: int) -> str:
    """Of `value` ticks x lots over so many lots: one decimal more than the pair has where the
    average falls between two ticks."""
    exact = Decimal(value) / Decimal(lots) * instrument.tick
    finer = f"{exact:,.{instrument.price_decimals + 1}f}"
    return f"{exact:,.{instrument.price_decimals}f}" if finer.endswith("0") else finer


def level(value: float | Decimal, decimals: int) -> str:
    return f"{value:,.{decimals}f}"


def size(instrument: Instrument, lots: Lots | int) -> str:
    """Without idle zeros."""
    return plain_text(instrument.size(Lots(lots)))


def fee_rate(value: Decimal | None) -> str:
    """0.05 %."""
    return "unknown" if value is None else f"{plain_text(value * 100)} %"


def _fine(size: Decimal) -> str:
    if size >= _FEWER:
        return f"{size:.4f}"
    if size >= _FEW:
        return f"{size:.6f}"
    return f"{size:.{_SIGNIFICANT - 1 - size.adjusted()}f}"


def _signed(value: Decimal, text: str) -> str:
    return f"{MINUS}{text}" if value < 0 else text


def _with_sign(value: Decimal | float, text: str) -> str:
    return f"+{text}" if value > 0 else f"{MINUS}{text}" if value < 0 else text
