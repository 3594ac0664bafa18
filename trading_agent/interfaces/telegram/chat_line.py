"""The line of one chat: answers first, then what waits for it in the outbox, one after another."""

import asyncio
import logging
from collections import deque
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, Final

from trading_agent.domain.errors import StorageError, TradingError
from trading_agent.domain.units import MINUTE, SECOND, Nanos
from trading_agent.interfaces.telegram.answer import destination
from trading_agent.interfaces.telegram.bot import TelegramBot
from trading_agent.interfaces.telegram.door_parts import Patience
from trading_agent.interfaces.telegram.errands import Errands
from trading_agent.interfaces.telegram.letters import Letter, buttons_of
from trading_agent.interfaces.telegram.pace import Pace
from trading_agent.interfaces.telegram.sending import Later, Never, Outcome, Progress, Sender, Sent
from trading_agent.notifications.notice import Claimed
from trading_agent.notifications.store import NoticeStore
from trading_agent.runtime.clock import Clock
from trading_agent.runtime.picture_ports import PicturePort

_log = logging.getLogger(__name__)

_MOST_LETTERS: Final = 100
_LETTERS_LIVE: Final = 10 * MINUTE
"""An answer nobody got for so long is not wanted any more."""
_LOOK_SECONDS: Final = 0.5
_DRAW_SECONDS: Final = 20.0
_BROKEN_SECONDS: Final = 30.0
_TRIES: Final = 5
_BROKEN: Final = Never("it cannot be sent, whatever it is; the log has more")
"""What breaks the sending itself, again and again."""


@dataclass(frozen=True, slots=True)
class PostRoom:
    """What every line needs. `draw` None: nothing is drawn here."""

    bot: TelegramBot
    store: NoticeStore
    clock: Clock
    errands: Errands
    draw: PicturePort | None
    everybody: Pace
    patience: Patience


class ChatLine:
    """`alerts`: it is told what the outbox holds for it. Lives in one loop."""

    def __init__(self, room: PostRoom, chat: int, *, alerts: bool) -> None:
        self._room = room
        self._chat = chat
        self._alerts = alerts
        patience = room.patience
        # Telegram takes about one message a second to a person, twenty a minute to a group.
        share = 1.0 if chat > 0 else 1 / 3
        pace = Pace(patience.burst * share, patience.messages_per_second * share)
        self._sender = Sender(room.bot, pace, room.everybody)
        self._letters: deque[tuple[Letter, Progress]] = deque()
        self._known = False
        self._unsettled: list[tuple[Claimed, Outcome]] = []
        self._wake = asyncio.Event()

    @property
    def waiting(self) -> int:
        return len(self._letters)

    def put(self, letter: Letter) -> None:
        """Waits for nothing; of too many the oldest go."""
        if len(self._letters) >= _MOST_LETTERS:
            self._letters.popleft()
        self._letters.append((letter, Progress()))
        self._wake.set()

    def hurry(self) -> None:
        """There may be something in the outbox."""
        self._wake.set()

    async def run(self) -> None:
        """Until it is cancelled; what was claimed and not sent stays in the outbox."""
        while True:
            try:
                busy = await self._step()
            except Exception:  # noqa: BLE001 - a line must outlive whatever one message does
                _log.exception("a message to a chat was given up")
                busy = False
            if not busy:
                await self._rest()

    async def _step(self) -> bool:
        """One message; False: there was none to send."""
        if self._alerts and not self._known:
            self._introduce()
        unsettled, self._unsettled = self._unsettled, []
        for sent, outcome in unsettled:
            self._account(sent, outcome)
        if self._letters:
            await self._answer(*self._letters[0])
            return True
        claimed = self._room.store.claim(destination(self._chat)) if self._known else None
        if claimed is None:
            return False
        await self._deliver(claimed)
        return True

    def _introduce(self) -> None:
        """The outbox is told of this chat once a life; what happens before is not told to it."""
        try:
            self._room.store.appear(destination(self._chat))
            self._known = True
        except StorageError as error:
            _log.warning("the outbox cannot be told of a chat: %s", error)

    async def _rest(self) -> None:
        self._wake.clear()
        if self._letters:
            return
        try:
            await asyncio.wait_for(self._wake.wait(), _LOOK_SECONDS)
        except TimeoutError:
            return

    async def _answer(self, letter: Letter, progress: Progress) -> None:
        done = True
        try:
            outcome = await self._sender.send(letter, progress)
            done = not isinstance(outcome, Later) or self._too_old(letter)
        finally:
            # Whatever else it dies of, it would die of again and again.
            if done and self._letters and self._letters[0][0] is letter:
                self._letters.popleft()
        if isinstance(outcome, Never):
            _log.warning("an answer could not be sent: %s", outcome.why)
        elif isinstance(outcome, Later) and not done:
            await asyncio.sleep(outcome.seconds)

    def _too_old(self, letter: Letter) -> bool:
        return self._room.clock.monotonic() - letter.written_at > _LETTERS_LIVE

    async def _deliver(self, claimed: Claimed) -> None:
        store = self._room.store
        outcome: Outcome = Later(_BROKEN_SECONDS) if claimed.attempts < _TRIES else _BROKEN
        try:
            picture = await self._meanwhile(self._picture(claimed))
            letter = Letter(
                chat=self._chat,
                html=claimed.html,
                buttons=buttons_of(claimed.offers),
                silent=claimed.silent,
                picture=picture,
            )
            outcome = await self._sender.send(letter, Progress())
        except asyncio.CancelledError:
            store.release(claimed.id)
            raise
        except Exception:  # noqa: BLE001 - one message must not hold up all that come after it
            _log.exception("an alert could not be sent")
        self._account(claimed, outcome)

    def _account(self, claimed: Claimed, outcome: Outcome) -> None:
        """Tell the outbox what became of it. What it cannot write down is told it again: until
        then it gives out nothing else of that lane, and nothing is said twice."""
        try:
            self._settle(claimed, outcome)
        except StorageError as error:
            _log.warning("the outbox could not be told what was sent: %s", error)
            if not isinstance(outcome, Later):
                self._unsettled.append((claimed, outcome))

    def _settle(self, claimed: Claimed, outcome: Outcome) -> None:
        store = self._room.store
        match outcome:
            case Sent():
                store.delivered(claimed.id)
            case Never(why=why):
                _log.warning("an alert could not be sent: %s", why)
                store.undeliverable(claimed.id, why)
            case Later(seconds=seconds):
                until = Nanos(self._room.clock.now() + int(seconds * SECOND))
                store.postpone(claimed.id, until)
                store.hold(destination(self._chat), until)

    async def _meanwhile(self, errand: Coroutine[Any, Any, bytes | None]) -> bytes | None:
        """What the errand brings; who asks something in that time is answered in it."""
        drawing = asyncio.create_task(errand)
        try:
            while not drawing.done():
                self._wake.clear()
                if self._letters:
                    await self._answer(*self._letters[0])
                    continue
                woken = asyncio.create_task(self._wake.wait())
                await asyncio.wait({drawing, woken}, return_when=asyncio.FIRST_COMPLETED)
                woken.cancel()
            return await drawing
        finally:
            drawing.cancel()

    async def _picture(self, claimed: Claimed) -> bytes | None:
        """None where it cannot be drawn: the words go out all the same."""
        draw, wish = self._room.draw, claimed.picture
        if draw is None or wish is None:
            return None
        try:
            return await self._room.errands.ask(lambda: draw.draw(wish), _DRAW_SECONDS)
        except TradingError as error:
            _log.warning("a picture was left out: %s", error)
            return None
