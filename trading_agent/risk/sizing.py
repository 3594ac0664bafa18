"""How much an entry may be: caps that know nothing of one another, and the smallest wins.

Money is Decimal and rounded down; statistics are floats. A cap whose inputs are not sound
numbers is zero lots with a reason: sizing never raises and never guesses.
"""

import math
from collections.abc import Iterable, Sequence
from decimal import ROUND_DOWN, Context, Decimal, InvalidOperation, Overflow
from typing import Final

from msgspec import Struct

from trading_agent.domain.instrument import Instrument
from trading_agent.domain.units import Lots

LEAST_TRADES: Final = 30
"""Kelly bets nothing on fewer realised trades."""
LARGEST_KELLY: Final = 0.25
"""Of equity, whatever the trades say."""
HALF: Final = 0.5
"""Half of Kelly's bet keeps three quarters of its growth."""
ONE_SIDED_95: Final = 1.6448536269514722
"""Standard normal quantile at which a win rate or a mean result is still believed."""

NO_CAP: Final = "no_cap"
NOT_FINITE: Final = "not_finite"
NOT_POSITIVE: Final = "not_positive"
OUT_OF_RANGE: Final = "out_of_range"
TOO_FEW_TRADES: Final = "too_few_trades"
NO_EDGE: Final = "no_edge"
BELOW_ONE_LOT: Final = "below_one_lot"

_MONEY: Final = Context(prec=60, rounding=ROUND_DOWN, traps=[InvalidOperation, Overflow])
_LARGEST: Final = (1 << 62) - 1
_DIGITS: Final = 30
_LARGEST_RESULT: Final = 1e6


class SizeCap(Struct, frozen=True, kw_only=True):
    """At most so many lots. `reason`: why there are none; empty where there are some."""

    name: str
    lots: Lots
    reason: str = ""


class SizingAnswer(Struct, frozen=True, kw_only=True):
    """`bound_by`: name of the smallest cap, the first of equals. `reason`: why nothing is left."""

    size: Lots
    bound_by: str
    reason: str = ""


class StopRisk(Struct, frozen=True, kw_only=True):
    """What one unit of the base asset loses when its stop is hit. Prices in the quote asset;
    `fee` a fraction of the value, paid at entry and at exit; `slippage` expected, a fraction
    of the entry price, for both together."""

    entry: Decimal
    stop: Decimal
    fee: Decimal
    slippage: Decimal


class Stake(Struct, frozen=True, kw_only=True):
    """What sizing may work with: equity and price in the quote asset."""

    instrument: Instrument
    equity: Decimal
    price: Decimal


def size_for(caps: Iterable[SizeCap], factor: float = 1.0, by: str = "factor") -> SizingAnswer:
    """The smallest cap, times a factor, which `by` brings. It can only make smaller: above one it
    counts as one."""
    smallest = min(caps, key=_lots_of, default=None)
    if smallest is None:
        return _nothing("", NO_CAP)
    if smallest.lots <= 0:
        return _nothing(smallest.name, smallest.reason or NOT_POSITIVE)
    if fault := _fault_of(factor):
        return _nothing(by, fault)
    share = Decimal(min(factor, 1.0))
    size = Lots(int(_MONEY.multiply(Decimal(smallest.lots), share)))
    if size == 0:
        return _nothing(by, BELOW_ONE_LOT)
    return SizingAnswer(size=size, bound_by=smallest.name)


def fixed_cap(name: str, lots: int) -> SizeCap:
    """A limit that is already a number of lots."""
    return _cap(name, Decimal(lots))


def fixed_fraction_cap(stake: Stake, fraction: Decimal, risk: StopRisk) -> SizeCap:
    """So many lots that the stop, fees and slippage included, costs `fraction` of equity."""
    name = "fixed_fraction"
    fault = _fault(stake.equity, fraction, risk.entry, risk.stop)
    if fault or (fault := _negative(risk.fee, risk.slippage)):
        return _none(name, fault)
    distance = abs(_MONEY.subtract(risk.entry, risk.stop))
    if fraction > 1 or distance == 0:
        return _none(name, OUT_OF_RANGE)
    fees = _MONEY.multiply(risk.fee, _MONEY.add(risk.entry, risk.stop))
    slippage = _MONEY.multiply(risk.slippage, risk.entry)
    lost = _MONEY.add(distance, _MONEY.add(fees, slippage))
    return _lots(name, stake.instrument, _MONEY.multiply(fraction, stake.equity), lost)


def kelly_cap(stake: Stake, results: Sequence[float], shrink: float = HALF) -> SizeCap:
    """Kelly's share of equity as the whole value of the position. `results`: of realised trades,
    fees included, as fractions of what was invested."""
    name = "kelly"
    fault = _fault(stake.equity, stake.price) or _fault_of(shrink)
    if not fault and not all(math.isfinite(result) for result in results):
        fault = NOT_FINITE
    if not fault and len(results) < LEAST_TRADES:
        fault = TOO_FEW_TRADES
    if fault:
        return _none(name, fault)
    share = kelly_share(results, shrink)
    if share <= 0.0:
        return _none(name, NO_EDGE)
    value = _MONEY.multiply(stake.equity, Decimal(share))
    return _lots(name, stake.instrument, value, stake.price)


