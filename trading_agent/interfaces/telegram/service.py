"""Carries out what was asked and says what came of it; never silent, whatever goes wrong."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from trading_agent.domain.errors import CommandError, StorageError, TradingError
from trading_agent.interfaces.telegram import words
from trading_agent.interfaces.telegram.answer import (
    Answer,
    Ask,
    Button,
    Buttons,
    CommandRow,
    Reply,
    Sources,
    Wish,
)
from trading_agent.interfaces.telegram.answers_trading import is_to_flatten, kill_now
from trading_agent.interfaces.telegram.command_table import find_command, near_to
from trading_agent.interfaces.telegram.confirmations import Confirmations, Deed
from trading_agent.interfaces.telegram.errands import Errands
from trading_agent.interfaces.telegram.incoming import Incoming, Kind
from trading_agent.interfaces.telegram.letters import Bell, KeyboardRows, Letter
from trading_agent.interfaces.telegram.people import Role
from trading_agent.interfaces.telegram.post_office import PostOffice
from trading_agent.interfaces.telegram.settings import TelegramSettings
from trading_agent.interfaces.telegram.verdicts import obeyed
from trading_agent.notifications.late import SIMULATED
from trading_agent.runtime.clock import Clock
from trading_agent.runtime.door_ports import DeskPort

_log = logging.getLogger(__name__)

_ANSWER_SECONDS: Final = 20.0
_MODEL_SECONDS: Final = 120.0
_VERDICT_SECONDS: Final = 0.9
_MOST_DATA: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """`page`: which page of the answer, from 0."""

    incoming: Incoming
    role: Role
    command: str
    words: tuple[str, ...]
    page: int = 0

    @property
    def text(self) -> str:
        """As it would be typed."""
        return " ".join((f"/{self.command}", *self.words))


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceParts:
    """What a service works with. `simulated`: the market is, and every message says so."""

    settings: TelegramSettings
    desk: DeskPort
    sources: Sources
    confirmations: Confirmations
    errands: Errands
    office: PostOffice
    clock: Clock
    simulated: bool
    pair: Callable[[Incoming], None]


class Service:
    """Lives in the door's loop."""

    def __init__(self, parts: ServiceParts) -> None:
        self._parts = parts

    async def serve(self, request: Request) -> None:
        """Answers one command."""
        incoming = request.incoming
        try:
            row = self._row(request)
            reply = await self._reply(request, row)
            await self._give(request, row, reply)
        except (CommandError, StorageError) as error:
            self._complain(incoming, str(error), request.command)
        except TradingError as error:
            self._complain(incoming, f"it could not be done: {error}", request.command)
        except Exception as error:  # noqa: BLE001 - whoever asked must hear that it failed
            _log.exception("a command failed")
            kind = type(error).__name__
            self._complain(incoming, f"something broke inside ({kind}); it is in /logs", "")

    async def carry_out(self, incoming: Incoming, what: str, deed: Deed) -> None:
        """Something that was wished for and, where needed, said yes to."""
        try:
            said = await self._do(deed)
        except TradingError as error:
            said = f"⚠️ Not done: {error}"
        except Exception as error:  # noqa: BLE001 - a yes must not end in silence
            _log.exception("a deed failed")
            said = f"⚠️ Something broke inside ({type(error).__name__}); /status shows what is."
        _log.info("%s asked to %s: %s", incoming.user, what, said)
        head = f"<i>{words.safe(what)}</i>"
        body = "\n".join(words.safe(line, 1_000) for line in said.splitlines())
        self._put(incoming, f"{head}\n{body}", edits=_edited(incoming))

    def welcome(self, incoming: Incoming) -> None:
        """The code was right: this person is the owner from now on."""
        try:
            self._parts.pair(incoming)
        except StorageError as error:
            _log.warning("nobody could be paired: %s", error)
            self._put(incoming, "💾 The disk fails, so nobody was paired. Try again shortly.")
            return
        text = (
            f"🔑 <b>Paired.</b> {words.safe(incoming.name)}, you are the owner of this desk.\n"
            "/help tells what can be asked, /status shows the desk."
        )
        self._put(incoming, text, keyboard=self._parts.settings.keyboard)

    def close_question(self, incoming: Incoming, html: str) -> None:
        self._put(incoming, html, edits=incoming.message)

    def say(self, chat: int, html: str) -> None:
        self._parts.office.put(self._letter(chat, html))

    def ring(self, bell: Bell) -> None:
        self._parts.office.ring(bell)

    def _row(self, request: Request) -> CommandRow:
        """CommandError: there is none of that name, or not for this person."""
        name = request.command
        if not name:
            raise CommandError("that is no command; /help lists all")
        row = find_command(name)
        if row is None:
            near = near_to(name, request.role)
            hint = f"did you mean /{near}?" if near else "/help lists all"
            raise CommandError(f"/{name[:32]} is no command; {hint}")
        if row.role > request.role:
            raise CommandError(
                f"/{row.name} takes {row.role.said}, and you are {request.role.said}; "
                "an owner can change that in the settings"
            )
        return row

    async def _reply(self, request: Request, row: CommandRow) -> Reply:
        if not row.dated and not is_to_flatten(request.words):
            return kill_now(request.words, _person(request.incoming))
        ask = self._ask(request)
        if not row.slow:
            return row.answer(ask)
        seconds = _MODEL_SECONDS if row.asks_models else _ANSWER_SECONDS
        return await self._parts.errands.ask(lambda: row.answer(ask), seconds)

    def _ask(self, request: Request) -> Ask:
        parts = self._parts
        return Ask(
            command=request.command,
            words=request.words,
            now=parts.clock.now(),
            desk=parts.desk.snapshot(),
            role=request.role,
            person=_person(request.incoming),
            chat=request.incoming.chat,
            sources=parts.sources,
        )

    async def _give(self, request: Request, row: CommandRow, reply: Reply) -> None:
        incoming = request.incoming
        if isinstance(reply, Answer):
            self._show(request, reply)
        elif reply.preview:
            self._question(request, row, reply)
        elif incoming.kind is Kind.BUTTON:
            raise CommandError(f"{request.text[:40]} must be typed")
        else:
            await self.carry_out(incoming, reply.what, reply.deed)

    def _question(self, request: Request, row: CommandRow, wish: Wish) -> None:
        parts, incoming = self._parts, request.incoming
        question = parts.confirmations.ask(incoming, row.role, wish.what, wish.deed)
        label = f"✅ Yes, {wish.what}"
        buttons = (
            (Button(label if len(label) <= 40 else "✅ Yes", f"y:{question.nonce}"),),
            (Button("✖ No", f"n:{question.nonce}"),),
        )
        open_for = f"<i>Open for {parts.settings.confirm_seconds} s.</i>"
        html = f"{wish.preview}\n{open_for}"
        self._put(incoming, html, buttons=buttons, edits=_edited(incoming))

    def _show(self, request: Request, answer: Answer) -> None:
        incoming = request.incoming
        page = min(request.page, len(answer.pages) - 1)
        html = answer.pages[page]
        if answer.live:
            html = f"{html}\n<i>{words.clock(self._parts.clock.now())} UTC</i>"
        buttons = (*answer.buttons, *_turning(request, answer, page))
        edits = 0 if answer.picture is not None else _edited(incoming)
        keyboard = self._parts.settings.keyboard if answer.keyboard else ()
        self._put(
            incoming, html, buttons=buttons, edits=edits, keyboard=keyboard, picture=answer.picture
        )

    async def _do(self, deed: Deed) -> str:
        if callable(deed):
            return await self._parts.errands.ask(deed, _ANSWER_SECONDS)
        return await obeyed(self._parts.desk, deed, _VERDICT_SECONDS)

    def _complain(self, incoming: Incoming, why: str, command: str) -> None:
        row = find_command(command) if command else None
        usage = f"\n<code>/{row.name} {words.safe(row.usage)}</code>" if row and row.usage else ""
        text = why[:1].upper() + why[1:]
        self._put(incoming, f"⚠️ {words.safe(text, 600)}{usage}")

    def _put(
        self,
        incoming: Incoming,
        html: str,
        *,
        buttons: Buttons = (),
        edits: int = 0,
        keyboard: KeyboardRows = (),
        picture: bytes | None = None,
    ) -> None:
        self._parts.office.put(
            self._letter(
                incoming.chat,
                html,
                buttons=buttons,
                edits=edits,
                keyboard=keyboard,
                picture=picture,
            )
        )

    def _letter(
        self,
        chat: int,
        html: str,
        *,
        buttons: Buttons = (),
        edits: int = 0,
        keyboard: KeyboardRows = (),
        picture: bytes | None = None,
    ) -> Letter:
        return Letter(
            chat=chat,
            html=f"{html}\n{SIMULATED}" if self._parts.simulated else html,
            buttons=buttons,
            edits=edits,
            keyboard=keyboard,
            picture=picture,
            written_at=self._parts.clock.monotonic(),
        )


def _person(incoming: Incoming) -> str:
    return incoming.name or str(incoming.user)


def _edited(incoming: Incoming) -> int:
    """The message a pressed button stands under is what the answer takes the place of."""
    return incoming.message if incoming.kind is Kind.BUTTON else 0


def _turning(request: Request, answer: Answer, page: int) -> Buttons:
    """Back, again and on, where there is somewhere to go."""
    count, text = len(answer.pages), request.text
    row = []
    if page > 0:
        row.append(Button("◀", f"@{page - 1} {text}"))
    if answer.live:
        shown = f"🔄 {page + 1}/{count}" if count > 1 else "🔄"
        row.append(Button(shown, f"@{page} {text}"))
    elif count > 1:
        row.append(Button(f"{page + 1}/{count}", f"@{page} {text}"))
    if page < count - 1:
        row.append(Button("▶", f"@{page + 1} {text}"))
    fits = all(len(each.data.encode()) <= _MOST_DATA for each in row)
    return (tuple(row),) if row and fits else ()
