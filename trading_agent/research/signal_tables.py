"""Every figure of an evaluation as rows of words, for the screen and for the page."""

from collections.abc import Iterable
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


class FigureTable(Struct, frozen=True, kw_only=True):
    """`rows` as wide as `columns`; the first `names` of them are words, the others figures."""

    title: str
    note: str
    columns: tuple[str, ...]
    names: int
    rows: tuple[tuple[str, ...], ...]


def with_interval(estimate: Estimate, form: str) -> str:
    form = f"z{form}"
    if not isfinite(estimate.value):
        return NONE
    if estimate.low is None or estimate.high is None:
        return f"{estimate.value:{form}} (too little)"
    return f"{estimate.value:{form}} ({estimate.low:{form}} to {estimate.high:{form}})"


def where_known(estimate: Estimate | None, form: str) -> str:
    return NONE if estimate is None else with_interval(estimate, form)


def seconds_of(horizon: float) -> str:
    return f"{horizon:g} s"


def after_words(horizon: float, bars: int) -> str:
    """`bars`: how many candles it is, 0 for no such number."""
    seconds = seconds_of(horizon)
    return f"{seconds} = {bars} candle{'s' if bars > 1 else ''}" if bars else seconds


def share_of(value: float | None) -> str:
    return NONE if value is None else f"{value:.2g}"


def feature_table(found: SignalEvaluation, symbol: str) -> FigureTable:
    return FigureTable(
        title="Features",
        note="Rank correlation with the mid's move, and the strongest tenth bought and sold at "
        "once, spread and fee paid; latency is not in it. `moves`: samples whose mid moved and "
        "whose feature is not zero.",
        columns=(
            *(
                "feature",
                "after",
                "n",
                "rank correlation",
                "first half",
                "second half",
                "hits",
                "false",
            ),
            *("strongest tenth: n", "gross bps", "net bps"),
        ),
        names=2,
        rows=tuple(
            (
                each.feature,
                seconds_of(each.horizon),
                f"{each.prediction.n:,}",
                with_interval(each.prediction.ic, ".2f"),
                with_interval(each.prediction.first_half, ".2f"),
                with_interval(each.prediction.second_half, ".2f"),
                with_interval(each.prediction.hit, ".0%"),
                share_of(each.false_share),
                f"{each.strong:,}",
                with_interval(each.gross_bps, ".2f"),
                with_interval(each.net_bps, ".2f"),
            )
            for each in sorted(
                (figure for figure in found.figures if figure.symbol == symbol),
                key=lambda figure: (figure.feature, figure.horizon),
            )
        ),
    )


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
        "paper venue's matching. Shifted: the same signals at other times. A message later: where "
        "orders travel no less than from one message of the recorded book to the next. IC: rank "
        "correlation with the mid's move over all samples, 0 where there is no signal.",
        columns=("signals", "after", *EDGE_COLUMNS),
        names=2,
        rows=tuple((_group_name(e), seconds_of(e.horizon), *edge_cells(e)) for e in figures),
    )


def _group_name(each: EdgeFigure) -> str:
    return each.group if each.group == EVERYTHING else f"{each.grouping}: {each.group}"


EDGE_COLUMNS: Final = (
    *("n", "IC", "hits", "shifted", "move bps", "shifted", "filled"),
    *("net bps", "shifted", "a message later", "chance", "false"),
)


