"""Figures of an evaluation as rows of words, for the screen and for the page."""

from math import isfinite
from typing import Final

from msgspec import Struct

from trading_agent.research.signal_calibration import Calibration, Thresholds
from trading_agent.research.signal_edge import EdgeFigure
from trading_agent.research.signal_evaluation import SignalEvaluation
from trading_agent.research.signal_groups import BY_IMBALANCE, GROUP_HORIZONS
from trading_agent.research.signal_shifts import EVERYTHING
from trading_agent.research.signal_statistics import Estimate

NONE: Final = "-"
SHOWN: Final = (1.0, 10.0, 60.0)
"""Seconds shown on a screen beside the candles of what is shown."""


_LEAST_SHARE: Final = 0.001
SHIFTED: Final = (
    "Shifted: the same at other times, so many shifts, the mean and where 95 % of them lie; none "
    "is nearer than what is looked ahead and a block of time, and where a recording has no room "
    "for eight such blocks there is no shifted figure and no chance. Chance: how often shifted "
    "ones come to as much, and no less than so few blocks of time allow. False: of all that are "
    "at least as sure, the share that would be luck, over this table and those like it of all "
    "recordings of the command."
)
RESAMPLED: Final = (
    "False: of all that are at least as sure, the share that would be luck, over this table and "
    "those like it of all recordings of the command; how sure one is of each comes from how much "
    "its own blocks of time differ (Student's, against zero), not from shifts."
)


class FigureTable(Struct, frozen=True, kw_only=True):
    """`rows` as wide as `columns`; the first `names` of them are words, the others figures."""

    title: str
    note: str
    columns: tuple[str, ...]
    names: int
    rows: tuple[tuple[str, ...], ...]


def with_interval(estimate: Estimate, form: str) -> str:
    form = f"+z{form[1:]}" if form.startswith("+") else f"z{form}"
    if not isfinite(estimate.value):
        return NONE
    if estimate.low is None or estimate.high is None:
        return f"{estimate.value:{form}} (too little)"
    return f"{estimate.value:{form}} ({estimate.low:{form}} to {estimate.high:{form}})"


def counted(estimate: Estimate | None, form: str, n: int) -> str:
    """With what it was counted over, where that is not the `n` of its row."""
    if estimate is None or not isfinite(estimate.value):
        return NONE
    return f"{with_interval(estimate, form)} of {n:,}"


def where_known(estimate: Estimate | None, form: str) -> str:
    return NONE if estimate is None else with_interval(estimate, form)


def seconds_of(horizon: float) -> str:
    return f"{horizon:g} s"


def after_words(horizon: float, bars: int) -> str:
    """`bars`: how many candles it is, 0 for no such number."""
    seconds = seconds_of(horizon)
    return f"{seconds} = {bars} candle{'s' if bars > 1 else ''}" if bars else seconds


def share_of(value: float | None) -> str:
    if value is None:
        return NONE
    return "< 0.001" if value < _LEAST_SHARE else f"{value:.2g}"


def flash_table(
    found: SignalEvaluation, symbol: str, *, whole: bool, brief: bool = False
) -> FigureTable:
    """`whole`: of all signals; else by group. `brief`: not at every horizon, nor by decile."""
    figures = [
        each
        for each in found.flash
        if each.symbol == symbol and (each.group == EVERYTHING) == whole
    ]
    if brief:
        figures = [
            each
            for each in figures
            if each.horizon in GROUP_HORIZONS and each.grouping != BY_IMBALANCE
        ]
    if not whole:
        figures.sort(key=lambda each: (each.grouping, each.group, each.horizon))
    return FigureTable(
        title="The flash signal" if whole else "The flash signal by group",
        note="As the engine raises it. Net: entered and left by orders that travel, through the "
        "paper venue's matching. A message later: where orders travel no less than from one "
        "message of the recorded book to the next. IC: rank correlation with the mid's move over "
        f"all samples, 0 where there is no signal. {SHIFTED}",
        columns=("signals", "after", *EDGE_COLUMNS),
        names=2,
        rows=tuple((_group_name(e), seconds_of(e.horizon), *edge_cells(e)) for e in figures),
    )


def _group_name(each: EdgeFigure) -> str:
    return each.group if each.group == EVERYTHING else f"{each.grouping}: {each.group}"


EDGE_COLUMNS: Final = (
    *("n", "IC", "hits", "shifted", "move bps", "shifted", "filled"),
    *("net bps", "shifted", "shifts", "a message later", "chance", "false"),
)


def edge_cells(each: EdgeFigure) -> tuple[str, ...]:
    """Under `EDGE_COLUMNS`."""
    base = each.baseline
    return (
        f"{each.n:,}",
        counted(each.ic, ".3f", each.samples),
        counted(each.hit, ".0%", each.moves),
        with_interval(base.hit, ".0%"),
        with_interval(each.move_bps, ".2f"),
        with_interval(base.move_bps, ".2f"),
        f"{each.filled:,}",
        with_interval(each.net_bps, ".2f"),
        with_interval(base.net_bps, ".2f"),
        f"{base.shifts:,}",
        with_interval(each.coarse_net_bps, ".2f"),
        share_of(each.chance),
        share_of(each.false_share),
    )


def turnover_table(found: SignalEvaluation, symbol: str) -> FigureTable:
    return FigureTable(
        title="Turnover",
        note="How often it is raised, and how often against the one before.",
        columns=(
            "signals",
            "n",
            "to buy",
            "hours",
            "an hour",
            "reversing",
            "lots an order",
            "a message each",
        ),
        names=1,
        rows=tuple(
            (
                EVERYTHING,
                f"{each.n:,}",
                f"{each.buys:,}",
                f"{each.hours:.2f}",
                with_interval(each.an_hour, ".1f"),
                with_interval(each.reversed, ".0%"),
                f"{each.lots:,}",
                f"{each.message_ms:,.0f} ms",
            )
            for each in found.turnovers
            if each.symbol == symbol
        ),
    )


def calibration_table(found: Calibration) -> FigureTable:
    return FigureTable(
        title="Thresholds by session",
        note="Hits out of half: of what each half chose, of candidates and by outcomes that are "
        "its own alone, in the other one. False: of all sessions that are at least as surely off a "
        "coin, the share that would be luck, from how much their blocks of time differ. Only "
        "sessions whose interval lies above a coin, and of which at most 5 % would be luck, are in "
        "the overlay.",
        columns=(
            *("session", "thresholds", "hours", "an hour", "n", "moves", "hits out of half"),
            "false",
            *("as it stands: n", "moves", "hits", "an hour", "in the overlay"),
        ),
        names=2,
        rows=tuple(
            (
                each.session,
                _thresholds(each.thresholds),
                f"{each.hours:.2f}",
                counted(each.an_hour, ".1f", each.proposed_n),
                f"{each.n:,}",
                f"{each.moves:,}",
                with_interval(each.out_of_half, ".0%"),
                share_of(each.false_share),
                f"{each.before_n:,}",
                f"{each.before_moves:,}",
                with_interval(each.before, ".0%"),
                with_interval(each.before_an_hour, ".1f"),
                "yes" if each.thresholds is not None and each.better else "no",
            )
            for each in found.evidence
        ),
    )


def _thresholds(found: Thresholds | None) -> str:
    if found is None:
        return "none near that rate"
    return (
        f"imbalance {found.imbalance_threshold:g}, momentum {found.momentum_threshold_bps:g}, "
        f"flow {found.trade_flow_threshold:g}, volatility {found.volatility_min_bps:g} to "
        f"{found.volatility_max_bps:g}"
    )
