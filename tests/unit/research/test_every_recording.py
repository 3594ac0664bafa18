"""Whatever recordings lie beside the project: the beginning of each is evaluated."""

from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

from tests.unit.research.evaluations import a_request
from trading_agent.domain.market_rows import RowFlag
from trading_agent.research.recorded_band import read_band
from trading_agent.research.recorded_tape import RecordedTape
from trading_agent.research.signal_evaluation import evaluation_of
from trading_agent.research.signal_verdict import judge_evaluation

DEPTH = Path(__file__).parents[3] / ".." / "shared" / "data" / "depth"
MESSAGES = 1_500

FOLDERS = sorted(each for each in DEPTH.iterdir() if each.is_dir()) if DEPTH.is_dir() else [None]


def beginning(tape: RecordedTape) -> RecordedTape:
    ends = np.flatnonzero(tape.depth["flags"] & RowFlag.LAST) + 1
    depth = tape.depth[: ends[min(MESSAGES, len(ends)) - 1]]
    prints = tape.prints[tape.prints["at"] <= depth["at"][-1]]
    return replace(tape, depth=depth, prints=prints)


@pytest.mark.slow
@pytest.mark.parametrize("folder", FOLDERS, ids=lambda each: each.name if each else "none")
def test_the_beginning_of_a_recording_is_evaluated(folder: Path | None) -> None:
    if folder is None:
        pytest.skip("no recorded market data beside the project")
    (tape,) = read_band((folder,))
    assert (np.diff(tape.depth["at"]) >= 0).all()
    assert (np.diff(tape.prints["at"]) >= 0).all()
    said: list[str] = []
    short = beginning(tape)
    found = evaluation_of((short,), a_request("flash"), said.append)
    assert said[0] == (
        f"{tape.symbol}: {len(short.depth):,} rows of depth, {len(short.prints):,} prints"
    )
    assert {each.feature for each in found.figures} >= {"imbalance", "microprice_bps"}
    assert all(np.isfinite(each.prediction.ic.value) for each in found.figures)
    (verdict,) = judge_evaluation(found)
    assert verdict.symbol == tape.symbol
    assert bool(len(short.prints)) != any("no prints" in note for note in verdict.notes)
