"""What must be known of a recording to read its figures."""

from collections.abc import Iterator

from trading_agent.research.recorded_tape import RecordedTape
from trading_agent.research.signal_samples import HORIZONS, Samples, spacing_of, told_horizons


def notes_of(tape: RecordedTape, samples: Samples) -> Iterator[str]:
    """A sentence each, without its full stop."""
    if not len(tape.prints):
        yield "no prints in this recording: features from trades, candles and patterns are silent"
    left_out = [each for each in HORIZONS if each not in told_horizons(samples)]
    if left_out:
        seconds = ", ".join(f"{each:g}" for each in left_out)
        yield (
            f"no figures {seconds} s ahead: this recording tells its book every "
            f"{spacing_of(samples):.2g} s"
        )
