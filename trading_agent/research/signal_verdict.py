"""What predicts, what pays, what does not: in plain words, by fixed rules."""

from collections.abc import Iterable, Iterator, Sequence
from math import isfinite
from typing import Final

from msgspec import Struct

from trading_agent.research.candlestick_net import CandlestickNet
from trading_agent.research.feature_figures import Figure
from trading_agent.research.pattern_edge import PatternEdge
from trading_agent.research.recorded_patterns import PatternMove, kinds_of
from trading_agent.research.signal_edge import EdgeFigure
from trading_agent.research.signal_evaluation import SignalEvaluation
from trading_agent.research.signal_shifts import EVERYTHING
from trading_agent.research.signal_statistics import Estimate
from trading_agent.research.signal_tables import seconds_of, with_interval
from trading_agent.research.strategy_edge import StrategyFigure

MOST_FALSE: Final = 0.05
"""Share of false finds up to which something counts as found."""


class Verdict(Struct, frozen=True, kw_only=True):
    """One sentence a line. `edge`: whether anything pays that could be traded."""

    symbol: str
    headline: str
    edge: bool
    predicts: tuple[str, ...]
    pays: tuple[str, ...]
    does_not: tuple[str, ...]
    notes: tuple[str, ...] = ()


def judge_evaluation(found: SignalEvaluation) -> tuple[Verdict, ...]:
    return tuple(_judge(found, symbol) for symbol in found.seconds)


def foretells(figure: Figure) -> bool:
    return is_off_zero(figure.prediction.ic) and _sure(figure.false_share)


def pays(figure: EdgeFigure) -> bool:
    """And not only by being faster than the recording tells its book."""
    return seems_to_pay(figure) and _above_zero(figure.coarse_net_bps)


def seems_to_pay(figure: EdgeFigure) -> bool:
    """More than nothing, and more than the same signals at other times."""
    return _above_zero(figure.net_bps) and _sure(figure.false_share)


def candlestick_pays(figure: CandlestickNet) -> bool:
    net, late = figure.net_bps, figure.coarse_net_bps
    return _above_zero(net) and _above_zero(late) and _sure(figure.false_share)


def strategy_pays(figure: StrategyFigure) -> bool:
    """Through the engine's own fills, with slower orders too, and more than at other times; and
    that to the end of the recording."""
    net, late = figure.net_bps, figure.late_net_bps
    if net is None or late is None or figure.failed:
        return False
    return _above_zero(net) and _above_zero(late) and _sure(figure.false_share)


def is_off_zero(estimate: Estimate) -> bool:
    low, high = estimate.low, estimate.high
    return low is not None and high is not None and (low > 0 or high < 0)


def surely(move: PatternMove) -> bool:
    """One way, and no luck."""
    return is_off_zero(move.mean_bps) and _sure(move.false_share)


def _above_zero(estimate: Estimate) -> bool:
    return estimate.low is not None and estimate.low > 0


def _sure(false_share: float | None) -> bool:
    return false_share is not None and false_share <= MOST_FALSE


def _judge(found: SignalEvaluation, symbol: str) -> Verdict:
    figures = [each for each in found.figures if each.symbol == symbol]
    flash = [each for each in found.flash if each.symbol == symbol and each.group == EVERYTHING]
    paying = [each for each in flash if pays(each)]
    tried = [each for each in found.strategies if each.symbol == symbol]
    earning = [each for each in tried if strategy_pays(each)]
    edges = [each for each in found.pattern_edges if each.symbol == symbol]
    nets = [each for each in found.candlestick_nets if each.symbol == symbol]
    shapes = [each for edge in edges for each in paying_shapes(edge)]
    shapes += [_paying_candlestick(each) for each in nets if candlestick_pays(each)]
    silent, telling = [], []
    for feature, group in _by_feature(figures):
        good = [each for each in group if foretells(each)]
        if good:
            telling.append(_telling(feature, good))
        else:
            silent.append(feature)
    return Verdict(
        symbol=symbol,
        headline=_headline(paying, flash) + _of_strategies(tried, earning) + _of_shapes(shapes),
        edge=bool(paying or earning or shapes),
        predicts=(*telling, *_of_patterns(found, symbol), *_of_candlesticks(found, symbol))
        or ("Nothing that this recording could show.",),
        pays=(*map(_paying, paying), *map(_earning, earning), *shapes) or ("Nothing.",),
        does_not=(
            *_not_paying(flash, figures, silent, paying),
            *_not_earning(tried),
            *_unpaid_shapes(edges),
            *_unpaid_candlesticks(nets),
        ),
        notes=found.notes.get(symbol, ()),
    )


