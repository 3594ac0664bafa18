"""Writes the table of base rates from an evaluation."""

from typing import Final

from trading_agent.research.pattern_evaluation import PatternEvaluation, PatternFigure
from trading_agent.signals.patterns.base_rate_table import AFTER

_OPENING: Final = '''"""What followed patterns, by kind and timeframe; `base_rates` reads it.

Written by `flash-trading signals patterns KLINES --fold 1h:4h --as-table`; the data is named in
docs/patterns.md. Candles of 4h are joined from those of 1h. Seconds were not measured: there are
no klines of them, and the few days of recorded trades are far too short to tell anything of a
kind. Percent of the price, in the direction of the pattern, before fees.
"""

from typing import Final

AFTER: Final = {after}
"""Candles."""

MEASURED: Final[
    dict[
        tuple[str, str], tuple[int, float, float | None, float | None, float, float, float | None]
    ]
] = {{
'''
_CLOSING: Final = '''}
"""n, median, its 95 % interval, mean, share that went its way, false share of the median."""
'''


def table_source(found: PatternEvaluation) -> str:
    """A Python module, formatted."""
    figures = (*found.figures, *found.candlesticks)
    rows = [_row(figure) for figure in figures if figure.after == AFTER]
    return _OPENING.format(after=AFTER) + "".join(rows) + _CLOSING


def _row(figure: PatternFigure) -> str:
    numbers = (
        figure.median.value,
        figure.median.low,
        figure.median.high,
        figure.mean.value,
        figure.hit.value,
        figure.median_false_share,
    )
    words = [str(figure.n), *("None" if it is None else repr(round(it, 4)) for it in numbers)]
    return f'    ("{figure.kind}", "{figure.timeframe}"): ({", ".join(words)}),\n'
