"""All doors of a run together: the outbox and who fills it, who is told, and who may ask."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from trading_agent.adapters.mexc.rest import MexcClient
from trading_agent.adapters.records.address import RecordsAddress
from trading_agent.adapters.storage.secrets import TELEGRAM_BOT_TOKEN, Secrets
from trading_agent.config.loading import LoadedConfig
from trading_agent.domain.chart_facts import PatternSeen
from trading_agent.domain.instrument import Instrument
from trading_agent.domain.units import Nanos
from trading_agent.doors.late_records import LateRecords
from trading_agent.doors.log_tail import LogTail
from trading_agent.doors.outside import OutsideWatch
from trading_agent.doors.oversight import (
    OversightSurroundings,
    ProviderOfRun,
    oversight_door,
)
from trading_agent.doors.pairs import PairChoice
from trading_agent.doors.picture_source import PictureLibrary, PictureSources
from trading_agent.doors.run_facts import RunFacts, RunSources
from trading_agent.doors.sessions import SessionBook
from trading_agent.doors.settings_words import SettingsWords
from trading_agent.interfaces.oversight.arena import Arena
from trading_agent.interfaces.oversight.door import OversightDoor
from trading_agent.interfaces.oversight.parts import OversightState
from trading_agent.interfaces.telegram.answer import Sources
from trading_agent.interfaces.telegram.door import NO_TOKEN, TelegramDoor
from trading_agent.interfaces.telegram.door_parts import DoorParts
from trading_agent.notifications.narrator import Informants
from trading_agent.notifications.notice import Level, Topic
from trading_agent.notifications.settings import DISCORD_URL, WEBHOOK_URL
from trading_agent.notifications.store import NOTICES_NAME, NoticeStore
from trading_agent.notifications.teller import Read, Teller
from trading_agent.notifications.webhook import Form, WebhookSink, address_of
from trading_agent.pictures.gallery import Gallery
from trading_agent.pictures.studio import Studio
from trading_agent.runtime.clock import Clock
from trading_agent.runtime.desk import Desk
from trading_agent.runtime.log import LOG_NAME
from trading_agent.runtime.offer import Offer
from trading_agent.runtime.outbox import Outbox
from trading_agent.runtime.subscription import SubscriptionRule
from trading_agent.runtime.worker import Stop
from trading_agent.signals.sessions import TradingSessionManager

SECRET_NAMES: Final = (WEBHOOK_URL, DISCORD_URL)
"""What doors look up beside the secrets that every run knows."""
_NOT_TOLD: Final = (
    "Telegram is off although there is a token: notifications.enabled is false, "
    "and what it says stands in the same outbox"
)
_PICTURES: Final = "pictures"
_MOST_PATTERNS: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What doors stand in. `read`: facts of the journal past a sequence. `load_again` reads the
    configuration as the start did. `chosen_pairs`: the file that keeps what a person wished for the
    next start. `records`: None where none are kept. `say` tells console and
    log, from any thread."""

    loaded: LoadedConfig
    load_again: Callable[[], LoadedConfig]
    secrets: Secrets
    data_directory: Path
    chosen_pairs: Path
    clock: Clock
    desk: Desk
    outbox: Outbox
    read: Read
    client: MexcClient
    instruments: tuple[Instrument, ...]
    records: RecordsAddress | None
    run: RunSources
    simulated: bool
    arena: Arena | None
    say: Callable[[str], None]


class DoorWorker(NamedTuple):
    """The body of a thread with a restart rule, and what wakes it for its stop."""

    name: str
    run: Callable[[Stop], None]
    interrupt: Callable[[], None] | None = None