def volatility_cap(
    stake: Stake, target: float, volatility: float, *, floor: float, largest_share: float
) -> SizeCap:
    """A position whose volatility is `target` of equity. All volatilities are of a year; below
    `floor` an estimate is not believed. `largest_share`: of equity, at most."""
    name = "volatility"
    fault = _fault(stake.equity, stake.price)
    for number in (target, volatility, floor, largest_share):
        fault = fault or _fault_of(number)
    if fault:
        return _none(name, fault)
    share = min(largest_share, target / max(volatility, floor))
    value = _MONEY.multiply(stake.equity, Decimal(share))
    return _lots(name, stake.instrument, value, stake.price)


def kelly_discrete(win_rate: float, payoff: float) -> float:
    """Growth-optimal share for bets that win `payoff` times the stake or lose it; negative
    where the odds are against us, NaN for what is no bet."""
    if not (0.0 <= win_rate <= 1.0 and 0.0 < payoff < math.inf):
        return math.nan
    return win_rate - (1.0 - win_rate) / payoff


def kelly_continuous(mean: float, deviation: float, riskless: float = 0.0) -> float:
    """Growth-optimal share for returns of this mean and deviation, all of one period; NaN for
    what is no distribution."""
    if not (math.isfinite(mean) and math.isfinite(riskless) and 0.0 < deviation < math.inf):
        return math.nan
    square = deviation * deviation
    return (mean - riskless) / square if square > 0.0 else math.nan


def win_rate_at_least(wins: int, trades: int, quantile: float = ONE_SIDED_95) -> float:
    """Wilson's lower bound of the win rate: what is left of it when luck is taken out."""
    if not 0 <= wins <= trades or trades == 0:
        return math.nan
    rate, square = wins / trades, quantile * quantile
    centre = rate + square / (2 * trades)
    margin = quantile * math.sqrt(rate * (1.0 - rate) / trades + square / (4 * trades * trades))
    return max((centre - margin) / (1.0 + square / trades), 0.0)


def kelly_share(results: Sequence[float], shrink: float = HALF) -> float:
    """The smaller of the discrete and the continuous share at the lower end of what is known,
    shrunk, at most `LARGEST_KELLY`; zero without an edge or below `LEAST_TRADES`."""
    count = len(results)
    sound = shrink > 0.0 and all(abs(result) <= _LARGEST_RESULT for result in results)
    if count < LEAST_TRADES or not sound:
        return 0.0
    gains = [result for result in results if result > 0.0]
    losses = [-result for result in results if result < 0.0]
    if not gains or not losses:
        return 0.0  # no odds can be told from one side alone
    payoff = (math.fsum(gains) / len(gains)) / (math.fsum(losses) / len(losses))
    discrete = kelly_discrete(win_rate_at_least(len(gains), count), payoff)
    mean = math.fsum(results) / count
    deviation = math.sqrt(math.fsum((result - mean) ** 2 for result in results) / (count - 1))
    cautious = mean - ONE_SIDED_95 * deviation / math.sqrt(count)
    continuous = kelly_continuous(cautious, deviation)
    if not (discrete > 0.0 and continuous > 0.0):
        return 0.0
    return min(min(shrink, HALF) * min(discrete, continuous), LARGEST_KELLY)


def _lots_of(cap: SizeCap) -> int:
    return cap.lots


def _lots(name: str, instrument: Instrument, budget: Decimal, cost: Decimal) -> SizeCap:
    """Lots worth `budget` when one unit of the base asset costs `cost`."""
    return _cap(name, _MONEY.divide(budget, cost).scaleb(instrument.size_decimals, _MONEY))


def _cap(name: str, lots: Decimal) -> SizeCap:
    whole = min(int(min(lots, Decimal(_LARGEST))), _LARGEST)
    if whole > 0:
        return SizeCap(name=name, lots=Lots(whole))
    return _none(name, BELOW_ONE_LOT if lots > 0 else NOT_POSITIVE)


def _none(name: str, reason: str) -> SizeCap:
    return SizeCap(name=name, lots=Lots(0), reason=reason)


def _nothing(bound_by: str, reason: str) -> SizingAnswer:
    return SizingAnswer(size=Lots(0), bound_by=bound_by, reason=reason)


def _fault(*amounts: Decimal) -> str:
    """Why one of these is no amount; empty when all are finite and positive."""
    if not all(amount.is_finite() for amount in amounts):
        return NOT_FINITE
    if not all(amount > 0 for amount in amounts):
        return NOT_POSITIVE
    # Adjusted exponents: what is beyond these is no money, and would overflow further on.
    return "" if all(abs(amount.adjusted()) <= _DIGITS for amount in amounts) else OUT_OF_RANGE


def _negative(*rates: Decimal) -> str:
    if not all(rate.is_finite() for rate in rates):
        return NOT_FINITE
    return "" if all(0 <= rate <= 1 for rate in rates) else OUT_OF_RANGE


def _fault_of(number: float) -> str:
    if not math.isfinite(number):
        return NOT_FINITE
    return "" if number > 0.0 else NOT_POSITIVE
