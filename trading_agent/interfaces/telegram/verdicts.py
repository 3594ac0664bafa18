"""What the desk says to a command: the facts that answer it, in words for whoever asked."""

import asyncio
from collections.abc import Sequence
from typing import Final

from trading_agent.domain.command_facts import (
    ParameterSet,
    ParameterUndone,
    StrategySwitched,
    SymbolLocked,
    SymbolUnlocked,
)
from trading_agent.domain.commands import (
    CancelEntries,
    CancelOrder,
    CloseAll,
    ClosePosition,
    Command,
    EnterPosition,
    Kill,
    LockSymbol,
    PauseEntries,
    Rearm,
    SetParameter,
    StartTrading,
    SwitchStrategy,
    UndoParameter,
    UnlockSymbol,
)
from trading_agent.domain.decision import BY_HAND
from trading_agent.domain.errors import CommandError
from trading_agent.domain.facts import (
    BreakerRearmed,
    CommandRefused,
    DeskKilled,
    DeskRearmed,
    EntriesPaused,
    EntriesResumed,
    ExitTriggered,
    Fact,
    ProposalRefused,
)
from trading_agent.domain.order_facts import OrderCanceled, OrderFilled, OrderSent
from trading_agent.runtime.door_ports import DeskPort
from trading_agent.runtime.subscription import Subscription, SubscriptionRule

_ANSWERS: Final[dict[type[Command], tuple[type[Fact], ...]]] = {
    StartTrading: (EntriesResumed,),
    PauseEntries: (EntriesPaused,),
    ClosePosition: (ExitTriggered,),
    CloseAll: (EntriesPaused,),
    Kill: (DeskKilled,),
    Rearm: (DeskRearmed, BreakerRearmed),
    EnterPosition: (OrderSent, ProposalRefused),
    CancelOrder: (OrderCanceled, OrderFilled),
    CancelEntries: (OrderCanceled,),
    LockSymbol: (SymbolLocked,),
    UnlockSymbol: (SymbolUnlocked,),
    SwitchStrategy: (StrategySwitched,),
    SetParameter: (ParameterSet,),
    UndoParameter: (ParameterUndone,),
}
LIFTED: Final = (
    "A person lifts a kill on the machine of the desk: flash-trading rearm, then a restart"
)
"""A phone in the wrong hands cannot set a killed desk going."""
_DONE: Final[dict[type[Command], str]] = {
    StartTrading: "▶️ Entries are allowed again.",
    PauseEntries: "⏸ Entries are paused. What is held stays protected; /resume goes on.",
    ClosePosition: "✅ It is being sold.",
    CloseAll: "⏸ Paused, and everything is being closed.",
    Kill: f"🛑 Killed: everything is cancelled and nothing is sent. {LIFTED}.",
    Rearm: "✅ Re-armed.",
    EnterPosition: "✅ The order is on its way.",
    CancelOrder: "✅ Cancelled.",
    CancelEntries: "✅ Entries are being cancelled.",
    LockSymbol: "🔒 Locked.",
    UnlockSymbol: "🔓 Unlocked.",
    SwitchStrategy: "✅ Switched.",
    SetParameter: "✅ Set. /undo takes it back.",
    UndoParameter: "✅ Taken back.",
}
_KINDS: Final = (CommandRefused, *dict.fromkeys(k for kinds in _ANSWERS.values() for k in kinds))
_LOOK_SECONDS: Final = 0.015
_MOST_LOOKS: Final = 40
_SILENCE: Final = "The desk has it and has not said anything to it yet; /status shows what is."


async def obeyed(desk: DeskPort, commands: Sequence[Command], seconds: float) -> str:
    """Hands them over, and says in words what came of it; waits at most so long for all of
    them, and then a moment for the snapshot that shows it: who is told that the desk is paused
    must not be shown that it trades. CommandError: the desk takes no more commands."""
    heard = desk.subscribe(SubscriptionRule(name="telegram", capacity=5_000, kinds=_KINDS))
    try:
        for command in commands:
            desk.submit(command)
        said, last = await _listen(heard, commands, seconds)
    finally:
        heard.close()
    await _shown(desk, last)
    words = [said.get(index, _SILENCE) for index in range(len(commands))]
    return "\n".join(dict.fromkeys(words))


async def _listen(
    heard: Subscription, commands: Sequence[Command], seconds: float
) -> tuple[dict[int, str], int]:
    """What was said to each command, by its place; and the number of the last fact heard."""
    said: dict[int, str] = {}
    last = 0
    loop = asyncio.get_running_loop()
    ends = loop.time() + seconds
    while len(said) < len(commands) and loop.time() < ends:
        for item in heard.drain():
            _note(item.fact, commands, said)
            last = item.sequence
        if len(said) < len(commands):
            await asyncio.sleep(_LOOK_SECONDS)
    return said, last


async def _shown(desk: DeskPort, sequence: int) -> None:
    """Until the snapshot includes that fact; not for ever."""
    for _ in range(_MOST_LOOKS):
        try:
            if desk.snapshot().fact_sequence >= sequence:
                return
        except CommandError:
            return
        await asyncio.sleep(_LOOK_SECONDS)


def _note(fact: Fact, commands: Sequence[Command], said: dict[int, str]) -> None:
    for index, command in enumerate(commands):
        if index not in said and (words := verdict_on(command, fact)):
            said[index] = words
            return


def verdict_on(command: Command, fact: Fact) -> str:
    """What a fact says to a command; empty when it is about something else."""
    if isinstance(fact, CommandRefused):
        return _refusal(command, fact)
    if not isinstance(fact, _ANSWERS.get(type(command), ())) or not _same_subject(command, fact):
        return ""
    if isinstance(fact, ProposalRefused):
        reason = fact.reason.value.replace("_", " ")
        return f"⛔ Risk refused it: {reason}{f', {fact.detail}' if fact.detail else ''}"
    if isinstance(fact, OrderFilled):
        return "It was filled before it could be cancelled."
    return _DONE.get(type(command), "✅ Done.")


def _refusal(command: Command, fact: CommandRefused) -> str:
    if fact.command != type(command).__name__:
        return ""
    if isinstance(command, Kill):
        return f"🛑 It is killed already. {LIFTED}."
    if "is killed" in fact.why:
        return f"⛔ Refused: the desk is killed. {LIFTED}."
    return f"⛔ Refused: {fact.why}"


def _same_subject(command: Command, fact: Fact) -> bool:
    """The same pair or order, where both name one; and of entries a person's, not what a
    strategy tries in the same pair meanwhile."""
    if isinstance(fact, OrderSent | ProposalRefused) and fact.strategy != BY_HAND:
        return False
    for name in ("symbol", "order"):
        asked, told = getattr(command, name, None), getattr(fact, name, None)
        if asked and told is not None and asked != told:
            return False
    return True
