"""The information coefficient of what is only said now and then: signals, proposals, patterns.

Between two of them nothing is said, and that is an opinion too: the rank correlation is taken over
all samples of a recording, with 0 wherever nothing was said. It is small where little is said, and
for this reason comparable between those who speak often and those who speak seldom.
"""

from typing import Final

import numpy as np

from trading_agent.research.signal_blocks import TimeBlocks
from trading_agent.research.signal_groups import blocks_of
from trading_agent.research.signal_samples import Flags, Floats, Integers, Samples, outcome_after
from trading_agent.research.signal_shifts import place_of
from trading_agent.research.signal_statistics import Estimate

SILENT: Final = 0.0


def said_by_sample(samples: Samples, at: Integers, values: Floats) -> Floats:
    """What was said at each sample: the sum of all that came from it on up to the next."""
    said: Floats = np.bincount(place_of(samples, at), values, len(samples.at)).astype(np.float64)
    return said


def information(samples: Samples, said: Floats, horizon: float, seed: int) -> Estimate | None:
    """Of `said`, an entry a sample, for the mid's move within `horizon` seconds."""
    outcome = outcome_after(samples, horizon)
    return coefficient(said, outcome.moved, outcome.known, blocks_of(samples, horizon, seed))


def samples_known(samples: Samples, horizon: float) -> int:
    """Over how many samples that is."""
    return int(np.count_nonzero(outcome_after(samples, horizon).known))


def coefficient(said: Floats, moved: Floats, known: Flags, blocks: TimeBlocks) -> Estimate | None:
    """None where nothing was said, or always the same; without an interval where it was said in
    fewer than eight blocks of time."""
    spoken = len(np.unique(blocks.of[known & (said != SILENT)]))
    return blocks.rank_correlation(said, moved, known, spoken)
