"""The simulated market beside a recorded one, figure by figure."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from trading_agent.domain.errors import CommandError, FeedError
from trading_agent.domain.units import Nanos
from trading_agent.embedded_exchange.likeness import Likeness, compare, likeness, observe
from trading_agent.embedded_exchange.recorded import RecordedMarket, split_symbol
from trading_agent.embedded_exchange.recorded_formats import recording_files
from trading_agent.embedded_exchange.recorded_survey import Survey
from trading_agent.embedded_exchange.recordings import Recording, open_recording
from trading_agent.embedded_exchange.settings import EmbeddedSettings
from trading_agent.embedded_exchange.source import MarketSource
from trading_agent.embedded_exchange.synthetic import SyntheticMarket

LONGEST_SECONDS: Final = 1_800
"""Of each market, at most this much is watched."""


def compare_with_recording(
    settings: EmbeddedSettings, paths: Sequence[Path], symbol: str | None
) -> str:
    """A table of both: the synthetic market of `symbol` (of the recorded base asset when
    None) and the recording, each watched for as long, from the recorded time of day on.

    Raises ConfigError where there is nothing to play, FeedError where it is damaged,
    CommandError when no synthetic pair is like it.
    """
    files = recording_files(paths)
    recording = open_recording(files)
    about = recording.about
    pair = symbol or _counterpart(settings, about)
    if pair not in settings.synthetic.presets:
        known = ", ".join(settings.synthetic.presets)
        raise CommandError(f"there is no simulated market of {pair}; there are {known}")
    starts_at = _first_time(recording, files)
    recorded = _figures(RecordedMarket(files, pair, start_at=starts_at), starts_at, pair)
    alone = settings.model_copy(update={"pairs": (pair,)})
    seconds = max(round(recorded.minutes_seen * 60), 1)
    synthetic = _figures(SyntheticMarket(alone, starts_at), starts_at, pair, seconds)
    return (
        f"{pair} of the simulated market (seed {settings.seed}) and "
        f"{about.symbol or 'a pair without a name'} of {', '.join(path.name for path in paths)}\n"
        f"{compare('simulated', synthetic, 'recorded', recorded)}"
    )


def _counterpart(settings: EmbeddedSettings, about: Survey) -> str:
    """The synthetic pair with the recorded base asset."""
    if about.symbol is not None:
        base, _ = split_symbol(about.symbol)
        for symbol, preset in settings.synthetic.presets.items():
            if preset.base == base:
                return symbol
    raise CommandError(
        f"no simulated pair is like {about.symbol or 'a recording without a name'}: "
        "say with --as which one to compare"
    )


def _first_time(recording: Recording, files: Sequence[Path]) -> Nanos:
    for row in recording.rows():
        if row.at > 0:
            return row.at
    raise FeedError(f"{files[0].name} tells no time")


def _figures(
    source: MarketSource, starts_at: Nanos, pair: str, seconds: int = LONGEST_SECONDS
) -> Likeness:
    return likeness(observe(source, starts_at, seconds)[pair])
