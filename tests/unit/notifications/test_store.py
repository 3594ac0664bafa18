import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fakes import ManualClock
from trading_agent.domain.errors import CommandError, ConfigError, StorageError
from trading_agent.domain.units import DAY, MINUTE, SECOND, Nanos
from trading_agent.notifications.notice import Claimed, Lane, Level, Mode, Notice, Topic
from trading_agent.notifications.store import NoticeStore
from trading_agent.notifications.wishes import QuietHours, Wish
from trading_agent.runtime.picture_ports import PictureKind, PictureWish

CHAT = "telegram:1"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def store(tmp_path: Path, clock: ManualClock) -> Iterator[NoticeStore]:
    made = NoticeStore(tmp_path / "notices.sqlite", clock)
    made.open()
    made.appear(CHAT)
    yield made
    made.close()


def a_notice(key: str, lane: Lane = Lane.FILLS, **changes: Any) -> Notice:
    plain: dict[str, Any] = {
        "key": key,
        "at": ManualClock().now(),
        "topic": Topic.FILL,
        "lane": lane,
        "html": f"<b>{key}</b>",
        "plain": key,
    }
    return Notice(**(plain | changes))


def drained(store: NoticeStore, destination: str = CHAT, *, join: bool = True) -> list[Claimed]:
    told = []
    while (claimed := store.claim(destination, join=join)) is not None:
        told.append(claimed)
        store.delivered(claimed.id)
    return told


def test_urgent_lanes_come_first_and_within_one_what_happened_first(store: NoticeStore) -> None:
    store.keep([a_notice("a"), a_notice("b", Lane.SIGNALS), a_notice("c", Lane.RISK)])
    store.keep([a_notice("d"), a_notice("e", Lane.REPORTS)])
    assert [claimed.key for claimed in drained(store)] == ["c", "a", "d", "b", "e"]
    assert store.waiting(CHAT) == 0


def test_a_notice_is_never_kept_twice(store: NoticeStore) -> None:
    assert store.keep([a_notice("a")]) == 1
    assert store.keep([a_notice("a"), a_notice("b")]) == 1
    assert [claimed.key for claimed in drained(store)] == ["a", "b"]


def test_what_is_claimed_holds_back_its_lane_but_no_other(store: NoticeStore) -> None:
    store.keep([a_notice("a"), a_notice("b"), a_notice("r", Lane.RISK)])
    first, second = store.claim(CHAT), store.claim(CHAT)
    assert first is not None
    assert second is not None
    assert (first.key, second.key) == ("r", "a")
    assert store.claim(CHAT) is None
    store.release(second.id)
    again = store.claim(CHAT)
    assert again is not None
    assert (again.key, again.attempts) == ("a", 0)


def test_who_died_with_something_in_hand_gets_it_again(store: NoticeStore) -> None:
    store.keep([a_notice("a"), a_notice("b", Lane.RISK)])
    assert store.claim(CHAT) is not None
    assert store.claim(CHAT) is not None
    store.release_all("telegram:2")
    assert store.claim(CHAT) is None
    store.release_all(CHAT)
    assert [each.key for each in drained(store)] == ["b", "a"]


def test_beyond_a_bound_the_oldest_of_the_least_urgent_are_given_up(store: NoticeStore) -> None:
    store.keep([a_notice(f"s{n}", Lane.REPORTS) for n in range(3)])
    store.keep([a_notice(f"r{n}", Lane.RISK) for n in range(3)])
    assert store.shed(6) == {}
    assert store.shed(4) == {CHAT: 2}
    assert [each.key for each in drained(store)] == ["r0", "r1", "r2", "s2"]


def test_what_is_postponed_stays_ahead_of_what_is_behind_it(
    store: NoticeStore, clock: ManualClock
) -> None:
    store.keep([a_notice("a"), a_notice("b")])
    claimed = store.claim(CHAT)
    assert claimed is not None
    store.postpone(claimed.id, Nanos(clock.now() + 5 * SECOND))
    assert store.claim(CHAT) is None
    assert store.due_at(CHAT) == clock.now() + 5 * SECOND
    clock.advance(5 * SECOND)
    told = drained(store)
    assert [(each.key, each.attempts) for each in told] == [("a", 1), ("b", 0)]
    assert store.due_at(CHAT) is None