def _headline(paying: list[EdgeFigure], flash: list[EdgeFigure]) -> str:
    if not flash:
        return "The flash signal was never raised: no edge to speak of"
    if not any(each.filled for each in flash):
        return "No order could be filled: what the flash signal pays is not known"
    if not paying:
        return "No edge: the flash signal does not pay"
    last = paying[-1]
    first = paying[0]
    span = seconds_of(first.horizon)
    if last is not first:
        span = f"{first.horizon:g} to {seconds_of(last.horizon)}"
    # Of the two, the one with the slower orders: what is left when luck with time is not.
    best = max(paying, key=lambda each: each.coarse_net_bps.value)
    most = best.coarse_net_bps
    low, high = (most.low or 0.0) / 2.0, (most.high or 0.0) / 2.0
    return (
        f"At most a small edge, {span} ahead: {most.value / 2.0:.2f} ({low:.2f} to {high:.2f}) "
        f"bps a side more, n {best.filled:,}, and it is gone"
    )


def _of_strategies(tried: list[StrategyFigure], earning: list[StrategyFigure]) -> str:
    if not tried:
        return ""
    if earning:
        return f"; of {len(tried)} strategies {', '.join(each.strategy for each in earning)} pays"
    if all(each.net_bps is None for each in tried):
        return f"; no strategy traded enough to tell, of {len(tried)} that were tried"
    return f"; no strategy pays, of {len(tried)} that were tried"


def _earning(each: StrategyFigure) -> str:
    assert each.net_bps is not None and each.late_net_bps is not None
    return (
        f"The strategy {each.strategy}: {with_interval(each.net_bps, '.2f')} bps a round trip, "
        f"n {each.trips:,}; a message later {with_interval(each.late_net_bps, '.2f')}"
    )


def _not_earning(tried: list[StrategyFigure]) -> Iterable[str]:
    for each in tried:
        if each.net_bps is not None and not strategy_pays(each):
            yield (
                f"The strategy {each.strategy}: {with_interval(each.net_bps, '.2f')} bps a round "
                f"trip, n {each.trips:,}: {_why_not(each)}"
            )
    idle = [f"{each.strategy} ({and_failed(each.why, each)})" for each in tried if each.why]
    if idle:
        yield f"Strategies of which nothing can be said: {'; '.join(idle)}"


def _why_not(each: StrategyFigure) -> str:
    assert each.net_bps is not None
    net = each.net_bps
    words = "no edge shown"
    if net.low is None or net.high is None:
        words = "too little to tell"
    elif net.high < 0:
        words = "it loses"
    return and_failed(words, each)


def and_failed(words: str, each: StrategyFigure) -> str:
    return f"{words}; it failed: {each.failed}" if each.failed else words


def _of_patterns(found: SignalEvaluation, symbol: str) -> Iterable[str]:
    """Those that went surely one way; none of it is after costs."""
    for group in kinds_of([each for each in found.patterns if each.symbol == symbol]):
        good = [each for each in group if surely(each)]
        if good:
            best = max(good, key=lambda each: abs(each.mean_bps.value))
            way = "" if best.mean_bps.value > 0 else ", against it"
            yield (
                f"The pattern {best.kind.replace('_', ' ')} on {best.timeframe}: "
                f"{with_interval(best.mean_bps, '.2f')} bps {_candles(best.after)} later{way}, "
                f"n {best.n:,}, before costs"
            )


def _of_candlesticks(found: SignalEvaluation, symbol: str) -> Iterable[str]:
    """One line for all of them."""
    moves = [each for each in found.candlesticks if each.symbol == symbol]
    good = [each for each in moves if surely(each)]
    if good:
        best = max(good, key=lambda each: abs(each.mean_bps.value))
        kinds = {(each.timeframe, each.kind) for each in moves}
        way = "" if best.mean_bps.value > 0 else ", against it"
        yield (
            f"Candlesticks: {len({(e.timeframe, e.kind) for e in good})} of {len(kinds)} kinds; "
            f"most after {best.kind.replace('_', ' ')} on {best.timeframe}, "
            f"{with_interval(best.mean_bps, '.2f')} bps {_candles(best.after)} later{way}, "
            f"n {best.n:,}, before costs"
        )


def paying_shapes(edge: PatternEdge) -> Iterator[str]:
    """A line each horizon at which it pays."""
    for each in edge.whole():
        if pays(each):
            yield (
                f"The pattern {_shape(edge)} held {seconds_of(each.horizon)}: {_net(each)} bps "
                f"net, n {each.filled:,}; a message later "
                f"{with_interval(each.coarse_net_bps, '.2f')}"
            )


def _of_shapes(shapes: list[str]) -> str:
    return "; a pattern pays" if shapes else ""


def _unpaid_shapes(edges: Sequence[PatternEdge]) -> Iterable[str]:
    """One line for all of them."""
    judged = [
        (each, edge)
        for edge in edges
        for each in edge.whole()
        if each.net_bps.low is not None and not pays(each)
    ]
    if judged:
        best, edge = max(judged, key=lambda those: those[0].net_bps.value)
        yield (
            f"Chart patterns, {len(edges)} kind{'s' if len(edges) > 1 else ''}: no edge. At best "
            f"{_shape(edge)} held {seconds_of(best.horizon)}, {_net(best)} bps net, "
            f"n {best.filled:,}"
        )


