"""Questions and answers of one connection, and wishes for snapshots, without a socket."""

import json
import random

from trading_agent.adapters.mexc.settings import MexcSettings
from trading_agent.adapters.mexc.snapshot_wishes import SnapshotWish, SnapshotWishes
from trading_agent.adapters.mexc.subscriptions import Refusal, Subscriptions
from trading_agent.adapters.mexc.wire import Acknowledged, RefusedSubscription, read_control
from trading_agent.domain.units import SECOND

A = "spot@public.aggre.depth.v3.api.pb@100ms@BTCUSDC"
B = "spot@public.aggre.deals.v3.api.pb@100ms@BTCUSDC"


def asked(*channels: str) -> Subscriptions:
    """All channels asked for at time 0, as requests 1, 2, …"""
    subscriptions = Subscriptions.of(channels, MexcSettings(), random.Random(1))
    subscriptions.restart(0)
    assert subscriptions.due(0) == list(enumerate(channels, 1))
    return subscriptions


def refusal_of(channel: str) -> RefusedSubscription:
    message = f"Not Subscribed successfully! [{channel}].  Reason\uff1a Blocked! "
    answer = read_control(json.dumps({"id": 1, "code": 0, "msg": message}))
    assert isinstance(answer, RefusedSubscription)
    return answer


def test_each_stream_is_asked_for_once() -> None:
    subscriptions = asked(A, B)
    assert subscriptions.due(5 * SECOND) == []


def test_an_equal_answer_grants_the_stream() -> None:
    subscriptions = asked(A, B)
    assert subscriptions.acknowledged(Acknowledged(2, (B,)), 1) == B
    assert subscriptions.granted == 1
    assert subscriptions.expired(10 * SECOND)[0].channel == A


def test_an_answer_without_a_number_is_matched_by_name() -> None:
    subscriptions = asked(A, B)
    assert subscriptions.acknowledged(Acknowledged(0, (B,)), 1) == B


def test_an_answer_that_names_something_else_is_a_refusal() -> None:
    subscriptions = asked(A, B)
    for channels in ((B,), (A, B), (A + "X",)):
        subscriptions.restart(0)
        first, _ = subscriptions.due(0)
        answer = subscriptions.acknowledged(Acknowledged(first[0], channels), 1)
        assert isinstance(answer, Refusal) and answer.channel == A
    assert subscriptions.granted == 0


def test_an_answer_to_nothing_changes_nothing() -> None:
    subscriptions = asked(A)
    assert subscriptions.acknowledged(Acknowledged(9, (A,)), 1) is None
    assert subscriptions.acknowledged(Acknowledged(1, (A,)), 1) == A
    assert subscriptions.acknowledged(Acknowledged(1, (A,)), 2) is None
    assert subscriptions.refused(refusal_of(A), 3) is None
    assert subscriptions.granted == 1


