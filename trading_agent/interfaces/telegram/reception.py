"""What is done with an update: who sent it, whether it counts, and what it is answered.

The order is the safety: strangers first, then what is too late or too much, then what was seen
before; only what is left is carried out, and at most once.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from trading_agent.domain.errors import StorageError
from trading_agent.domain.units import SECOND
from trading_agent.interfaces.telegram import words
from trading_agent.interfaces.telegram.command_table import find_command
from trading_agent.interfaces.telegram.confirmations import Confirmations, Question, Verdict
from trading_agent.interfaces.telegram.flood import Flood
from trading_agent.interfaces.telegram.incoming import Incoming, Kind, Unreadable
from trading_agent.interfaces.telegram.letters import Bell
from trading_agent.interfaces.telegram.pairing import Pairing
from trading_agent.interfaces.telegram.people import People, Role, Strangers
from trading_agent.interfaces.telegram.service import Request, Service
from trading_agent.interfaces.telegram.settings import TelegramSettings
from trading_agent.notifications.store import NoticeStore
from trading_agent.runtime.clock import Clock

_log = logging.getLogger(__name__)

YES: Final = "y:"
NO: Final = "n:"
_MOST_AT_WORK: Final = 40


@dataclass(frozen=True, slots=True)
class Guards:
    """Who decides whether an update counts."""

    people: People
    strangers: Strangers
    pairing: Pairing
    flood: Flood
    confirmations: Confirmations
    offer_pairing: Callable[[], None]
    """Puts a new code on the console."""
    username: Callable[[], str]
    """The bot's own, empty until it is known."""


