"""The weighed signal as rows of words."""

from collections.abc import Iterator

from trading_agent.research.signal_evaluation import SignalEvaluation
from trading_agent.research.signal_shifts import EVERYTHING
from trading_agent.research.signal_tables import (
    EDGE_COLUMNS,
    RESAMPLED,
    SHIFTED,
    FigureTable,
    edge_cells,
    seconds_of,
    share_of,
    where_known,
)
from trading_agent.research.weighed_edge import THIRDS, WeighedFigures


def weighed_table(found: SignalEvaluation, symbol: str) -> FigureTable:
    held = _of(found, symbol)
    said = held.occasions - held.silent if held else 0
    occasions = held.occasions if held else 0
    return FigureTable(
        title="The weighed signal",
        note="All evidence together, as entries are weighed, without a strategy's wish: asked of "
        f"the engine at every flash signal and at the close of every minute, {occasions:,} times, "
        f"of which {said:,} had a direction. Columns as of the flash signal. {SHIFTED}",
        columns=("opinions", "after", *EDGE_COLUMNS),
        names=2,
        rows=tuple(
            (each.group, seconds_of(each.horizon), *edge_cells(each))
            for each in (held.edge if held else ())
            if each.group == EVERYTHING
        ),
    )


def family_table(found: SignalEvaluation, symbol: str) -> FigureTable:
    held = _of(found, symbol)
    return FigureTable(
        title="Families of evidence",
        note="What each family's share in the weighed signal foretold: rank correlation with the "
        f"mid's move over all samples, 0 where it had no share. {RESAMPLED}",
        columns=("family", "after", "n", "IC", "false"),
        names=2,
        rows=tuple(
            (
                each.family.replace("_", " "),
                seconds_of(each.horizon),
                f"{each.n:,}",
                where_known(each.ic, ".3f"),
                share_of(each.false_share),
            )
            for each in (held.families if held else ())
        ),
    )


def strength_table(found: SignalEvaluation, symbol: str) -> FigureTable:
    return FigureTable(
        title="Does strength pay?",
        note="The weighed signal by thirds of its strength, by which entries are sized. Order: "
        "rank correlation of strength with the move in its direction. False is of earning more "
        f"than nothing. {RESAMPLED}",
        columns=(
            "third",
            "after",
            "strength",
            "n",
            "hits",
            "move bps",
            "net bps",
            "false",
            "order",
        ),
        names=2,
        rows=tuple(_strength_rows(_of(found, symbol))),
    )


def weighed_tables(found: SignalEvaluation, symbol: str) -> Iterator[FigureTable]:
    yield weighed_table(found, symbol)
    yield family_table(found, symbol)
    yield strength_table(found, symbol)


def _strength_rows(held: WeighedFigures | None) -> Iterator[tuple[str, ...]]:
    if held is None:
        return
    orders = {each.horizon: each.order for each in held.orders}
    for each in held.thirds:
        last = each.third == THIRDS[-1]
        yield (
            each.third,
            seconds_of(each.horizon),
            f"{each.least:.2f} to {each.most:.2f}",
            f"{each.n:,}",
            where_known(each.hit, ".0%"),
            where_known(each.move_bps, ".2f"),
            where_known(each.net_bps, ".2f"),
            share_of(each.false_share),
            where_known(orders.get(each.horizon), ".3f") if last else "",
        )


def _of(found: SignalEvaluation, symbol: str) -> WeighedFigures | None:
    return next((each for each in found.weighed if each.symbol == symbol), None)
