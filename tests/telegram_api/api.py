"""A strict Bot API: what the real one refuses, this one refuses, in the same words.

State and rules; `server` puts it on a socket. One lock guards everything.
"""

import json
import re
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.telegram_api.markup import BadMarkup, shown, units
from trading_agent.domain.units import SECOND
from trading_agent.runtime.clock import Clock, SystemClock

COMMAND = re.compile(r"[a-z0-9_]{1,32}", re.ASCII)
Params = dict[str, Any]


class Refused(Exception):
    """An error answer: HTTP status, Telegram's words, and its parameters."""

    def __init__(self, status: int, words: str, **parameters: int) -> None:
        super().__init__(words)
        self.status = status
        self.words = words
        self.parameters = parameters


@dataclass
class Message:
    """As the phone shows it. `edits`: how often it was changed."""

    chat: int
    number: int
    text: str
    html: str
    buttons: list[list[dict[str, str]]] = field(default_factory=list)
    keyboard: list[list[str]] = field(default_factory=list)
    photo: bytes = b""
    silent: bool = False
    edits: int = 0
    at: float = 0.0


@dataclass
class Fault:
    """What to answer to the next requests of a method, `times` times (0: always)."""

    method: str
    refused: Refused
    times: int


class TelegramApi:
    """`token`: the only one that is accepted."""

    def __init__(self, token: str) -> None:
        self.token = token
        self.clock: Clock = SystemClock()
        self.changed = threading.Condition()
        self.messages: list[Message] = []
        self.bells: list[Params] = []
        self.menus: dict[int, list[dict[str, str]]] = {}
        self.calls: list[str] = []
        self.known_chats: set[int] = set()
        self.blocked_by: set[int] = set()
        self.polls = 0
        self.offsets: list[int] = []
        self.webhook = ""
        self.rates = False
        """Whether the limits of sending are enforced."""
        self._updates: deque[Params] = deque()
        self._next_update = 1_000
        self._next_message = 1
        self._poller = 0
        self._faults: list[Fault] = []
        self._sent_at: dict[int, deque[float]] = {}

    # What a test does with it.

    def send(self, text: str, user: int = 7, *, chat: int | None = None, **more: Any) -> int:
        """A person writes; `ago`: seconds since. The number of the update."""
        chat = user if chat is None else chat
        message = {
            "message_id": self._message_number(),
            "date": self.now() - more.get("ago", 0),
            "chat": {"id": chat, "type": more.get("type", "private" if chat > 0 else "group")},
            "from": {"id": user, "is_bot": False, "first_name": more.get("name", f"Person{user}")},
            "text": text,
        }
        return self.push({"message": message}, chat)

    def press(self, message: Message, label: str, user: int = 7, times: int = 1) -> None:
        """A person presses the first button whose text contains `label`."""
        data = next(
            each["callback_data"]
            for row in message.buttons
            for each in row
            if label in each["text"]
        )
        for _ in range(times):
            self.press_data(message, data, user)

    def press_data(self, message: Message, data: str, user: int = 7) -> None:
        chat_type = "private" if message.chat > 0 else "group"
        query = {
            "id": str(self._message_number()),
            "from": {"id": user, "is_bot": False, "first_name": f"Person{user}"},
            "chat_instance": "1",
            "data": data,
            "message": {
                "message_id": message.number,
                "date": self.now(),
                "chat": {"id": message.chat, "type": chat_type},
                "text": message.text,
            },
        }
        self.push({"callback_query": query}, user)

    def push(self, update: Params, chat: int = 0) -> int:
        """An update of any shape."""
        with self.changed:
            number = self._next_update
            self._next_update += 1
            self._updates.append({"update_id": number, **update})
            if chat:
                self.known_chats.add(chat)
            self.changed.notify_all()
            return number

    def push_again(self, number: int, update: Params) -> None:
        """As the real one does when an answer was not confirmed."""
        with self.changed:
            self._updates.append({"update_id": number, **update})
            self.changed.notify_all()

    def fail(self, method: str, refused: Refused, times: int = 1) -> None:
        with self.changed:
            self._faults.append(Fault(method, refused, times))
            self.changed.notify_all()

    def heal(self) -> None:
        with self.changed:
            self._faults.clear()

    def wait(self, found: Callable[[], Any], seconds: float = 20.0) -> Any:
        """Until `found` is true, which it is asked whenever something has happened, and every
        now and then for what happens elsewhere."""
        ends = time.monotonic() + seconds
        with self.changed:
            while not (result := found()):
                assert time.monotonic() < ends, self.tail()
                self.changed.wait(0.05)
            return result

    def reply(self, start: int, holds: str = "", chat: int | None = None) -> Message:
        """The first message behind `start` (or changed since) whose text holds that."""

        def found() -> Message | None:
            return next(
                (
                    each
                    for each in self.messages
                    if each.at > start
                    and holds in each.text
                    and (chat is None or each.chat == chat)
                ),
                None,
            )

        answer = self.wait(found)
        assert isinstance(answer, Message)
        return answer

    def tail(self) -> str:
        shown_ = [f"{each.chat}: {each.text[:300]}" for each in self.messages[-6:]]
        return "\n".join((*shown_, f"calls: {self.calls[-20:]}"))

    def now(self) -> int:
        """Seconds UTC, by the clock the desk goes by."""
        return self.clock.now() // SECOND

    def mark(self) -> int:
        """For `reply`: everything until now is old."""
        with self.changed:
            return self._tick()

    # What the server asks of it.

    def answer(self, method: str, params: Params) -> Any:
        with self.changed:
            self.calls.append(method)
            self._meet_fault(method)
            self.changed.notify_all()
        handler = getattr(self, f"_{_snake(method)}", None)
        if handler is None:
            raise Refused(404, "Not Found: method not found")
        return handler(params)

    def _meet_fault(self, method: str) -> None:
        for fault in self._faults:
            if fault.method in (method, "*"):
                if fault.times:
                    fault.times -= 1
                    if not fault.times:
                        self._faults.remove(fault)
                raise fault.refused

    def _get_me(self, _: Params) -> Params:
        return {"id": 99, "is_bot": True, "first_name": "Desk", "username": "desk_bot"}

    def _delete_webhook(self, _: Params) -> bool:
        self.webhook = ""
        return True

    def _get_updates(self, params: Params) -> list[Params]:
        offset, timeout = int(params.get("offset", 0)), float(params.get("timeout", 0))
        with self.changed:
            if self.webhook:
                raise Refused(409, "Conflict: can't use getUpdates method while webhook is active")
            self._poller += 1
            me = self._poller
            self.polls += 1
            self.offsets.append(offset)
            self.changed.notify_all()
            while self._updates and self._updates[0]["update_id"] < offset:
                self._updates.popleft()
            self.changed.wait_for(
                lambda: self._updates or self._poller != me or self._faulty("getUpdates"), timeout
            )
            if self._poller != me:
                raise Refused(
                    409,
                    "Conflict: terminated by other getUpdates request; make sure that only one "
                    "bot instance is running",
                )
            self._meet_fault("getUpdates")
            return list(self._updates)[:100]

    def _faulty(self, method: str) -> bool:
        return any(each.method in (method, "*") for each in self._faults)

    def _send_message(self, params: Params) -> Params:
        text = self._text(params, "text", 4_096, "message")
        return self._posted(params, text, params["text"], b"")

    def _send_photo(self, params: Params) -> Params:
        photo = params.get("photo")
        if not isinstance(photo, bytes) or not photo.startswith(b"\x89PNG"):
            raise Refused(400, "Bad Request: PHOTO_INVALID_DIMENSIONS")
        caption = params.get("caption", "")
        text = self._text(params, "caption", 1_024, "message caption") if caption else ""
        return self._posted(params, text, caption, photo)

    def _posted(self, params: Params, text: str, html: str, photo: bytes) -> Params:
        chat = int(params["chat_id"])
        with self.changed:
            self._may_write(chat)
            message = Message(
                chat=chat,
                number=self._message_number(),
                text=text,
                html=html,
                photo=photo,
                silent=_true(params.get("disable_notification")),
            )
            _marked(params, message)
            message.at = self._tick()
            self.messages.append(message)
            self.changed.notify_all()
            return _told(message)

    def _edit_message_text(self, params: Params) -> Params:
        text = self._text(params, "text", 4_096, "message")
        with self.changed:
            number, chat = int(params["message_id"]), int(params["chat_id"])
            self._may_write(chat)
            found = [each for each in self.messages if (each.chat, each.number) == (chat, number)]
            if not found:
                raise Refused(400, "Bad Request: message to edit not found")
            message = found[0]
            before = (message.html, message.buttons)
            message.html, message.text, message.buttons = params["text"], text, []
            _marked(params, message)
            if (message.html, message.buttons) == before:
                raise Refused(
                    400,
                    "Bad Request: message is not modified: specified new message content and reply "
                    "markup are exactly the same as a current content and reply markup",
                )
            message.edits += 1
            message.at = self._tick()
            self.changed.notify_all()
            return _told(message)

    def _answer_callback_query(self, params: Params) -> bool:
        if units(params.get("text", "")) > 200:
            raise Refused(400, "Bad Request: MESSAGE_TOO_LONG")
        with self.changed:
            self.bells.append(params)
            self.changed.notify_all()
        return True

    def _set_my_commands(self, params: Params) -> bool:
        commands, scope = _json(params["commands"]), _json(params.get("scope", "{}"))
        if len(commands) > 100:
            raise Refused(400, "Bad Request: BOT_COMMANDS_TOO_MUCH")
        for each in commands:
            if COMMAND.fullmatch(each["command"]) is None:
                raise Refused(400, "Bad Request: BOT_COMMAND_INVALID")
            if not 1 <= len(each["description"]) <= 256:
                raise Refused(400, "Bad Request: BOT_COMMAND_DESCRIPTION_INVALID")
        if scope.get("type") == "chat" and int(scope["chat_id"]) not in self.known_chats:
            raise Refused(400, "Bad Request: chat not found")
        with self.changed:
            self.menus[int(scope.get("chat_id", 0))] = commands
            self.changed.notify_all()
        return True

    def _text(self, params: Params, name: str, most: int, what: str) -> str:
        """What is shown; the length is that of the text without its markup."""
        raw = params.get(name, "")
        if "\0" in raw:
            raise Refused(400, "Bad Request: strings must be encoded in UTF-8")
        try:
            text = shown(raw) if params.get("parse_mode") == "HTML" else raw
        except BadMarkup as error:
            raise Refused(400, f"Bad Request: can't parse entities: {error}") from error
        if not text.strip():
            raise Refused(400, f"Bad Request: {what} text is empty")
        if units(text) > most:
            raise Refused(400, f"Bad Request: {what} is too long")
        return text

    def _may_write(self, chat: int) -> None:
        if chat not in self.known_chats:
            raise Refused(400, "Bad Request: chat not found")
        if chat in self.blocked_by:
            raise Refused(403, "Forbidden: bot was blocked by the user")
        if self.rates:
            self._count(chat)

    def _count(self, chat: int) -> None:
        """A person is written to once a second with short bursts, everybody thirty times."""
        now = time.monotonic()
        for key, most, window in ((chat, 8, 5.0), (0, 30, 1.0)):
            sent = self._sent_at.setdefault(key, deque())
            while sent and now - sent[0] > window:
                sent.popleft()
            if len(sent) >= most:
                raise Refused(429, "Too Many Requests: retry after 1", retry_after=1)
            sent.append(now)

    def _message_number(self) -> int:
        with self.changed:
            self._next_message += 1
            return self._next_message

    def _tick(self) -> int:
        """A number that grows with everything that happens."""
        return self._message_number()


def _marked(params: Params, message: Message) -> None:
    markup = _json(params.get("reply_markup", "null"))
    if markup is None:
        return
    if "inline_keyboard" in markup:
        for row in markup["inline_keyboard"]:
            for button in row:
                if not 1 <= len(button.get("callback_data", "").encode()) <= 64:
                    raise Refused(400, "Bad Request: BUTTON_DATA_INVALID")
                if not button["text"]:
                    raise Refused(400, "Bad Request: text buttons are not allowed to be empty")
        message.buttons = markup["inline_keyboard"]
    if "keyboard" in markup:
        message.keyboard = [[each["text"] for each in row] for row in markup["keyboard"]]


def _told(message: Message) -> Params:
    return {
        "message_id": message.number,
        "date": 1_700_000_000,
        "chat": {"id": message.chat, "type": "private" if message.chat > 0 else "group"},
        "text": message.text,
    }


def _json(value: Any) -> Any:
    """Telegram takes objects as JSON in a form field, or as they are in a JSON body."""
    return json.loads(value) if isinstance(value, str) else value


def _true(value: Any) -> bool:
    return value in (True, "true", "True", "1")


def _snake(method: str) -> str:
    return re.sub(r"(?<!^)([A-Z])", r"_\1", method).lower()