def test_what_cannot_be_delivered_lets_others_pass(store: NoticeStore) -> None:
    store.keep([a_notice("a"), a_notice("b")])
    claimed = store.claim(CHAT)
    assert claimed is not None
    store.undeliverable(claimed.id, "400 Bad Request")
    assert [each.key for each in drained(store)] == ["b"]


def test_a_destination_that_is_held_gets_nothing_until_then(
    store: NoticeStore, clock: ManualClock
) -> None:
    store.keep([a_notice("a")])
    store.hold(CHAT, Nanos(clock.now() + 7 * SECOND))
    assert store.claim(CHAT) is None
    assert store.due_at(CHAT) == clock.now() + 7 * SECOND
    clock.advance(7 * SECOND)
    assert [each.key for each in drained(store)] == ["a"]


def test_a_destination_that_appears_later_starts_at_now(store: NoticeStore) -> None:
    store.keep([a_notice("a")])
    store.appear("webhook")
    store.keep([a_notice("b")])
    assert [each.key for each in drained(store, "webhook")] == ["b"]
    assert [each.key for each in drained(store)] == ["a", "b"]


def test_one_that_appears_again_is_still_owed_what_it_was(store: NoticeStore) -> None:
    store.keep([a_notice("a")])
    store.appear(CHAT)
    assert [each.key for each in drained(store)] == ["a"]


def test_one_that_has_vanished_is_owed_nothing(store: NoticeStore) -> None:
    store.keep([a_notice("a")])
    claimed = store.claim(CHAT)
    assert claimed is not None
    store.vanish(CHAT)
    store.delivered(claimed.id)
    store.appear(CHAT)
    assert store.claim(CHAT) is None


def test_many_short_ones_come_together_and_few_do_not(
    store: NoticeStore, clock: ManualClock
) -> None:
    store.keep([a_notice(f"n{number}", simulated=True) for number in range(8)])
    assert store.waiting(CHAT) == 8
    claimed = store.claim(CHAT)
    assert claimed is not None
    assert claimed.count == 8
    assert claimed.plain.count("SIMULATED MARKET") == 1
    assert [part.split()[-1] for part in claimed.plain.split("\n\n")][:3] == ["n0", "n1", "n2"]
    store.delivered(claimed.id)
    assert store.waiting(CHAT) == 0


def test_joined_ones_that_fail_are_all_still_owed(store: NoticeStore, clock: ManualClock) -> None:
    store.keep([a_notice(f"n{number}") for number in range(8)])
    claimed = store.claim(CHAT)
    assert claimed is not None
    store.postpone(claimed.id, clock.now())
    assert store.waiting(CHAT) == 8
    assert [each.key for each in drained(store, join=False)] == [f"n{i}" for i in range(8)]


def test_a_picture_travels_alone(store: NoticeStore) -> None:
    wish = PictureWish(kind=PictureKind.CHART, symbol="BTCUSDC", timeframe="1m")
    notices = [a_notice(f"n{number}") for number in range(8)]
    store.keep([*notices[:3], a_notice("picture", picture=wish), *notices[3:]])
    told = drained(store)
    assert [each.picture for each in told if each.picture is not None] == [wish]
    assert [each.count for each in told if each.picture is not None] == [1]
    assert sum(each.count for each in told) == 9


def test_no_joined_message_is_longer_than_telegram_takes(store: NoticeStore) -> None:
    store.keep([a_notice(f"n{number}", html="x" * 900, plain="x" * 900) for number in range(20)])
    told = drained(store)
    assert sum(each.count for each in told) == 20
    assert max(len(each.html) for each in told) <= 4_096


def test_a_late_message_says_how_late(store: NoticeStore, clock: ManualClock) -> None:
    store.keep([a_notice("a")])
    clock.advance(4 * MINUTE + 3 * SECOND)
    claimed = store.claim(CHAT)
    assert claimed is not None
    assert claimed.plain.startswith("⏳ 4 min late")
    assert claimed.html.startswith("<i>⏳ 4 min late")
    assert claimed.late == 4 * MINUTE + 3 * SECOND


