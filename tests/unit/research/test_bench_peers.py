"""What the peers' scripts say is read rightly, and what cannot be run is told."""

import sys
from pathlib import Path

import pytest

from trading_agent.domain.errors import CommandError
from trading_agent.research.bench_peers import (
    L2_RUNS,
    PeerFailure,
    PeerResult,
    in_turn,
    measure_peers,
    measure_prototype,
    packages_of,
    read_speed,
)

README = """
# Peers
| script | package | usage |
|---|---|---|
| `gen.py` | numpy, numba | writes rows |
| `p_hbt.py` | hftbacktest==2.4.4 | `p_hbt.py feed\\|elapse hash\\|roi DATA` |
| `p_vbt.py`, `p_vbt_nb.py` | vectorbt==1.2.0, TA-Lib==0.8.2 | candles |
"""
RATES = "engine feed/roi: run 0.2s cpu 0.2s rows 500 msgs 9 rows/s 2,000 (cpu 2,500) msgs/s 45"
SECONDS = "engine deltas: run 4.0s cpu 2.0s rows 8000 items 7 rows/s 2,000 items/s 3"


def ours() -> tuple[float, float]:
    return 8_000.0, 5_000.0


def unheard(_words: str) -> None:
    """Nobody follows the progress."""


def test_the_table_tells_which_packages_a_script_needs() -> None:
    found = packages_of(README)
    assert found["p_hbt.py"] == ("hftbacktest==2.4.4",)
    assert found["p_vbt_nb.py"] == found["p_vbt.py"] == ("vectorbt==1.2.0", "TA-Lib==0.8.2")
    assert set(found) == {"gen.py", "p_hbt.py", "p_vbt.py", "p_vbt_nb.py"}


@pytest.mark.parametrize(
    ("line", "speed"), [(RATES, (2_000.0, 2_500.0)), (SECONDS, (2_000.0, 4_000.0))]
)
def test_speeds_are_read_however_a_script_spells_them(
    line: str, speed: tuple[float, float]
) -> None:
    assert read_speed(f"a warning\n{line}\n") == speed


def test_a_script_that_says_no_speed_has_failed() -> None:
    with pytest.raises(PeerFailure, match="no rows/s"):
        read_speed("Traceback: it did not work")


def test_ratios_are_ours_over_theirs() -> None:
    result = in_turn([sys.executable, "-c", f"print({RATES!r})"], ours, unheard)
    assert (result.rows_per_s, result.rows_per_cpu_s) == (2_000, 2_500)
    assert (result.ratio, result.cpu_ratio) == (4.0, 2.0)
    assert result.line == RATES


def test_we_are_measured_before_between_and_after() -> None:
    calls: list[int] = []

    def counted() -> tuple[float, float]:
        calls.append(1)
        return ours()

    in_turn([sys.executable, "-c", f"print({RATES!r})"], counted, unheard)
    assert len(calls) == 3


def test_a_peer_without_a_package_is_told_and_not_left_out(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("| script | package | usage |\n", encoding="utf-8")
    (tmp_path / "p_hbt.py").write_text("", encoding="utf-8")
    results = measure_peers(tmp_path, tmp_path, ours, unheard)
    assert len(results) == len(L2_RUNS["p_hbt.py"])
    for result in results.values():
        assert result == PeerResult(None, None, None, None, why=result.why)
        assert "no package" in result.why


def test_a_script_that_fails_is_told_with_its_last_words(tmp_path: Path) -> None:
    script = tmp_path / "proof.py"
    script.write_text("raise SystemExit('out of rows')", encoding="utf-8")
    result = measure_prototype(script, tmp_path, ours, unheard)
    assert result.ratio is None
    assert "out of rows" in result.why


def test_a_folder_without_the_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"README\.md"):
        measure_peers(tmp_path, tmp_path, ours, unheard)
