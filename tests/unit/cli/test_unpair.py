"""Who lost the phone takes its rights away on the desk's machine."""

from pathlib import Path

from tests.unit.cli.verbs import call
from trading_agent.cli.desks import JOURNAL
from trading_agent.cli.unpair import unpair
from trading_agent.interfaces.telegram.people import PAIRED_OWNER, People
from trading_agent.interfaces.telegram.settings import TelegramSettings
from trading_agent.notifications.store import NOTICES_NAME, NoticeStore
from trading_agent.runtime.clock import SystemClock


def a_store(folder: Path) -> NoticeStore:
    (folder / JOURNAL).touch()
    store = NoticeStore(folder / NOTICES_NAME, SystemClock())
    store.open()
    return store


def test_who_paired_is_nobody_after_it(tmp_path: Path) -> None:
    store = a_store(tmp_path)
    store.put_state(PAIRED_OWNER, "77")
    store.close()
    result = call(unpair, "--data-dir", str(tmp_path))
    assert result.exit_code == 0
    assert result.stdout.startswith("77 is not the owner any more")
    store = a_store(tmp_path)
    people = People(TelegramSettings(owners=(5,)), store)
    people.read()
    assert people.owners() == (5,)
    store.close()


def test_where_nobody_paired_it_says_so(tmp_path: Path) -> None:
    (tmp_path / JOURNAL).touch()
    for _ in range(2):
        result = call(unpair, "--data-dir", str(tmp_path))
        assert result.exit_code != 0
        assert "nobody has paired" in result.stderr
        a_store(tmp_path).close()
