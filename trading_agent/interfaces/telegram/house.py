"""Everything behind the Telegram door, put together inside its loop."""

import asyncio
import logging
import os
from collections.abc import Sequence
from typing import Final

from telegram.error import BadRequest, TelegramError

from trading_agent.interfaces.telegram.answer import TELEGRAM, destination
from trading_agent.interfaces.telegram.bot import number_of, open_bot
from trading_agent.interfaces.telegram.chat_line import PostRoom
from trading_agent.interfaces.telegram.command_table import menu_of
from trading_agent.interfaces.telegram.confirmations import Confirmations
from trading_agent.interfaces.telegram.connection import Connection, Listeners
from trading_agent.interfaces.telegram.door_parts import DoorParts, TelegramState
from trading_agent.interfaces.telegram.errands import Errands
from trading_agent.interfaces.telegram.flood import Flood
from trading_agent.interfaces.telegram.incoming import Incoming, Unreadable
from trading_agent.interfaces.telegram.pace import Pace
from trading_agent.interfaces.telegram.pairing import Pairing
from trading_agent.interfaces.telegram.people import People, Strangers
from trading_agent.interfaces.telegram.post_office import PostOffice
from trading_agent.interfaces.telegram.reception import Guards, Reception
from trading_agent.interfaces.telegram.service import Service, ServiceParts
from trading_agent.interfaces.telegram.words import safe
from trading_agent.notifications.notice import Lane, Level, Notice, Topic

_log = logging.getLogger(__name__)

_ALL_PER_SECOND: Final = 25.0
"""Telegram takes thirty messages a second from one bot."""


class TelegramHouse:
    """One life of the door. Made in the loop it lives in."""

    def __init__(self, parts: DoorParts, errands: Errands) -> None:
        self._parts = parts
        self._errands = errands
        self._store = parts.sources.store
        settings, clock = parts.settings, parts.clock
        self._people = People(settings, self._store)
        self._pairing = Pairing(clock)
        self._strangers = Strangers(self._report)
        # Else the library warns about itself whenever the server asks for patience.
        os.environ.setdefault("PTB_TIMEDELTA", "true")
        self._bot = open_bot(parts.token, settings.base_url)
        everybody = Pace(burst=_ALL_PER_SECOND, per_second=_ALL_PER_SECOND)
        draw = parts.sources.pictures
        room = PostRoom(self._bot, self._store, clock, errands, draw, everybody, parts.patience)
        self._office = PostOffice(room)
        confirmations = Confirmations(clock, settings.confirm_seconds)
        service = Service(
            ServiceParts(
                settings=settings,
                desk=parts.desk,
                sources=parts.sources,
                confirmations=confirmations,
                errands=errands,
                office=self._office,
                clock=clock,
                simulated=parts.simulated,
                pair=self._pair,
            )
        )
        flood = Flood(clock, settings.commands_per_minute, settings.command_burst)
        guards = Guards(
            people=self._people,
            strangers=self._strangers,
            pairing=self._pairing,
            flood=flood,
            confirmations=confirmations,
            offer_pairing=self._offer_pairing,
            username=lambda: self._connection.username,
        )
        self._reception = Reception(
            settings, guards, service, self._store, clock, f"telegram:{number_of(parts.token)}"
        )
        listeners = Listeners(receive=self._receive, dress=self._dress, say=parts.say)
        self._connection = Connection(
            self._bot, clock, listeners, parts.patience, settings.poll_seconds
        )
        self._unopened: set[int] = set()
        self._dressing: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def state(self) -> TelegramState:
        return TelegramState(
            link=self._connection.link.value,
            username=self._connection.username,
            waiting=self._office.waiting,
            strangers=self._strangers.turned_away,
        )

    async def live(self) -> None:
        """Until it is cancelled."""
        self._loop = asyncio.get_running_loop()
        self._people.read()
        self._forget_who_left()
        for chat in self._people.chats():
            self._office.open_line(chat, alerts=True)
        self._store.listen(self._wake)
        if not self._people.has_owner:
            self._offer_pairing()
        try:
            await self._connection.run()
        finally:
            self._loop = None
            if self._dressing is not None:
                self._dressing.cancel()
            await self._reception.close()
            await self._office.close()
            await self._bot.shutdown()

    def _forget_who_left(self) -> None:
        """What was kept for people who are on no list any more."""
        known = {destination(chat) for chat in self._people.chats()}
        for each in self._store.destinations():
            if each.startswith(TELEGRAM) and each not in known:
                self._store.vanish(each)

    def _wake(self) -> None:
        """From any thread: the outbox has something new."""
        loop = self._loop
        if loop is None:
            return
        try:
            loop.call_soon_threadsafe(self._office.hurry)
        except RuntimeError:
            # The loop has closed since; the outbox is read again when it lives anew.
            return

    def _offer_pairing(self) -> None:
        code = self._pairing.new_code()
        self._parts.say(
            f"Telegram: nobody may talk to the desk yet; send your bot the words /start {code} "
            "within an hour to become its owner"
        )

    def _pair(self, incoming: Incoming) -> None:
        self._people.pair(incoming.user)
        self._office.open_line(incoming.chat, alerts=True)
        self._parts.say(f"Telegram: {incoming.name} ({incoming.user}) is the owner now")
        self._dress_soon()

    async def _receive(self, batch: Sequence[Incoming | Unreadable]) -> None:
        await self._reception.receive(batch)
        opened = {each.chat for each in batch if isinstance(each, Incoming)} & self._unopened
        if opened:
            self._unopened -= opened
            self._dress_soon()

    def _dress_soon(self) -> None:
        self._dressing = asyncio.get_running_loop().create_task(self._dress())

    async def _dress(self) -> None:
        """The menu that opens with a slash, for each as far as he may. What goes wrong is no
        harm: the commands work without it."""
        for chat, role in self._people.chats().items():
            try:
                await self._bot.dress(chat, menu_of(role))
            except BadRequest:
                if chat not in self._unopened:
                    self._unopened.add(chat)
                    self._parts.say(
                        f"Telegram: {chat} has not opened the bot yet, and is told nothing until "
                        "then: let them find it in Telegram and press Start"
                    )
            except TelegramError as error:
                _log.info("the menu of a chat could not be set: %s", type(error).__name__)

    def _report(self, user: int, words: str) -> None:
        """To the console, and once to the people of the desk."""
        self._parts.say(f"Telegram: {words}")
        self._store.keep(
            (
                Notice(
                    key=f"telegram:stranger:{user}",
                    at=self._parts.clock.now(),
                    topic=Topic.TROUBLE,
                    lane=Lane.REPORTS,
                    html=f"👤 {safe(words)}",
                    plain=words,
                    level=Level.WARNING,
                    simulated=self._parts.simulated,
                ),
            )
        )
