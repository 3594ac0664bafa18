"""Records of a real run: complete when it ends, the same when made anew, absent when off."""

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.test_run import DEMO, PROJECT, flash_trading
from tests.end_to_end.test_run import closing as closing_document
from tests.records_databases import everything, shared_server
from trading_agent.adapters.records.address import RecordsAddress, find_address

RUN = ("run", "--overlay", DEMO, "--duration", "8", "--seed", "5", "--json", "--headless")


def shown(data: Path, table: str, **environment: str) -> list[dict[str, Any]]:
    ended = flash_trading(
        *("records", "show", table, "--json", "--limit", "100000", "--data-dir", data),
        **environment,
    )
    assert ended.returncode == 0, ended.stderr
    rows: list[dict[str, Any]] = json.loads(ended.stdout)
    return rows


def check(data: Path, address: RecordsAddress, document: dict[str, Any], **url: str) -> None:
    """What the tables say is what the run said, and what a rebuild says."""
    rows = everything(address)
    with closing(sqlite3.connect(data / "journal.sqlite")) as journal:
        (last,) = journal.execute("SELECT MAX(sequence) FROM facts").fetchone()
    assert rows["progress"][0]["sequence"] == last
    assert len(rows["fills"]) == document["fills"]
    assert len(rows["orders"]) == document["orders"]
    profits = [row["profit"] for row in rows["positions"] if row["profit"] is not None]
    assert sum(profits) == Decimal(document["realised_profit"])
    assert rows["runs"][-1]["closed_at"] is not None
    assert [row["order_id"] for row in shown(data, "orders", **url)] == sorted(
        (row["order_id"] for row in rows["orders"]), reverse=True
    )
    again = flash_trading("records", "rebuild", "--data-dir", data, **url)
    assert again.returncode == 0, again.stderr
    assert f"from {last} facts" in again.stdout
    assert everything(address) == rows


@pytest.mark.slow
def test_a_run_keeps_records_that_a_rebuild_repeats(tmp_path: Path) -> None:
    longer = ("--duration", "25", "--data-dir", tmp_path)
    document = closing_document(flash_trading(*RUN, *longer))
    assert document["fills"] > 0
    address = find_address("", None, tmp_path)
    check(tmp_path, address, document)
    migrated = flash_trading("records", "migrate", "--data-dir", tmp_path)
    assert "is 0001 already" in migrated.stdout
    plain = flash_trading("records", "show", "fills", "--limit", "1", "--data-dir", tmp_path)
    assert plain.returncode == 0
    assert len(plain.stdout.splitlines()) == 2
    wrong = flash_trading("records", "show", "secrets", "--data-dir", tmp_path)
    assert wrong.returncode == 1
    assert "there is no table" in wrong.stderr


@pytest.mark.slow
def test_a_run_keeps_records_in_postgresql(tmp_path: Path) -> None:
    server = shared_server()
    url = server.loopback_url(server.new_database())
    run = flash_trading(*RUN, "--data-dir", tmp_path, FLASH_TRADING_RECORDS_URL=url)
    document = closing_document(run)
    address = find_address("", url, tmp_path)
    check(tmp_path, address, document, FLASH_TRADING_RECORDS_URL=url)
    assert not (tmp_path / "records.sqlite").exists()
    assert "horse" not in run.stdout + run.stderr + (tmp_path / "log.jsonl").read_text()


@pytest.mark.slow
def test_a_database_out_of_reach_is_said_and_trading_goes_on(tmp_path: Path) -> None:
    url = "postgresql://desk:geheim-wort@127.0.0.1:9/records"
    run = flash_trading(*RUN, "--data-dir", tmp_path, FLASH_TRADING_RECORDS_URL=url)
    document = closing_document(run)
    assert document["frames"] > 0
    assert document["exit_reason"] == "duration"
    assert "records restarting: StorageError" in run.stderr
    assert "geheim" not in run.stdout + run.stderr + (tmp_path / "log.jsonl").read_text()


@pytest.mark.slow
def test_a_run_without_records_loads_no_database(tmp_path: Path) -> None:
    code = (
        "import sys, trading_agent.__main__ as program\n"
        f"sys.argv = ['flash-trading', 'run', '--duration', '2', '--data-dir', {str(tmp_path)!r}]\n"
        "try:\n    program.main()\n"
        "finally:\n"
        "    print([n for n in ('sqlalchemy', 'alembic', 'psycopg') if n in sys.modules])\n"
    )
    for enabled, loaded in (("false", "[]"), ("true", "['sqlalchemy']")):
        ended = subprocess.run(
            [sys.executable, "-c", code],
            cwd=PROJECT,
            capture_output=True,
            text=True,
            timeout=100,
            env={**os.environ, "FLASH_TRADING__RECORDS__ENABLED": enabled},
            check=False,
        )
        assert ended.returncode == 0, ended.stderr
        assert ended.stdout.splitlines()[-1] == loaded
        assert (tmp_path / "records.sqlite").exists() == (enabled == "true")
