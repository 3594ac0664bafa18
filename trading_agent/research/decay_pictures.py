"""How long features, signals, proposals and patterns foretell, drawn."""

from collections.abc import Callable, Sequence
from typing import Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from trading_agent.research.picture_style import BAND, FIRST, INK, WIDTH, words_alone
from trading_agent.research.signal_decay import DecayPoint
from trading_agent.research.signal_evaluation import SignalEvaluation
from trading_agent.research.signal_samples import FEATURES
from trading_agent.research.signal_statistics import Estimate

MOST_SPEAKERS: Final = 12
_ACROSS: Final = 3


def draw_feature_decay(found: SignalEvaluation, symbol: str) -> Canvas:
    return _panels(found, symbol, FEATURES, lambda each: each.ic, "rank correlation")


def draw_speaker_decay(found: SignalEvaluation, symbol: str) -> Canvas:
    """Those who spoke most often."""
    points = [each for each in found.decay if each.symbol == symbol and not each.feature]
    spoke: dict[str, int] = {}
    for each in points:
        spoke.setdefault(each.speaker, each.n)
    names = sorted(spoke, key=lambda name: -spoke[name])[:MOST_SPEAKERS]
    if not names:
        return words_alone("too few: nobody spoke eight times")
    return _panels(found, symbol, names, lambda each: each.move_bps, "move, basis points")


def _panels(
    found: SignalEvaluation,
    symbol: str,
    names: Sequence[str],
    told: Callable[[DecayPoint], Estimate],
    label: str,
) -> Canvas:
    down = -(-len(names) // _ACROSS)
    canvas = Canvas(figsize=(WIDTH, 0.6 + 2.0 * down), layout="constrained")
    canvas.supylabel(label, size=9.0)
    sharey = label == "rank correlation"
    panels = list(canvas.subplots(down, _ACROSS, squeeze=False, sharey=sharey).flat)
    for axes, name in zip(panels, names, strict=False):
        points = [e for e in found.decay if e.symbol == symbol and e.speaker == name]
        _curve(axes, points, told)
        counts = [each.samples if each.feature else each.n for each in points]
        axes.set_title(f"{name}, {between(counts)}" if counts else name)
    for axes in panels[len(names) :]:
        axes.set_axis_off()
    return canvas


def between(counts: Sequence[int]) -> str:
    """How many, in a title; at least one count."""
    least, most = min(counts), max(counts)
    return f"n {most:,}" if least == most else f"n {least:,} to {most:,}"


def _curve(
    axes: Axes, points: Sequence[DecayPoint], told: Callable[[DecayPoint], Estimate]
) -> None:
    axes.axhline(0.0, color=INK, linewidth=0.8)
    every = [(each.horizon, told(each)) for each in points]
    axes.plot(
        [horizon for horizon, _ in every],
        [estimate.value for _, estimate in every],
        ":",
        color=FIRST,
        linewidth=1.2,
    )
    sure = [
        (horizon, estimate.value, estimate.low, estimate.high)
        for horizon, estimate in every
        if estimate.low is not None and estimate.high is not None
    ]
    horizons = [horizon for horizon, *_ in sure]
    axes.plot(horizons, [value for _, value, _, _ in sure], color=FIRST, linewidth=1.7)
    axes.fill_between(
        horizons,
        [low for _, _, low, _ in sure],
        [high for *_, high in sure],
        color=FIRST,
        alpha=BAND,
        linewidth=0,
    )
    axes.set_xscale("log")
    axes.set_xticks([0.1, 1.0, 10.0, 100.0], ["0.1 s", "1 s", "10 s", "100 s"])
    axes.minorticks_off()