def edge_cells(each: EdgeFigure) -> tuple[str, ...]:
    """Under `EDGE_COLUMNS`."""
    base = each.baseline
    return (
        f"{each.n:,}",
        where_known(each.ic, ".3f"),
        f"{with_interval(each.hit, '.0%')} of {each.moves:,}",
        with_interval(base.hit, ".0%"),
        with_interval(each.move_bps, ".2f"),
        with_interval(base.move_bps, ".2f"),
        f"{each.filled:,}",
        with_interval(each.net_bps, ".2f"),
        with_interval(base.net_bps, ".2f"),
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


def group_table(found: SignalEvaluation, symbol: str) -> FigureTable:
    return FigureTable(
        title="Features by group",
        note="Terciles are those of the recording; `typical` is the group's median.",
        columns=(
            *("feature", "after", "group", "typical bps", "n", "rank correlation", "hits"),
            *("moves", "move bps"),
        ),
        names=3,
        rows=tuple(
            (
                each.feature,
                seconds_of(each.horizon),
                f"{each.grouping}: {each.group}",
                NONE if each.typical_bps is None else f"{each.typical_bps:.3g}",
                f"{each.n:,}",
                NONE if each.ic is None else with_interval(each.ic, ".2f"),
                with_interval(each.hit, ".0%"),
                f"{each.moves:,}",
                with_interval(each.move_bps, ".3f"),
            )
            for each in found.groups
            if each.symbol == symbol
        ),
    )


def decile_table(found: SignalEvaluation, symbol: str) -> FigureTable:
    return FigureTable(
        title="Features by decile",
        note="Mean move of the mid after each decile of the feature.",
        columns=("feature", "after", "decile", "from", "to", "n", "move bps"),
        names=3,
        rows=tuple(
            (
                each.feature,
                seconds_of(each.horizon),
                str(each.decile),
                f"{each.least:.3g}",
                f"{each.most:.3g}",
                f"{each.n:,}",
                with_interval(each.move_bps, ".3f"),
            )
            for each in found.deciles
            if each.symbol == symbol
        ),
    )


def monotony_table(found: SignalEvaluation, symbol: str) -> FigureTable:
    return FigureTable(
        title="Do the deciles rise?",
        note="Order: 1 when the mean move rises from every decile to the next.",
        columns=("feature", "after", "n", "deciles", "order", "top less bottom bps"),
        names=2,
        rows=tuple(
            (
                each.feature,
                seconds_of(each.horizon),
                f"{each.n:,}",
                str(each.deciles),
                with_interval(each.order, ".2f"),
                with_interval(each.top_less_bottom_bps, ".2f"),
            )
            for each in found.monotonies
            if each.symbol == symbol
        ),
    )


def decay_table(found: SignalEvaluation, symbol: str) -> FigureTable:
    return FigureTable(
        title="Decay",
        note="Rank correlation on a dense grid of horizons.",
        columns=("feature", "after", "n", "rank correlation"),
        names=2,
        rows=tuple(
            (
                each.feature,
                seconds_of(each.horizon),
                f"{each.n:,}",
                with_interval(each.ic, ".3f"),
            )
            for each in sorted(
                (point for point in found.decay if point.symbol == symbol),
                key=lambda point: (point.feature, point.horizon),
            )
        ),
    )


def signal_tables(found: SignalEvaluation, symbol: str) -> Iterable[FigureTable]:
    """Of features and of the flash signal."""
    yield flash_table(found, symbol, whole=True)
    yield turnover_table(found, symbol)
    yield feature_table(found, symbol)
    yield flash_table(found, symbol, whole=False)
    yield monotony_table(found, symbol)
    yield group_table(found, symbol)
    yield decile_table(found, symbol)
    yield decay_table(found, symbol)


def calibration_table(found: Calibration) -> FigureTable:
    return FigureTable(
        title="Thresholds by session",
        note="Hits out of half: of what each half chose, in the other one. Only sessions whose "
        "interval lies above a coin are in the overlay.",
        columns=(
            *("session", "thresholds", "hours", "an hour", "n", "moves", "hits out of half"),
            *("as it stands: n", "moves", "hits", "an hour", "in the overlay"),
        ),
        names=2,
        rows=tuple(
            (
                each.session,
                _thresholds(each.thresholds),
                f"{each.hours:.2f}",
                with_interval(each.an_hour, ".1f"),
                f"{each.n:,}",
                f"{each.moves:,}",
                with_interval(each.out_of_half, ".0%"),
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