class Reception:
    """Lives in the door's loop."""

    def __init__(
        self,
        settings: TelegramSettings,
        guards: Guards,
        service: Service,
        store: NoticeStore,
        clock: Clock,
        door: str,
    ) -> None:
        """`door`: under which updates are remembered; every bot counts its own."""
        self._door = door
        self._settings = settings
        self._guards = guards
        self._service = service
        self._store = store
        self._clock = clock
        self._at_work: set[asyncio.Task[None]] = set()
        self.ignored = 0
        """Updates of other kinds, or that could not be read."""

    async def receive(self, batch: Sequence[Incoming | Unreadable]) -> None:
        """In their order, but kills first. What takes long goes on behind this."""
        stale: dict[int, int] = {}
        for each in sorted(batch, key=lambda one: not is_kill(one)):
            try:
                self._receive(each, stale)
            except Exception:  # noqa: BLE001 - one update must not take the rest with it
                _log.exception("an update could not be worked through")
        for chat, count in stale.items():
            self._say_stale(chat, count)

    async def close(self) -> None:
        for task in self._at_work:
            task.cancel()
        await asyncio.gather(*self._at_work, return_exceptions=True)

    def _receive(self, incoming: Incoming | Unreadable, stale: dict[int, int]) -> None:
        if isinstance(incoming, Unreadable) or not self._is_meant(incoming):
            self.ignored += 1
            return
        role = self._guards.people.role_of(incoming)
        if role is None:
            self._strange(incoming)
        elif self._is_stale(incoming):
            stale[incoming.chat] = stale.get(incoming.chat, 0) + 1
        elif not is_kill(incoming) and not self._guards.flood.admits(incoming.user):
            self._say_flooded(incoming)
        elif self._is_new(incoming):
            self._start(incoming, role)

    def _is_meant(self, incoming: Incoming) -> bool:
        """In a group only commands are, and of those not what another bot is called to do."""
        if incoming.kind is not Kind.MESSAGE:
            return incoming.kind is Kind.BUTTON
        if incoming.private:
            return True
        command = incoming.text.split(maxsplit=1)[0] if incoming.text.strip() else ""
        called, own = command.partition("@")[2].lower(), self._guards.username().lower()
        return command.startswith("/") and called in ("", own)

    def _strange(self, incoming: Incoming) -> None:
        """Nobody gets an answer, but for whoever has the code from the console."""
        name, _, code = incoming.text.strip().partition(" ")
        alone = incoming.private and incoming.chat == incoming.user
        asks = incoming.kind is Kind.MESSAGE and alone and name == "/start" and code
        guards = self._guards
        if asks and not guards.people.has_owner and guards.pairing.accepts(code):
            self._service.welcome(incoming)
            return
        if asks and not guards.people.has_owner and guards.pairing.spent:
            guards.offer_pairing()
        guards.strangers.note(incoming)

    def _is_stale(self, incoming: Incoming) -> bool:
        if incoming.kind is not Kind.MESSAGE:
            return False
        row = find_command(command_of(incoming.text)[0])
        if row is not None and not row.dated:
            return False
        return self._clock.now() - incoming.sent_at > self._settings.stale_seconds * SECOND

    def _is_new(self, incoming: Incoming) -> bool:
        """Remembered on disk before anything is done. What cannot be remembered might be done
        twice, so it is not done at all; killing twice does no harm."""
        try:
            return not self._store.seen_update(incoming.update, self._door)
        except StorageError as error:
            _log.warning("an update cannot be remembered: %s", error)
            if not is_kill(incoming):
                text = "💾 The disk fails, so nothing is carried out but /kill."
                self._service.say(incoming.chat, text)
            return is_kill(incoming)

    def _start(self, incoming: Incoming, role: Role) -> None:
        if len(self._at_work) >= _MOST_AT_WORK and not is_kill(incoming):
            self._say_flooded(incoming)
            return
        work = (
            self._pressed(incoming, role) if is_verdict(incoming) else self._asked(incoming, role)
        )
        task = asyncio.get_running_loop().create_task(work)
        self._at_work.add(task)
        task.add_done_callback(self._at_work.discard)

    async def _asked(self, incoming: Incoming, role: Role) -> None:
        text = incoming.text
        page = 0
        if incoming.kind is Kind.BUTTON:
            self._service.ring(Bell(incoming.query))
            page, text = page_of(text)
        command, arguments = command_of(text)
        await self._service.serve(
            Request(incoming=incoming, role=role, command=command, words=arguments, page=page)
        )

    async def _pressed(self, incoming: Incoming, role: Role) -> None:
        """Yes or no to a question."""
        found = self._guards.confirmations.take(incoming.text[len(YES) :], incoming)
        if not isinstance(found, Question):
            self._service.ring(Bell(incoming.query, found.value, alert=True))
            if found is Verdict.EXPIRED:
                self._service.close_question(incoming, f"⌛ {found.value}")
        elif role < found.role:
            self._service.ring(Bell(incoming.query, "You may not do this any more.", alert=True))
        elif incoming.text.startswith(NO):
            self._service.ring(Bell(incoming.query, "Nothing was done."))
            self._service.close_question(incoming, f"✖ Not done: {words.safe(found.what)}.")
        else:
            self._service.ring(Bell(incoming.query))
            await self._service.carry_out(incoming, found.what, found.deed)

    def _say_stale(self, chat: int, count: int) -> None:
        many = "A command" if count == 1 else f"{count} commands"
        late = f"more than {self._settings.stale_seconds} s late"
        self._service.say(chat, f"⌛ {many} came {late} and was not carried out. Send it again.")

    def _say_flooded(self, incoming: Incoming) -> None:
        if self._guards.flood.is_news(incoming.user):
            text = "🐢 Too many commands at once: some are not heard. /kill always is."
            self._service.say(incoming.chat, text)


def command_of(text: str) -> tuple[str, tuple[str, ...]]:
    """Name without slash and without the bot's own name, and arguments; an empty name for what
    is no command."""
    first, *rest = text.replace("\0", " ").split() or [""]
    if not first.startswith("/"):
        return "", (first, *rest)
    return first[1:].partition("@")[0].lower(), tuple(rest)


def page_of(data: str) -> tuple[int, str]:
    """`@2 /trades 50` is the third page of /trades 50."""
    if not data.startswith("@"):
        return 0, data
    number, _, text = data[1:].partition(" ")
    return (int(number) if number.isdecimal() and len(number) < 5 else 0), text


def is_verdict(incoming: Incoming) -> bool:
    return incoming.kind is Kind.BUTTON and incoming.text.startswith((YES, NO))


def is_kill(incoming: Incoming | Unreadable) -> bool:
    if isinstance(incoming, Unreadable) or incoming.kind is not Kind.MESSAGE:
        return False
    row = find_command(command_of(incoming.text)[0])
    return row is not None and not row.dated
