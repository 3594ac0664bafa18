"""What the desk says to a command, and that nobody is shown less than he was told."""

import asyncio
from typing import Any

import pytest
from msgspec.structs import replace

from tests.run_statuses import NOW
from tests.telegram_desk import DeskFake, desk_snapshot, order_sent
from trading_agent.domain.commands import (
    CancelOrder,
    ClosePosition,
    Command,
    EnterPosition,
    Kill,
    Origin,
    PauseEntries,
    Rearm,
    StartTrading,
)
from trading_agent.domain.decision import BY_HAND, RefusalReason
from trading_agent.domain.facts import (
    CommandRefused,
    EntriesPaused,
    EntriesResumed,
    ExitReason,
    ExitTriggered,
    Fact,
    ProposalRefused,
)
from trading_agent.domain.order import OrderPurpose, Side
from trading_agent.domain.snapshot import DeskSnapshot
from trading_agent.interfaces.telegram.verdicts import obeyed, verdict_on

WHO = Origin.PERSON


def refused(command: str, why: str = "because") -> Fact:
    return CommandRefused(at=NOW, command=command, why=why)


def exit_of(symbol: str) -> Fact:
    return ExitTriggered(at=NOW, symbol=symbol, reason=ExitReason.COMMAND)


RISK_SAYS_NO = ProposalRefused(
    at=NOW,
    symbol="BTCUSDC",
    strategy=BY_HAND,
    side=Side.BUY,
    purpose=OrderPurpose.ENTRY,
    reason=RefusalReason.SPREAD_TOO_WIDE,
    detail="70 bps",
)


@pytest.mark.parametrize(
    ("command", "fact", "holds"),
    [
        (PauseEntries(origin=WHO), EntriesPaused(at=NOW, why=""), "paused"),
        (StartTrading(origin=WHO), refused("StartTrading"), "Refused: because"),
        (StartTrading(origin=WHO), refused("Rearm"), ""),
        (Kill(origin=WHO), refused("Kill"), "killed already"),
        (
            Rearm(origin=WHO),
            refused("Rearm", "the desk is killed until a person re-arms it"),
            "flash-trading rearm",
        ),
        (ClosePosition(origin=WHO, symbol="BTCUSDC"), exit_of("BTCUSDC"), "being sold"),
        (ClosePosition(origin=WHO, symbol="BTCUSDC"), exit_of("ETHUSDC"), ""),
        (EnterPosition(origin=WHO, symbol="BTCUSDC"), order_sent(1, "BTCUSDC"), "on its way"),
        (EnterPosition(origin=WHO, symbol="BTCUSDC"), RISK_SAYS_NO, "spread too wide, 70 bps"),
        (CancelOrder(origin=WHO, order=3), order_sent(1, "BTCUSDC"), ""),
        (
            EnterPosition(origin=WHO, symbol="BTCUSDC"),
            replace(RISK_SAYS_NO, strategy="flash"),
            "",
        ),
        (
            EnterPosition(origin=WHO, symbol="BTCUSDC"),
            replace(order_sent(1, "BTCUSDC"), strategy="flash"),
            "",
        ),
    ],
)
def test_a_fact_answers_the_command_it_is_about(command: Command, fact: Fact, holds: str) -> None:
    said = verdict_on(command, fact)
    assert holds in said
    assert bool(said) == bool(holds)


class SlowSnapshots(DeskFake):
    """Shows what has happened only when it is asked for the third time."""

    def __init__(self) -> None:
        super().__init__(desk_snapshot())
        self.looks = 0

    def snapshot(self) -> DeskSnapshot:
        self.looks += 1
        shown: Any = self.shown
        return replace(shown, fact_sequence=1 if self.looks >= 3 else 0)


def test_the_snapshot_is_waited_for() -> None:
    desk = SlowSnapshots()
    said = asyncio.run(obeyed(desk, (PauseEntries(origin=WHO),), 5.0))
    assert "paused" in said
    assert desk.looks == 3


def test_a_desk_that_says_nothing_is_not_waited_for_for_ever() -> None:
    desk = DeskFake(desk_snapshot())
    desk.answers = lambda _: None
    said = asyncio.run(obeyed(desk, (PauseEntries(origin=WHO), StartTrading(origin=WHO)), 0.05))
    assert "/status" in said
    assert len(said.splitlines()) == 1


def test_several_commands_have_their_answers_each() -> None:
    desk = DeskFake(desk_snapshot())
    desk.answers = lambda it: (
        refused("ClosePosition", "nothing is held") if it.symbol == "A" else exit_of(it.symbol)
    )
    both = tuple(ClosePosition(origin=WHO, symbol=each) for each in ("A", "B"))
    said = asyncio.run(obeyed(desk, both, 5.0))
    assert "nothing is held" in said
    assert "being sold" in said


def test_a_pause_is_answered_by_nothing_but_a_pause() -> None:
    assert not verdict_on(PauseEntries(origin=WHO), EntriesResumed(at=NOW))
