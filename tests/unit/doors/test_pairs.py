"""Pairs chosen while it runs are kept for the next start."""

import json
from pathlib import Path

import pytest

from trading_agent.config.loading import load
from trading_agent.domain.errors import CommandError, StorageError
from trading_agent.doors.pairs import PairChoice


def choice(folder: Path, *known: str) -> PairChoice:
    return PairChoice(folder / "chosen_pairs.json", ("BTCUSDC", "ETHUSDC"), known)


def test_a_pair_is_added_once_in_any_spelling(tmp_path: Path) -> None:
    pairs = choice(tmp_path)
    assert pairs.add("sol/usdc") == "SOLUSDC is traded from the next start on"
    with pytest.raises(CommandError, match="SOLUSDC is traded already"):
        pairs.add("SOL-USDC")
    kept = json.loads((tmp_path / "chosen_pairs.json").read_text())
    assert kept == {"symbols": ["BTCUSDC", "ETHUSDC", "SOLUSDC"]}
    assert (tmp_path / "chosen_pairs.json").stat().st_mode & 0o777 == 0o600


def test_what_was_chosen_is_a_configuration_to_lay_over_another(tmp_path: Path) -> None:
    choice(tmp_path).add("SOLUSDC")
    choice(tmp_path).remove("btcusdc")
    base = tmp_path / "base.json"
    base.write_text("{}")
    loaded = load(base, (tmp_path / "chosen_pairs.json",), {})
    assert loaded.config.symbols == ("ETHUSDC", "SOLUSDC")


def test_a_preview_changes_nothing_and_refuses_what_would_be_refused(tmp_path: Path) -> None:
    pairs = choice(tmp_path, "BTCUSDC", "ETHUSDC", "SOLUSDC")
    assert "SOLUSDC" in pairs.preview("add", "SOLUSDC")
    assert not (tmp_path / "chosen_pairs.json").exists()
    with pytest.raises(CommandError, match="no market for DOGEUSDC"):
        pairs.preview("add", "DOGEUSDC")
    with pytest.raises(CommandError, match="is not a pair"):
        pairs.preview("add", "../../etc")
    with pytest.raises(CommandError, match="SOLUSDC is not traded"):
        pairs.preview("remove", "SOLUSDC")


def test_the_last_pair_stays(tmp_path: Path) -> None:
    pairs = choice(tmp_path)
    pairs.remove("BTCUSDC")
    with pytest.raises(CommandError, match="only pair"):
        pairs.remove("ETHUSDC")


def test_a_broken_file_is_said_and_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "chosen_pairs.json").write_text("{")
    with pytest.raises(StorageError, match="delete it"):
        choice(tmp_path).add("SOLUSDC")
    assert (tmp_path / "chosen_pairs.json").read_text() == "{"


def test_a_folder_that_is_not_there_is_made(tmp_path: Path) -> None:
    choice(tmp_path / "var").add("SOLUSDC")
    assert (tmp_path / "var" / "chosen_pairs.json").exists()
