"""Sends what is told to a web address: any program's, as JSON, or a Discord channel's.

Each destination has a thread of its own and waits for nobody. What fails is tried again, for as
long as it takes; what the other side will never take is set aside. The address is a secret: it
appears in no text.
"""

import json
import logging
import random
import threading
from collections.abc import Callable
from enum import StrEnum
from math import isfinite
from typing import Final, NamedTuple
from urllib.parse import urlsplit

import requests

from trading_agent.domain.errors import ConfigError, TradingError
from trading_agent.domain.units import SECOND, Nanos
from trading_agent.notifications.notice import Claimed
from trading_agent.notifications.settings import NotificationSettings
from trading_agent.notifications.store import NoticeStore
from trading_agent.runtime.clock import Clock
from trading_agent.runtime.picture_ports import PicturePort
from trading_agent.runtime.worker import Stop

_log = logging.getLogger(__name__)

_LOOK_SECONDS: Final = 0.5
_SHORTEST_REST_SECONDS: Final = 0.005
_LAST_SECONDS: Final = 2.0
"""When the run ends, so long is given to what was said last."""
_FIRST_PAUSE_SECONDS: Final = 1.0
_DISCORD_LONGEST: Final = 2_000
_DISCORD_SILENT: Final = 1 << 12
_LONGEST_RETRY_AFTER: Final = 3_600.0
_LOOPBACK: Final = frozenset(("127.0.0.1", "localhost", "::1"))
_AGAIN: Final = frozenset((408, 425, 429))
"""Not now."""
_NEVER: Final = frozenset((400, 413, 415, 422))
"""This message is not taken; others may be."""


class Form(StrEnum):
    """What the other side reads."""

    WEBHOOK = "webhook"
    DISCORD = "discord"


class Address:
    """Where to; shows its form, never the address. `local`: on this machine, where no proxy
    is asked."""

    __slots__ = ("form", "local", "url")

    def __init__(self, form: Form, url: str, *, local: bool) -> None:
        self.form = form
        self.url = url
        self.local = local

    def __repr__(self) -> str:
        return f"Address({self.form.value})"


def address_of(form: Form, url: str) -> Address:
    """ConfigError: it is no web address, or one that sends secrets in the open."""
    name = f"the {form.value} address"
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        # Its text holds the address: no cause, no context.
        raise ConfigError(f"{name} is no web address") from None
    if parts.scheme not in ("http", "https") or not host:
        raise ConfigError(f"{name} is no web address: it begins with https://")
    local = host in _LOOPBACK
    if parts.scheme == "http" and not local:
        raise ConfigError(f"{name} must begin with https://: it is a secret itself")
    return Address(form, url, local=local)


class _Body(NamedTuple):
    """A picture makes it a form with a file."""

    content: dict[str, object]
    picture: bytes


class _Answer(NamedTuple):
    """`status` 0: none came, for this reason."""

    status: int
    retry_after: float
    why: str