def _unpaid_candlesticks(nets: Sequence[CandlestickNet]) -> Iterable[str]:
    """One line for all of them."""
    judged = [e for e in nets if e.net_bps.low is not None and not candlestick_pays(e)]
    if judged:
        best = max(judged, key=lambda each: each.net_bps.value)
        count = len({(each.timeframe, each.kind) for each in nets})
        yield (
            f"Candlesticks, {count} kind{'s' if count > 1 else ''}: no edge in "
            f"{len(judged):,} of {len(nets):,} figures. At best {_candlestick(best)}"
        )


def _paying_candlestick(each: CandlestickNet) -> str:
    late = with_interval(each.coarse_net_bps, ".2f")
    return f"The candlestick {_candlestick(each)}; a message later {late}"


def _candlestick(each: CandlestickNet) -> str:
    return (
        f"{each.kind} on {each.timeframe} held {_candles(each.after)}, "
        f"{with_interval(each.net_bps, '.2f')} bps net, n {each.filled:,}"
    )


def _shape(edge: PatternEdge) -> str:
    return f"{edge.kind.replace('_', ' ')} on {edge.timeframe}"


def _net(each: EdgeFigure) -> str:
    return with_interval(each.net_bps, ".2f")


def _candles(count: int) -> str:
    return f"{count} candle{'s' if count > 1 else ''}"


def _telling(feature: str, good: list[Figure]) -> str:
    best = max(good, key=lambda each: abs(each.prediction.ic.value))
    horizons = ", ".join(f"{each.horizon:g}" for each in good)
    ic = with_interval(best.prediction.ic, ".2f")
    way = "" if best.prediction.ic.value > 0 else ", the other way round"
    return (
        f"{feature}: {horizons} s ahead{way}; best at {seconds_of(best.horizon)}, rank correlation "
        f"{ic}, n {best.prediction.n:,}"
    )


def _paying(each: EdgeFigure) -> str:
    return (
        f"The flash signal held {seconds_of(each.horizon)}: {with_interval(each.net_bps, '.2f')} "
        f"bps net, n {each.filled:,}; a message later "
        f"{with_interval(each.coarse_net_bps, '.2f')}; at shifted times "
        f"{with_interval(each.baseline.net_bps, '.2f')}"
    )


def _not_paying(
    flash: list[EdgeFigure], figures: list[Figure], silent: list[str], paying: list[EdgeFigure]
) -> Iterable[str]:
    for each in flash:
        if seems_to_pay(each) and each not in paying:
            yield (
                f"The flash signal held {seconds_of(each.horizon)} seems to pay "
                f"{with_interval(each.net_bps, '.2f')} bps, n {each.filled:,}, but only to orders "
                "faster than this recording tells its book; a message later "
                f"{with_interval(each.coarse_net_bps, '.2f')}: no edge"
            )
    rest = [each for each in flash if not seems_to_pay(each) and isfinite(each.net_bps.value)]
    judged = [each for each in rest if each.net_bps.low is not None]
    if judged:
        best = max(judged, key=lambda each: each.net_bps.value)
        yield (
            f"The flash signal held {_horizons(judged)}: no edge. At best "
            f"{with_interval(best.net_bps, '.2f')} bps net, held {seconds_of(best.horizon)}, "
            f"n {best.filled:,}"
        )
    unjudged = [each for each in rest if each.net_bps.low is None]
    if unjudged:
        least = min(each.filled for each in unjudged)
        yield f"The flash signal held {_horizons(unjudged)}: too little to tell, n {least:,}"
    unfilled = [each for each in flash if not each.filled]
    if unfilled:
        yield f"The flash signal held {_horizons(unfilled)}: no order of it could be filled"
    if silent:
        least = min(each.prediction.n for each in figures if each.feature in silent)
        yield f"Foretelling nothing here: {', '.join(silent)}; n {least:,}"
    earning = {each.feature for each in figures if _above_zero(each.net_bps)}
    costly = [each for each in figures if each.feature not in {*earning, *silent}]
    if costly:
        best_one = max(costly, key=lambda each: each.net_bps.value)
        names = ", ".join(dict.fromkeys(each.feature for each in costly))
        yield (
            f"Foretelling, yet never earning the spread: {names}; at best "
            f"{with_interval(best_one.net_bps, '.2f')} bps, n {best_one.strong:,}"
        )


def _horizons(figures: Sequence[EdgeFigure]) -> str:
    return f"{', '.join(f'{each.horizon:g}' for each in figures)} s"


def _by_feature(figures: list[Figure]) -> Iterable[tuple[str, list[Figure]]]:
    names = dict.fromkeys(each.feature for each in figures)
    for name in names:
        yield name, [each for each in figures if each.feature == name]