def test_a_message_in_time_says_nothing_of_it(store: NoticeStore, clock: ManualClock) -> None:
    store.keep([a_notice("a", simulated=True)])
    clock.advance(SECOND)
    claimed = store.claim(CHAT)
    assert claimed is not None
    assert claimed.plain == "a\n🧪 SIMULATED MARKET"


def test_everything_is_there_after_another_opening(tmp_path: Path, clock: ManualClock) -> None:
    path = tmp_path / "deep" / "notices.sqlite"
    first = NoticeStore(path, clock)
    first.open()
    assert first.cursor is None
    first.appear(CHAT)
    first.keep([a_notice("a"), a_notice("b")], cursor=17, memory="{}")
    first.put_state("owner", "42")
    first.wishes.subscribe(CHAT, Wish(topic=Topic.PATTERN, mode=Mode.OFF))
    assert not first.seen_update(5)
    claimed = first.claim(CHAT)
    assert claimed is not None
    first.close()

    second = NoticeStore(path, clock)
    second.open()
    assert (second.cursor, second.memory, second.state("owner")) == (17, "{}", "42")
    assert second.seen_update(5)
    assert not second.seen_update(5, "other")
    assert second.wishes.of(CHAT) == (Wish(topic=Topic.PATTERN, mode=Mode.OFF),)
    assert [each.key for each in drained(second)] == ["a", "b"]
    assert path.stat().st_mode & 0o777 == 0o600
    second.close()


def test_notices_and_cursor_are_kept_together_or_not_at_all(store: NoticeStore) -> None:
    store.keep([a_notice("a")], cursor=1)
    broken = a_notice("c", topic=object())
    with pytest.raises(TypeError):
        store.keep([a_notice("b"), broken], cursor=2)
    assert store.cursor == 1
    assert [each.key for each in drained(store)] == ["a"]


def test_listeners_are_told_of_what_is_new_only(store: NoticeStore) -> None:
    heard: list[int] = []
    store.listen(lambda: heard.append(store.waiting(CHAT)))
    store.keep([a_notice("a")])
    store.keep([a_notice("a")])
    store.keep([], cursor=3)
    assert heard == [1]


def test_states_are_kept_by_prefix_and_can_be_forgotten(store: NoticeStore) -> None:
    store.put_state("role:1", "owner")
    store.put_state("role:2", "viewer")
    store.put_state("other", "x")
    assert store.states("role:") == {"role:1": "owner", "role:2": "viewer"}
    store.put_state("role:1", None)
    assert store.state("role:1") is None


def test_what_is_off_is_not_kept_and_what_is_silent_is_marked(store: NoticeStore) -> None:
    store.wishes.subscribe(CHAT, Wish(topic=Topic.FILL, mode=Mode.OFF))
    store.wishes.subscribe(CHAT, Wish(topic=Topic.FILL, symbol="BTCUSDC", mode=Mode.SILENT))
    store.keep([a_notice("a"), a_notice("b", symbol="BTCUSDC"), a_notice("c", symbol="ETHUSDC")])
    assert [(each.key, each.silent) for each in drained(store)] == [("b", True)]


def test_the_closest_wish_decides(store: NoticeStore) -> None:
    store.wishes.subscribe(CHAT, Wish(topic=None, mode=Mode.OFF))
    store.wishes.subscribe(CHAT, Wish(topic=None, symbol="ETHUSDC", mode=Mode.SILENT))
    store.wishes.subscribe(CHAT, Wish(topic=Topic.BREAKER))
    store.keep(
        [
            a_notice("a"),
            a_notice("b", symbol="ETHUSDC"),
            a_notice("c", topic=Topic.BREAKER, symbol="ETHUSDC"),
        ]
    )
    assert [(each.key, each.silent) for each in drained(store)] == [("b", True), ("c", False)]


