"""The one narrow door for everyone who operates the desk."""

from typing import Final

from msgspec.structs import replace

from trading_agent.domain.commands import Command, Kill
from trading_agent.domain.documents import to_text
from trading_agent.domain.errors import CommandError
from trading_agent.domain.snapshot import DeskSnapshot
from trading_agent.runtime.inbox import Inbox
from trading_agent.runtime.outbox import Outbox
from trading_agent.runtime.settings import RuntimeSettings
from trading_agent.runtime.subscription import Subscription, SubscriptionRule

_LONGEST: Final = 4_096
"""Letters of a command, written down."""


class Desk:
    """Every method from any thread. What an `Origin` may do is the core's to say."""

    def __init__(self, inbox: Inbox, outbox: Outbox, settings: RuntimeSettings) -> None:
        self._inbox = inbox
        self._outbox = outbox
        self._settings = settings

    def submit(self, command: Command) -> None:
        """Hand over; the answer is a fact. CommandError: the desk is too far behind to take
        it, or nobody could write it down, and it was not taken."""
        command = _writable(command)
        waiting = self._inbox.submitted
        if waiting >= self._settings.commands and not isinstance(command, Kill):
            raise CommandError(
                f"the desk has {waiting} commands waiting and takes no more; try again shortly"
            )
        self._inbox.submit(command)

    def snapshot(self) -> DeskSnapshot:
        """The desk as of at most a moment ago. CommandError: it has not opened yet."""
        snapshot = self._outbox.snapshot
        if snapshot is None:
            raise CommandError("the desk is still opening; try again shortly")
        return snapshot

    def subscribe(self, rule: SubscriptionRule) -> Subscription:
        return self._outbox.subscribe(rule)


def _writable(command: Command) -> Command:
    """Every input is recorded: half a character, or a book, would end the recording. A kill is
    never turned away: it comes without its reason then."""
    try:
        fault = len(to_text(command)) > _LONGEST
    except ValueError:
        fault = True
    if not fault:
        return command
    if isinstance(command, Kill):
        return replace(command, why="its reason could not be written down")
    raise CommandError("the command holds what nobody could write down; write it anew, shorter")
