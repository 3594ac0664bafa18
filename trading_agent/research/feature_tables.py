"""What every feature foretells, as rows of words, for the screen and for the page."""

from collections.abc import Iterator

from trading_agent.research.signal_evaluation import SignalEvaluation
from trading_agent.research.signal_tables import (
    NONE,
    RESAMPLED,
    SHIFTED,
    FigureTable,
    counted,
    seconds_of,
    share_of,
    with_interval,
)


def feature_table(found: SignalEvaluation, symbol: str) -> FigureTable:
    return FigureTable(
        title="Features",
        note="Rank correlation with the mid's move; the halves are of half of the pairs each. The "
        "strongest tenth of the samples, and all that are as strong as the weakest of it (their "
        "share says how many those are), bought and sold at once, spread and fee paid; latency is "
        f"not in it. {SHIFTED}",
        columns=(
            *("feature", "after", "n", "rank correlation", "shifted", "shifts", "first half"),
            *("second half", "hits", "chance", "false"),
            *("strongest: share", "n", "gross bps", "net bps"),
        ),
        names=2,
        rows=tuple(
            (
                each.feature,
                seconds_of(each.horizon),
                f"{each.prediction.n:,}",
                with_interval(each.prediction.ic, ".2f"),
                with_interval(each.prediction.shifted_ic, ".2f"),
                f"{each.prediction.shifts:,}",
                with_interval(each.prediction.first_half, ".2f"),
                with_interval(each.prediction.second_half, ".2f"),
                counted(each.prediction.hit, ".0%", each.prediction.moves),
                share_of(each.prediction.chance),
                share_of(each.false_share),
                f"{each.strong_share:.0%}",
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


def group_table(found: SignalEvaluation, symbol: str) -> FigureTable:
    return FigureTable(
        title="Features by group",
        note="Terciles are those of the recording; `typical` is the group's median. False is of "
        f"the rank correlation. {RESAMPLED}",
        columns=(
            *("feature", "after", "group", "typical bps", "n", "rank correlation", "false"),
            *("hits", "move bps"),
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
                share_of(each.false_share),
                counted(each.hit, ".0%", each.moves),
                with_interval(each.move_bps, ".3f"),
            )
            for each in found.groups
            if each.symbol == symbol
        ),
    )


def decile_table(found: SignalEvaluation, symbol: str) -> FigureTable:
    return FigureTable(
        title="Features by decile",
        note=f"Mean move of the mid after each decile of the feature. {RESAMPLED}",
        columns=("feature", "after", "decile", "from", "to", "n", "move bps", "false"),
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
                share_of(each.false_share),
            )
            for each in found.deciles
            if each.symbol == symbol
        ),
    )


def monotony_table(found: SignalEvaluation, symbol: str) -> FigureTable:
    return FigureTable(
        title="Do the deciles rise?",
        note="Order: 1 when the mean move rises from every decile to the next. False is of the top "
        f"less the bottom. {RESAMPLED}",
        columns=("feature", "after", "n", "deciles", "order", "top less bottom bps", "false"),
        names=2,
        rows=tuple(
            (
                each.feature,
                seconds_of(each.horizon),
                f"{each.n:,}",
                str(each.deciles),
                with_interval(each.order, ".2f"),
                with_interval(each.top_less_bottom_bps, ".2f"),
                share_of(each.false_share),
            )
            for each in found.monotonies
            if each.symbol == symbol
        ),
    )


def decay_table(found: SignalEvaluation, symbol: str, *, features: bool) -> FigureTable:
    """`features`, or what speaks now and then."""
    points = [each for each in found.decay if each.symbol == symbol and each.feature == features]
    speakers = list(dict.fromkeys(each.speaker for each in points))
    points.sort(key=lambda each: speakers.index(each.speaker))
    return FigureTable(
        title="How long each feature foretells"
        if features
        else "How long signals, proposals and patterns foretell",
        note="Rank correlation on a dense grid of horizons, over so many samples (0 where nothing "
        "was said), and the mid's mean move in the direction of what was said, before all costs. "
        f"False is of the rank correlation. {RESAMPLED}",
        columns=("who", "after", "samples", "rank correlation", "false", "n", "move bps"),
        names=2,
        rows=tuple(
            (
                each.speaker,
                seconds_of(each.horizon),
                f"{each.samples:,}",
                with_interval(each.ic, ".3f"),
                share_of(each.false_share),
                f"{each.n:,}",
                with_interval(each.move_bps, ".2f"),
            )
            for each in points
        ),
    )


def feature_tables(found: SignalEvaluation, symbol: str) -> Iterator[FigureTable]:
    """All of them."""
    yield feature_table(found, symbol)
    yield monotony_table(found, symbol)
    yield group_table(found, symbol)
    yield decile_table(found, symbol)
    yield decay_table(found, symbol, features=True)
