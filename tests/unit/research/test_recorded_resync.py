"""Books that were crossed or locked are told whole again."""

import numpy as np

from trading_agent.domain.market_rows import RowFlag, RowKind, Rows, empty_rows
from trading_agent.engine.compiled_loop import entry_point
from trading_agent.engine.kernel import advance_batch
from trading_agent.engine.state import open_state
from trading_agent.research.recorded_resync import shown_anew
from trading_agent.signals.sessions import TradingSessionManager
from trading_agent.signals.settings import SessionPlan

CLEAR, BID, ASK, LOST = RowKind.CLEAR, RowKind.BID, RowKind.ASK, RowKind.LOST
Message = list[tuple[RowKind, int, int]]

SOUND: Message = [(CLEAR, 0, 0), (BID, 100, 5), (BID, 99, 7), (ASK, 102, 3), (ASK, 103, 4)]
LOCKED: Message = [(BID, 102, 1)]
FREE: Message = [(BID, 102, 0), (ASK, 102, 2)]
QUIET: Message = [(BID, 99, 8)]


def told(*messages: Message) -> Rows:
    """A second apart."""
    parts = []
    for number, message in enumerate(messages, 1):
        rows = empty_rows(len(message))
        rows["kind"], rows["price"], rows["size"] = np.array(message, np.int64).T
        rows["at"] = rows["venue_at"] = number * 10**9
        rows["sequence"] = number
        rows["flags"][-1] = RowFlag.LAST
        parts.append(rows)
    return np.concatenate(parts)


def messages_of(rows: Rows) -> list[Message]:
    ends = np.flatnonzero(rows["flags"] & RowFlag.LAST) + 1
    return [
        [
            (RowKind(kind), price, size)
            for kind, price, size in part[["kind", "price", "size"]].tolist()
        ]
        for part in np.split(rows, ends[:-1])
    ]


def test_the_first_sound_book_after_a_locked_one_is_a_snapshot() -> None:
    rows = shown_anew(told(SOUND, LOCKED, QUIET, FREE, QUIET))
    whole: Message = [(CLEAR, 0, 0), (BID, 100, 5), (BID, 99, 8), (ASK, 102, 2), (ASK, 103, 4)]
    assert messages_of(rows) == [SOUND, LOCKED, QUIET, whole, QUIET]
    anew = rows[rows["sequence"] == 4]
    assert set(anew["at"].tolist()) == set(anew["venue_at"].tolist()) == {4 * 10**9}
    assert (anew["flags"] & RowFlag.SNAPSHOT).all()


def test_a_book_that_is_never_crossed_is_told_as_it_was() -> None:
    rows = told(SOUND, QUIET, [(LOST, 0, 1)], [(BID, 90, 1)], SOUND)
    assert np.array_equal(shown_anew(rows), rows)


def test_a_book_that_was_lost_while_crossed_waits_for_its_own_snapshot() -> None:
    rows = told(SOUND, LOCKED, [(LOST, 0, 1)], SOUND)
    assert np.array_equal(shown_anew(rows), rows)


def test_the_loop_has_its_book_again() -> None:
    for rows, ready in ((told(SOUND, LOCKED, FREE), 0), (shown_anew(told(SOUND, LOCKED, FREE)), 1)):
        state = open_state(1, TradingSessionManager(SessionPlan()))
        advance = entry_point(advance_batch)
        position = 0
        while position < len(rows):
            now = int(rows["at"][-1])
            position = advance(rows, position, now, state.markets, state.desk)
        assert state.markets[0]["book"]["ready"] == ready