def test_a_wish_may_ask_for_what_matters_only(store: NoticeStore) -> None:
    store.wishes.subscribe(CHAT, Wish(topic=Topic.FEED, least=Level.WARNING))
    store.keep(
        [
            a_notice("a", topic=Topic.FEED),
            a_notice("b", topic=Topic.FEED, level=Level.WARNING),
        ]
    )
    assert [each.key for each in drained(store)] == ["b"]


def test_signals_are_off_and_patterns_silent_until_somebody_asks(store: NoticeStore) -> None:
    store.keep([a_notice("a", topic=Topic.SIGNAL), a_notice("b", topic=Topic.PATTERN)])
    assert [(each.key, each.silent) for each in drained(store)] == [("b", True)]
    assert store.wishes.mode_of_topic(CHAT, Topic.SIGNAL) is Mode.OFF
    store.wishes.subscribe(CHAT, Wish(topic=Topic.SIGNAL))
    store.keep([a_notice("c", topic=Topic.SIGNAL)])
    assert [each.key for each in drained(store)] == ["c"]
    store.wishes.forget(CHAT)
    assert store.wishes.mode_of_topic(CHAT, Topic.SIGNAL) is Mode.OFF


def test_in_quiet_hours_only_what_is_critical_makes_a_sound(
    store: NoticeStore, clock: ManualClock
) -> None:
    # The clock stands at 22:13 UTC.
    store.wishes.keep_quiet(CHAT, QuietHours(begins=22 * 60, ends=7 * 60))
    store.keep([a_notice("a"), a_notice("b", Lane.RISK, level=Level.CRITICAL)])
    assert [(each.key, each.silent) for each in drained(store)] == [("b", False), ("a", True)]
    clock.advance(9 * 3_600 * SECOND)
    store.keep([a_notice("c")])
    assert [each.silent for each in drained(store)] == [False]
    store.wishes.keep_quiet(CHAT, None)
    assert store.wishes.quiet_hours(CHAT) is None


@pytest.mark.parametrize(
    ("hours", "words"),
    [
        (QuietHours(begins=0, ends=0), "different times"),
        (QuietHours(begins=-1, ends=60), "00:00 to 23:59"),
        (QuietHours(begins=60, ends=1_440), "00:00 to 23:59"),
        (QuietHours(begins=60, ends=120, zone="Mars/Olympus"), "no time zone"),
        (QuietHours(begins=60, ends=120, zone="../etc/passwd"), "no time zone"),
    ],
)
def test_hours_that_are_none_are_refused_with_words(
    store: NoticeStore, hours: QuietHours, words: str
) -> None:
    with pytest.raises(CommandError, match=words):
        store.wishes.keep_quiet(CHAT, hours)
    assert store.wishes.quiet_hours(CHAT) is None


def test_what_was_told_long_ago_is_forgotten_and_what_waits_is_not(
    tmp_path: Path, clock: ManualClock
) -> None:
    store = NoticeStore(tmp_path / "notices.sqlite", clock)
    store.open()
    store.appear(CHAT)
    store.keep([a_notice("told"), a_notice("waits", Lane.REPORTS)])
    claimed = store.claim(CHAT)
    assert claimed is not None
    store.delivered(claimed.id)
    store.close()
    clock.advance(8 * DAY)
    store.open()
    assert [notice.key for notice in store.recent(10)] == ["waits"]
    assert [each.key for each in drained(store)] == ["waits"]
    store.close()


def test_a_file_of_another_program_is_refused(tmp_path: Path, clock: ManualClock) -> None:
    path = tmp_path / "notices.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE mine (x)")
    connection.close()
    with pytest.raises(ConfigError, match="is not an outbox"):
        NoticeStore(path, clock).open()


def test_a_newer_file_is_refused(tmp_path: Path, clock: ManualClock) -> None:
    path = tmp_path / "notices.sqlite"
    store = NoticeStore(path, clock)
    store.open()
    store.close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(ConfigError, match="newer version"):
        store.open()


def test_a_damaged_file_is_named(tmp_path: Path, clock: ManualClock) -> None:
    path = tmp_path / "notices.sqlite"
    path.write_bytes(b"this is no database, and it is long enough to look like one" * 50)
    with pytest.raises(StorageError, match="cannot be opened"):
        NoticeStore(path, clock).open()
