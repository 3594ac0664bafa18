import logging
import sqlite3
import time
from pathlib import Path

import pytest

from tests.long_history import IDENTITY, write_long_journal
from tests.trade_facts import history
from trading_agent.adapters.storage import journal_recovery
from trading_agent.adapters.storage.journal import Journal
from trading_agent.adapters.storage.journal_images import IMAGES_KEPT
from trading_agent.adapters.storage.journal_recovery import Recovered, recover
from trading_agent.adapters.storage.settings import StorageSettings
from trading_agent.domain.documents import to_text
from trading_agent.domain.units import Nanos
from trading_agent.engine.account import Account
from trading_agent.engine.account_image import image_of, restored

_log = logging.getLogger(__name__)

FACTS = 6_000
EVERY = 1_000


def opened(path: Path) -> Journal:
    return Journal.open(path, IDENTITY, Nanos(1))


def recovered(path: Path) -> Recovered:
    journal = opened(path)
    try:
        return recover(journal)
    finally:
        journal.close()


def account_of(found: Recovered) -> Account:
    account = Account() if found.image is None else restored(found.image)
    for fact in found.history:
        account.apply(fact)
    return account


def picture(account: Account) -> str:
    return to_text(image_of(account))


def change(path: Path, statement: str) -> None:
    connection = sqlite3.connect(path)
    connection.execute(statement)
    connection.commit()
    connection.close()


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    path = tmp_path_factory.mktemp("written") / "journal.db"
    account = write_long_journal(path, FACTS - 300, EVERY)
    return path, picture(account)


@pytest.fixture
def path(written: tuple[Path, str], tmp_path: Path) -> Path:
    copy = tmp_path / "journal.db"
    copy.write_bytes(written[0].read_bytes())
    return copy


def test_recovery_begins_with_the_newest_image(path: Path, written: tuple[Path, str]) -> None:
    found = recovered(path)
    assert found.image is not None
    assert (found.folded, len(found.history)) == (5_000, 700)
    assert picture(account_of(found)) == written[1]


def test_only_the_newest_images_are_kept(path: Path) -> None:
    journal = opened(path)
    assert [image.sequence for image in journal.images()] == [5_000, 4_000, 3_000]
    assert IMAGES_KEPT == 3
    journal.close()


@pytest.mark.parametrize(
    ("statement", "folded"),
    [
        ("UPDATE images SET body = replace(body, '60', '61') WHERE sequence = 5000", 4_000),
        ("UPDATE images SET sha256 = zeroblob(32) WHERE sequence = 5000", 4_000),
        ("UPDATE images SET sequence = 5001 WHERE sequence = 5000", 4_000),
        ("UPDATE images SET chain = zeroblob(32) WHERE sequence = 5000", 4_000),
        ("UPDATE images SET version = '0.0.1'", 0),
        ("UPDATE images SET body = CAST(body AS BLOB)", 0),
        ("DELETE FROM images", 0),
        ("DROP TABLE images", 0),
        ("ALTER TABLE images RENAME COLUMN body TO text", 0),
    ],
)
def test_an_image_that_does_not_fit_is_passed_over_loudly(
    path: Path,
    written: tuple[Path, str],
    caplog: pytest.LogCaptureFixture,
    statement: str,
    folded: int,
) -> None:
    change(path, statement)
    with caplog.at_level(logging.WARNING):
        found = recovered(path)
    assert found.folded == folded
    assert picture(account_of(found)) == written[1]
    gone = "images" in statement and statement.startswith(("DELETE", "DROP"))
    assert gone or "cannot be used" in caplog.text


def test_an_image_of_another_shape_is_passed_over_loudly(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "journal.db"
    journal = opened(path)
    facts = history()
    journal.append(list(enumerate(facts, 1)))
    journal.keep_image('{"ledger": {}}')
    with caplog.at_level(logging.WARNING):
        found = recover(journal)
    journal.close()
    assert found == Recovered(None, 0, facts)
    assert "cannot be read" in caplog.text


def test_a_journal_from_before_images_gets_their_table(path: Path) -> None:
    change(path, "DROP TABLE images")
    journal = opened(path)
    assert list(journal.images()) == []
    journal.keep_image("what they add up to")
    assert [image.sequence for image in journal.images()] == [5_700]
    journal.close()


def test_the_settings_say_how_much_room_is_set_aside(tmp_path: Path) -> None:
    path, settings = tmp_path / "journal.db", StorageSettings(reserve_megabytes=2)
    journal = journal_recovery.open_journal(path, IDENTITY, Nanos(1), settings)
    reserve = tmp_path / "journal.db.reserve"
    assert reserve.stat().st_size == 2 << 20
    assert reserve.stat().st_blocks * 512 >= 2 << 20, "it takes no room on the disk"
    journal.close()


def seconds_to_recover(path: Path) -> float:
    began = time.perf_counter()
    found = recovered(path)
    account_of(found)
    return time.perf_counter() - began


@pytest.mark.slow
def test_recovery_of_a_long_journal_is_quick(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    account = write_long_journal(path, 60_000, 20_000)
    assert picture(account_of(recovered(path))) == picture(account)
    assert min(seconds_to_recover(path) for _ in range(3)) < 1.0


@pytest.mark.long
@pytest.mark.timeout(600)
def test_a_million_facts_recover_within_five_seconds(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    account = write_long_journal(path, 1_010_000, 20_000)
    took = [seconds_to_recover(path) for _ in range(3)]
    _log.info("seconds to recover: %s", took)
    found = recovered(path)
    assert len(found.history) == 10_000
    assert picture(account_of(found)) == picture(account)
    assert min(took) < 5.0
