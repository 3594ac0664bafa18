"""The same market gives the same facts and the same bytes of state: today, in another process,
and after every change that did not mean to change it."""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.fact_laws import assert_lawful
from tests.replay.golden_run import digests, golden_facts

PROJECT = Path(__file__).parents[2]

# A change of behaviour or of the state's layout changes these. Look at the difference in the
# facts before writing the new numbers here: `python -m tests.replay.golden_run`.
SAID = "f52f0328c0134873db69f88d25c284d2955373b359ab62e583055ac51684b869"
STATE = "ddb58bc231ed67fdd568711a7a0ffe8a34c3972c332994045c5513b9141f667e"


def test_the_golden_run_says_what_it_has_always_said() -> None:
    facts = golden_facts()
    assert digests(facts) == (SAID, STATE)


def test_the_golden_run_is_worth_repeating() -> None:
    facts = golden_facts()
    counted = Counter(type(fact).__name__ for fact in facts)
    assert_lawful(facts)
    assert counted["OrderFilled"] > 100
    assert counted["PositionClosed"] > 30
    for kind in ("OrderCanceled", "OrderRejected", "BookLost", "EntriesPaused", "ExitTriggered"):
        assert counted[kind] > 0, kind


@pytest.mark.slow
@pytest.mark.parametrize(("hash_seed", "options"), [("0", []), ("4711", ["--without-gc"])])
def test_another_process_says_the_same(hash_seed: str, options: list[str]) -> None:
    told = subprocess.run(
        [sys.executable, "-m", "tests.replay.golden_run", *options],
        cwd=PROJECT,
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.split() == [SAID, STATE]