def test_a_refusal_with_code_zero_is_a_refusal_and_is_asked_again_later() -> None:
    subscriptions = asked(A, B)
    refusal = subscriptions.refused(refusal_of(B), SECOND)
    assert refusal is not None
    assert refusal.channel == B
    assert "Blocked" in refusal.why
    assert subscriptions.due(SECOND + SECOND // 2) == []
    assert subscriptions.due(3 * SECOND) == [(3, B)]


def test_refusals_grow_apart() -> None:
    subscriptions = asked(A)
    now, pauses = 0, []
    for _ in range(8):
        subscriptions.refused(refusal_of(A), now)
        began = now
        while not subscriptions.due(now):
            now += SECOND // 10
        pauses.append((now - began) / SECOND)
    assert pauses[0] < 1.5
    assert pauses[3] > 4.0
    assert max(pauses) < 80.0


def test_silence_is_a_refusal() -> None:
    subscriptions = asked(A)
    assert subscriptions.expired(10 * SECOND - 1) == []
    (refusal,) = subscriptions.expired(10 * SECOND)
    assert refusal == Refusal(A, "no answer")
    assert subscriptions.expired(11 * SECOND) == []


def test_a_stream_that_fell_silent_is_asked_for_anew() -> None:
    subscriptions = asked(A)
    subscriptions.acknowledged(Acknowledged(1, (A,)), 1)
    end_of_the_old = subscriptions.again(A, 60 * SECOND)
    assert subscriptions.granted == 0
    ((new, channel),) = subscriptions.due(60 * SECOND)
    assert channel == A
    assert subscriptions.acknowledged(Acknowledged(end_of_the_old, (A,)), 61 * SECOND) is None
    assert subscriptions.granted == 0
    assert subscriptions.acknowledged(Acknowledged(new, (A,)), 61 * SECOND) == A


def test_a_new_connection_asks_for_everything() -> None:
    subscriptions = asked(A, B)
    subscriptions.acknowledged(Acknowledged(1, (A,)), 1)
    subscriptions.restart(SECOND)
    assert subscriptions.granted == 0
    assert [channel for _, channel in subscriptions.due(SECOND)] == [A, B]
    assert subscriptions.acknowledged(Acknowledged(1, (A,)), 1) is None


def wishes() -> SnapshotWishes:
    return SnapshotWishes(MexcSettings(), random.Random(1))


def test_the_first_snapshot_is_fetched_at_once() -> None:
    waiting = wishes()
    waiting.add(SnapshotWish(7, 1, 0), 100)
    assert waiting.due(100) == SnapshotWish(7, 1, 0)
    waiting.fulfilled(SnapshotWish(7, 1, 0))
    assert waiting.due(100) is None
    assert waiting.seconds_to_next(100) is None


def test_attempts_that_leave_the_book_not_ready_grow_apart() -> None:
    pauses = []
    for attempt in range(1, 9):
        waiting = wishes()
        waiting.add(SnapshotWish(7, attempt, attempt), 0)
        pauses.append(waiting.seconds_to_next(0) or 0.0)
    assert 0.1 <= pauses[0] <= 0.3
    assert pauses[0] < pauses[1] < pauses[2]
    assert max(pauses) <= 1.25, "with a connection to be opened first, two seconds must do"


def test_an_answer_may_take_longer_after_every_failure() -> None:
    waiting, wish = wishes(), SnapshotWish(7, 1, 3)
    waiting.add(wish, 0)
    patience = []
    for _ in range(9):
        patience.append(waiting.patience(wish))
        waiting.failed(wish, 0, 0.0)
    assert patience[:3] == [1.0, 2.0, 4.0]
    assert patience[-1] == patience[-2] == 64.0


def test_a_failed_fetch_is_repeated_and_not_before_a_stop_ends() -> None:
    waiting, wish = wishes(), SnapshotWish(7, 1, 0)
    waiting.add(wish, 0)
    waiting.failed(wish, 0, 0.0)
    assert 0.1 <= (waiting.seconds_to_next(0) or 0.0) <= 0.3
    waiting.failed(wish, 0, 60.0)
    assert waiting.due(59 * SECOND) is None
    assert waiting.due(60 * SECOND) == wish


def test_only_the_latest_wish_of_a_book_counts() -> None:
    waiting, old, new = wishes(), SnapshotWish(7, 1, 0), SnapshotWish(7, 2, 0)
    waiting.add(old, 0)
    waiting.add(new, 0)
    waiting.fulfilled(old)
    waiting.failed(old, 0, 60.0)
    assert waiting.due(0) == new
    assert len(waiting) == 1


def test_whoever_waits_longest_is_served_first() -> None:
    waiting = wishes()
    for symbol in range(20):
        waiting.add(SnapshotWish(symbol, 1, 0), symbol)
    served = []
    while (wish := waiting.due(100)) is not None:
        served.append(wish.symbol)
        if wish.symbol == 3 and served.count(3) == 1:
            waiting.failed(wish, 100, 0.0)
        else:
            waiting.fulfilled(wish)
    assert served == list(range(20))
    assert len(waiting) == 1