class Doors:
    """Made, and opened, before the journal's thread runs; closed when the workers have ended."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._around = surroundings
        self._store: NoticeStore | None = None
        self._studio: Studio | None = None
        self._teller: Teller | None = None
        self._oversight: OversightDoor | None = None
        self._provider: ProviderOfRun | None = None
        self._workers: tuple[DoorWorker, ...] = ()

    @property
    def hint(self) -> str:
        """What a person could have and has not; empty when there is nothing to say."""
        settings, secrets = self._around.loaded.config, self._around.secrets
        if not settings.telegram.enabled:
            return ""
        has_token = secrets.get(TELEGRAM_BOT_TOKEN) is not None
        if settings.notifications.enabled:
            return "" if has_token else NO_TOKEN
        return _NOT_TOLD if has_token else ""

    @property
    def workers(self) -> tuple[DoorWorker, ...]:
        """In the order in which they need one another."""
        return self._workers

    def open(self) -> None:
        """Raises ConfigError and StorageError."""
        around, config = self._around, self._around.loaded.config
        self._workers = overseer = tuple(self._open_oversight())
        if not config.notifications.enabled:
            return
        path = around.data_directory / NOTICES_NAME
        store = NoticeStore(path, around.clock, config.notifications.topics)
        store.open()
        self._store = store
        self._studio = Studio(config.pictures, around.data_directory / _PICTURES)
        library = self._library()
        gallery = Gallery(library, self._studio, config.pictures)
        sessions = TradingSessionManager(config.trading)
        self._teller = Teller(
            store,
            around.read,
            around.outbox,
            around.clock,
            config.notifications,
            Informants(session_ends=sessions.end_at, overseer_worth=self._worth_of_overseer),
        )
        self._workers = (
            *self._sinks(store, gallery),
            *self._telegram(store, library, gallery, sessions),
            *overseer,
            DoorWorker("notices", self._teller.run),
        )

    @property
    def overseer(self) -> OversightState | None:
        """None where there is none."""
        return None if self._oversight is None else self._oversight.state

    def _worth_of_overseer(self) -> str:
        return "" if self._oversight is None else self._oversight.worth()

    def tell(self, words: str) -> None:
        """Any thread: what is no fact, and people should know."""
        if self._teller is not None:
            self._teller.tell(words)

    def _tell_of_overseer(
        self, words: str, *, rings: bool = False, offers: tuple[Offer, ...] = ()
    ) -> None:
        if self._teller is not None:
            level = Level.WARNING if rings else Level.INFO
            self._teller.tell(words, level, Topic.OVERSEER, offers)

    def close(self) -> None:
        if self._provider is not None:
            self._provider.close()
        if self._studio is not None:
            self._studio.close()
        if self._store is not None:
            self._store.close()

    def _open_oversight(self) -> Iterator[DoorWorker]:
        around, config = self._around, self._around.loaded.config
        if config.overseer.mode == "off":
            return
        self._provider = ProviderOfRun(config, around.secrets, around.clock)
        outside = OutsideWatch(
            around.client, config.symbols, config.overseer.detectors.stable_pairs
        )
        self._oversight = oversight_door(
            config,
            self._provider,
            OversightSurroundings(
                directory=around.data_directory,
                desk=around.desk,
                trials=around.arena,
                outside=lambda: outside.outside,
                say=around.say,
                tell=self._tell_of_overseer,
            ),
        )
        if around.arena is not None:
            yield DoorWorker("beside", around.arena.run)
        yield DoorWorker("overseer", self._oversight.run)
        yield DoorWorker("outside", outside.run)

    def _records(self) -> LateRecords | None:
        address = self._around.records
        seconds = self._around.loaded.config.records.timeout_seconds
        return None if address is None else LateRecords(address, seconds)

    def _library(self) -> PictureLibrary:
        around = self._around
        seen = SubscriptionRule(name="charts", kinds=(PatternSeen,), capacity=_MOST_PATTERNS)
        records = self._records()
        return PictureLibrary(
            PictureSources(
                exchange=around.client,
                instruments=_by_symbol(around.instruments),
                records=records,
                marks=records,
                snapshot=around.desk.snapshot,
                now=around.clock.now,
                patterns=around.desk.subscribe(seen),
            )
        )

    def _sinks(self, store: NoticeStore, gallery: Gallery) -> Iterator[DoorWorker]:
        around = self._around
        for form, name in ((Form.WEBHOOK, WEBHOOK_URL), (Form.DISCORD, DISCORD_URL)):
            url = around.secrets.get(name)
            if url is None:
                continue
            settings = around.loaded.config.notifications
            address = address_of(form, url)
            sink = WebhookSink(address, store, around.clock, settings, around.say, gallery)
            yield DoorWorker(form.value, sink.run, sink.interrupt)

    def _telegram(
        self,
        store: NoticeStore,
        library: PictureLibrary,
        gallery: Gallery,
        sessions: TradingSessionManager,
    ) -> Iterator[DoorWorker]:
        around, config = self._around, self._around.loaded.config
        token = around.secrets.get(TELEGRAM_BOT_TOKEN)
        if token is None or not config.telegram.enabled:
            return
        known = config.embedded.synthetic.presets if config.venue == "embedded" else ()
        sources = Sources(
            run=RunFacts(around.run, Nanos(around.clock.now())),
            store=store,
            records=self._records(),
            logs=LogTail(around.data_directory / LOG_NAME),
            settings=SettingsWords(around.loaded, around.load_again),
            pairs=PairChoice(around.chosen_pairs, config.symbols, tuple(known)),
            sessions=SessionBook(sessions),
            limits=config.risk,
            pictures=gallery,
            picture_data=library,
            overseer=self._oversight,
        )
        door = TelegramDoor(
            DoorParts(
                token=token,
                settings=config.telegram,
                desk=around.desk,
                sources=sources,
                clock=around.clock,
                simulated=around.simulated,
                say=around.say,
            )
        )
        for name, body in door.bodies:
            yield DoorWorker(name, body)


def _by_symbol(instruments: tuple[Instrument, ...]) -> Mapping[str, Instrument]:
    return {each.symbol: each for each in instruments}
