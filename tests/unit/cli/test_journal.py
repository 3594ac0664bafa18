import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from tests.trade_facts import history, write_journal
from trading_agent.cli.journal import journal
from trading_agent.domain.errors import StorageError


def call(*arguments: str | Path) -> Result:
    result = CliRunner().invoke(journal, [str(each) for each in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_journal(tmp_path / "here" / "journal.sqlite", history())
    return tmp_path / "here"


def break_it(folder: Path) -> None:
    path = folder / "journal.sqlite"
    path.write_bytes(path.read_bytes().replace(b'"order":3', b'"order":4'))


def test_a_sound_journal_ends_with_0_and_names_its_last_fact(folder: Path) -> None:
    result = call("verify", "--data-dir", folder)
    assert result.exit_code == 0
    assert f"sound, last good fact {len(history())} of {len(history())}" in result.output


def test_a_broken_journal_ends_with_1_and_says_what_to_do(folder: Path) -> None:
    break_it(folder)
    result = call("verify", "--data-dir", folder)
    assert result.exit_code == 1
    assert "NOT SOUND, last good fact 15" in result.output
    assert f"flash-trading journal quarantine --data-dir {folder}" in result.output


def test_every_journal_below_a_folder_is_verified(folder: Path) -> None:
    write_journal(folder.parent / "there" / "journal.sqlite", history()[:4])
    break_it(folder)
    result = call("verify", "--data-dir", folder.parent, "--json")
    assert result.exit_code == 1
    found = json.loads(result.output)["journals"]
    assert [(each["sound"], each["last_good"]) for each in found] == [(False, 15), (True, 4)]
    assert found[0]["findings"]


def test_a_journal_that_is_gone_is_found_by_its_head(folder: Path) -> None:
    (folder / "journal.sqlite").unlink()
    result = call("verify", "--data-dir", folder)
    assert result.exit_code == 1
    assert "it is gone" in result.output


def test_a_folder_without_a_journal_is_said(tmp_path: Path) -> None:
    result = call("verify", "--data-dir", tmp_path)
    assert result.exit_code == 1
    assert "there is no journal" in result.stderr


def test_a_broken_journal_is_moved_aside_with_advice(folder: Path) -> None:
    break_it(folder)
    with pytest.raises(StorageError, match="flash-trading journal quarantine"):
        write_journal(folder / "journal.sqlite", history())
    for name in ("journal-2025-11-19", "journal-2025-11-20", "journal-of-mine"):
        (folder / "backups").mkdir(exist_ok=True)
        (folder / "backups" / f"{name}.sqlite").touch()
    result = call("quarantine", "--data-dir", folder)
    assert result.exit_code == 0
    assert "last good fact 15" in result.output and "What next" in result.output
    there = folder / "journal.sqlite"
    assert f"cp -p {folder}/backups/journal-2025-11-20.sqlite {there}" in result.output
    assert f"cp COPY {there} && chown --reference={folder} {there}" in result.output
    assert f"flash-trading records rebuild --data-dir {folder}" in result.output
    moved = list((folder / "quarantine").glob("*/journal.sqlite"))
    assert len(moved) == 1
    write_journal(folder / "journal.sqlite", history())


def test_a_sound_journal_is_not_moved(folder: Path) -> None:
    result = call("quarantine", "--data-dir", folder)
    assert result.exit_code == 1
    assert "is sound" in result.stderr
    assert (folder / "journal.sqlite").exists()


def test_a_backup_is_a_sound_copy_and_replaces_nothing(folder: Path, tmp_path: Path) -> None:
    target = tmp_path / "copies" / "journal.sqlite"
    assert call("backup", target, "--data-dir", folder).exit_code == 0
    assert call("verify", "--data-dir", target.parent).exit_code == 0
    again = call("backup", target, "--data-dir", folder)
    assert again.exit_code == 1
    assert "replaces nothing" in again.stderr


def test_what_changes_one_journal_asks_which(folder: Path) -> None:
    write_journal(folder.parent / "there" / "journal.sqlite", history()[:4])
    result = call("quarantine", "--data-dir", folder.parent)
    assert result.exit_code == 1
    assert "several journals" in result.stderr