class WebhookSink:
    """`run` is the body of a worker with a restart rule, `interrupt` wakes it for its stop. Its
    name is its form's: one webhook, one Discord channel.

    `say` tells a person, once, that the other side refuses us. `pictures`: for Discord.
    """

    def __init__(
        self,
        address: Address,
        store: NoticeStore,
        clock: Clock,
        settings: NotificationSettings,
        say: Callable[[str], None],
        pictures: PicturePort | None = None,
    ) -> None:
        self._address = address
        self._store = store
        self._clock = clock
        self._settings = settings
        self._say = say
        self._pictures = pictures
        self._news = threading.Event()
        self._refused = False
        self._failures = 0
        store.listen(self._news.set)

    @property
    def destination(self) -> str:
        return self._address.form.value

    def interrupt(self) -> None:
        self._news.set()

    def run(self, stop: Stop) -> None:
        """Until the stop is set; then what waits is tried for two seconds more. Raises
        StorageError."""
        self._store.appear(self.destination)
        self._store.release_all(self.destination)
        with requests.Session() as session:
            session.trust_env = not self._address.local
            while not stop.is_set():
                self._news.clear()
                if not self._send_next(session):
                    self._news.wait(self._rest())
            ends = self._clock.now() + int(_LAST_SECONDS * SECOND)
            while self._clock.now() < ends and self._send_next(session):
                pass

    def _rest(self) -> float:
        """Seconds until something may be due; news end it sooner."""
        due = self._store.due_at(self.destination)
        wait = _LOOK_SECONDS if due is None else (due - self._clock.now()) / SECOND
        return min(max(wait, _SHORTEST_REST_SECONDS), _LOOK_SECONDS)

    def _send_next(self, session: requests.Session) -> bool:
        """False: nothing is to be sent now."""
        claimed = self._store.claim(self.destination, join=self._address.form is Form.DISCORD)
        if claimed is None:
            return False
        try:
            answer = self._post(session, self._body(claimed))
        except BaseException:
            self._store.release(claimed.id)
            raise
        self._judge(claimed, answer)
        return True

    def _body(self, claimed: Claimed) -> _Body:
        if self._address.form is Form.WEBHOOK:
            return _Body(as_document(claimed), b"")
        return _Body(as_discord(claimed), self._drawn(claimed))

    def _drawn(self, claimed: Claimed) -> bytes:
        """A message does not wait for a picture that cannot be drawn."""
        if self._pictures is None or claimed.picture is None:
            return b""
        try:
            return self._pictures.draw(claimed.picture)
        except TradingError as error:
            _log.warning("no picture for %s: %s", claimed.key, error)
            return b""

    def _post(self, session: requests.Session, body: _Body) -> _Answer:
        timeout = self._settings.webhook_timeout_seconds
        text = json.dumps(body.content, ensure_ascii=False).encode()
        content: dict[str, object] = {
            "data": text,
            "headers": {"Content-Type": "application/json; charset=utf-8"},
        }
        if body.picture:
            content = {
                "files": {
                    "payload_json": (None, text, "application/json"),
                    "files[0]": ("picture.png", body.picture, "image/png"),
                }
            }
        try:
            with session.post(
                self._address.url,
                timeout=(timeout, timeout),
                allow_redirects=False,
                stream=True,
                **content,  # type: ignore[arg-type]
            ) as response:
                return _Answer(response.status_code, self._retry_after(response), "")
        except requests.RequestException as error:
            # Its text holds the address.
            return _Answer(0, 0.0, type(error).__name__)

    def _retry_after(self, response: requests.Response) -> float:
        """Seconds; 0 where the other side named none."""
        if response.status_code not in (429, 503):
            return 0.0
        try:
            seconds = float(response.headers.get("Retry-After", ""))
        except ValueError:
            return 0.0
        return min(max(seconds, 0.0), _LONGEST_RETRY_AFTER) if isfinite(seconds) else 0.0

    def _judge(self, claimed: Claimed, answer: _Answer) -> None:
        status, now = answer.status, self._clock.now()
        if 200 <= status < 300:
            self._store.delivered(claimed.id)
            self._refused, self._failures = False, 0
        elif status in _NEVER:
            _log.warning("%s took no message %s: %d", self.destination, claimed.key, status)
            self._store.undeliverable(claimed.id, f"status {status}")
        else:
            self._failures += 1
            pause = answer.retry_after or self._pause()
            if not (status == 0 or status >= 500 or status in _AGAIN):
                self._tell_refusal(status)
                pause = self._settings.webhook_longest_pause_seconds
            until = Nanos(now + int(pause * SECOND))
            self._store.postpone(claimed.id, until)
            self._store.hold(self.destination, until)
            _log.info(
                "%s failed (%s), again in %.1f s", self.destination, status or answer.why, pause
            )

    def _pause(self) -> float:
        """Grows with every failure in a row; no two destinations knock together."""
        grown = _FIRST_PAUSE_SECONDS * 2.0 ** min(self._failures - 1, 32)
        longest = self._settings.webhook_longest_pause_seconds
        return min(grown, longest) * random.uniform(0.75, 1.25)

    def _tell_refusal(self, status: int) -> None:
        if not self._refused:
            self._refused = True
            self._say(
                f"the {self.destination} address refuses our messages (status {status}): look at "
                "it in .env-secure/.env; what is to be told waits"
            )


def as_document(claimed: Claimed) -> dict[str, object]:
    """For programs. Times in nanoseconds UTC."""
    return {
        "key": claimed.key,
        "at": int(claimed.at),
        "topic": claimed.topic.value,
        "level": claimed.level.value,
        "symbol": claimed.symbol,
        "text": claimed.plain,
        "html": claimed.html,
        "simulated": claimed.simulated,
        "late_seconds": round(claimed.late / SECOND, 3),
        "attempts": claimed.attempts,
    }


def as_discord(claimed: Claimed) -> dict[str, object]:
    """Nobody is pinged, whatever a text says."""
    text = _without_marks(claimed.plain)
    if len(text) > _DISCORD_LONGEST:
        text = f"{text[: _DISCORD_LONGEST - 1]}…"
    document: dict[str, object] = {"content": text, "allowed_mentions": {"parse": []}}
    if claimed.silent:
        document["flags"] = _DISCORD_SILENT
    return document


def _without_marks(text: str) -> str:
    """As it stands, not as Discord would set it."""
    return "".join(f"\\{sign}" if sign in r"\*_~`|>#@[]" else sign for sign in text)
