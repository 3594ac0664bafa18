"""The composition root: wires market, core, journal and watchers; starts and stops them."""

import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from trading_agent import __version__
from trading_agent.adapters.mexc.data_service import (
    FeedWiring,
    Market,
    MultiAssetDataService,
)
from trading_agent.adapters.mexc.past_candles import read_past_candles
from trading_agent.adapters.mexc.rest import MexcClient
from trading_agent.adapters.mexc.settings import MexcSettings
from trading_agent.adapters.records.address import RecordsAddress
from trading_agent.adapters.records.keeper import RecordsKeeper
from trading_agent.adapters.storage import journal_recovery
from trading_agent.adapters.storage.journal import Journal, JournalIdentity, JournalReader
from trading_agent.adapters.storage.journal_backup import DailyBackups
from trading_agent.adapters.storage.journal_check import refuse_journal_of_another_market
from trading_agent.adapters.storage.recording import RecordingWriter
from trading_agent.adapters.storage.recording_opening import manifest_of
from trading_agent.config.engine_parts import engine_settings, own_parts
from trading_agent.config.loading import LoadedConfig
from trading_agent.config.market_identity import directory_of, market_identity
from trading_agent.config.records_address import records_address
from trading_agent.domain.errors import StorageError, TradingError
from trading_agent.domain.facts import BookLost, Fact
from trading_agent.domain.market_rows import LossReason
from trading_agent.doors.beside import arena_of, tapped
from trading_agent.doors.company import Doors, Surroundings
from trading_agent.doors.oversight import settings_of_run
from trading_agent.doors.pairs import chosen_pairs_in
from trading_agent.doors.run_facts import RunSources
from trading_agent.engine.assembly import assemble
from trading_agent.engine.core import Core
from trading_agent.engine.desk_state import EngineSettings
from trading_agent.engine.opening import Opening, told_at_opening
from trading_agent.market_access import MarketAccess
from trading_agent.run_terms import RunOptions, RunStatus
from trading_agent.runtime.clock import SystemClock
from trading_agent.runtime.crew import Crew, End, StorageAlarm
from trading_agent.runtime.desk import Desk
from trading_agent.runtime.exit_codes import ExitCode
from trading_agent.runtime.health import HEALTH_NAME, take_health
from trading_agent.runtime.inbox import Inbox
from trading_agent.runtime.kill_switch import ANSWERS, GuardedInbox, KillFlag, KillSwitch
from trading_agent.runtime.live import LiveLoop
from trading_agent.runtime.outage import Outage
from trading_agent.runtime.outbox import Outbox
from trading_agent.runtime.processor import shared_processor, staying_on
from trading_agent.runtime.rearming import take_rearming
from trading_agent.runtime.service_notice import ServiceManager, ServiceNotice
from trading_agent.runtime.subscription import Published, Subscription, SubscriptionRule
from trading_agent.runtime.watchdog import Watchdog, trace_file
from trading_agent.runtime.worker import Heartbeats, RestartRule, Stop, Worker, WorkerEvent

_log = logging.getLogger(__name__)

JOURNAL_NAME: Final = "journal.sqlite"


class FlashTradingSystem:
    """One run of the engine. `start`, then `wait` until it ends, then `stop`."""

    def __init__(
        self, loaded: LoadedConfig, options: RunOptions, say: Callable[[str], None]
    ) -> None:
        self._loaded = loaded
        self._config = loaded.config
        self._settings_digest = loaded.digest
        self._options = options
        self._say = say
        self._clock = SystemClock()
        self._heartbeats = Heartbeats(self._clock)
        self._manager = ServiceManager.of(os.environ, os.getpid())
        self._crew = Crew()
        self._notes: list[str] = []
        self._access = MarketAccess(self._config, options.played, self._clock)
        self._journal: Journal | None = None
        self._told: Subscription | None = None
        self._recording: RecordingWriter | None = None
        self._doors: Doors | None = None

    @property
    def identity(self) -> JournalIdentity:
        """Which market this run trades; its journal belongs to that market alone."""
        played = self._options.played
        return market_identity(self._config, played.files, played.symbol)

    @property
    def simulated(self) -> bool:
        return self.identity.venue == "embedded"

    @property
    def data_directory(self) -> Path:
        """The one asked for, or one of its own for every market."""
        if self._options.data_directory is not None:
            return self._options.data_directory
        return directory_of(self.identity, self._config)

    def start(self) -> End | None:
        """None when everything runs; else why the run ended while the exchange was away, and
        nothing is left running, nor when it raises TradingError."""
        try:
            end = self._start()
        except BaseException:
            self.stop()
            raise
        if end is not None:
            self.stop()
        return end

    def wait(self, seconds: float | None) -> End | None:
        """Until the run ends by itself or is ended, or the time is over (None)."""
        return self._crew.wait(seconds)

    def end(self, why: str) -> None:
        """Any thread, and signal handlers: ask for an orderly end."""
        self._crew.end(ExitCode.OK, why)

    def stop(self) -> tuple[str, ...]:
        """Ends every thread; returns the names of those that did not end in time."""
        self._manager.tell("STOPPING=1", "STATUS=stopping")
        stuck = self._crew.stop(self._config.runtime.stop_seconds)
        self._close()
        return stuck

    def told(self) -> tuple[Published, ...]:
        """Facts committed since this was last asked, from the first one on; one reader."""
        return () if self._told is None else self._told.drain()

    def status(self) -> RunStatus:
        return RunStatus(
            snapshot=self._outbox.snapshot,
            latency=self._loop.latency,
            feed=self._data.counters(),
            notes=tuple(self._notes),
            digest=self._outbox.digest.hexdigest(),
            market_is_over=self._access.over,
            overseer=None if self._doors is None else self._doors.overseer,
        )

    def _start(self) -> End | None:
        config = self._config
        settings = engine_settings(config)
        own = own_parts(settings)
        self._options.compile_kernels(self._say)
        self._refuse_at_once()
        mexc = self._access.reach()
        client = MexcClient(mexc, self._clock)
        outage = Outage(self._manager, self._crew.wait, self._mention)
        market = self._access.read(client, outage, self._note)
        if isinstance(market, End):
            client.close()
            return market
        path = self.data_directory / JOURNAL_NAME
        journal = self._journal = journal_recovery.open_journal(
            path, self.identity, self._clock.now(), config.storage
        )
        opening = self._opening(market, journal_recovery.recover(journal))
        core = assemble(settings, opening, batch=False, own=own)
        self._arena = arena_of(
            settings_of_run(config, self._options.secrets),
            config.portfolio.quote,
            lambda: assemble(settings, opening, batch=False, own=own_parts(settings), lean=True),
            self.data_directory,
        )
        self._inbox = Inbox(self._clock)
        alarm = StorageAlarm(self._inbox, self._crew, self._note)
        self._outbox = Outbox(
            journal,
            self._clock,
            config.runtime,
            alarm,
            on_strain=alarm.strain,
            image_facts=config.storage.image_facts,
        )
        self._backups = DailyBackups(path, config.storage, self._clock, self._note)
        self.desk = Desk(self._inbox, self._outbox, config.runtime)
        self._recording = self._recorder(opening, settings)
        flag, answers = KillFlag(self.data_directory), self._outbox.subscribe(ANSWERS)
        self._switch = KillSwitch(flag, self._inbox, answers, self._clock)
        self._loop = LiveLoop(
            core,
            GuardedInbox(self._inbox, self._switch),
            self._outbox,
            settings=config.runtime,
            recorder=tapped(self._recording, self._arena),
            watch=self._heed_facts,
        )
        self._wire_feeds(mexc, client, market)
        self._told = self.desk.subscribe(SubscriptionRule(name="log"))
        self._doors = self._open_doors(client, market)
        self._outbox.publish(self._opened(core))
        self._start_workers()
        return None

    def _wire_feeds(self, mexc: MexcSettings, client: MexcClient, market: Market) -> None:
        """And tell the core what happened before anything of it flows."""
        runtime = self._config.runtime
        self._processor = shared_processor() if runtime.share_processor else None
        wiring = FeedWiring(
            clock=self._clock,
            inbox=self._inbox,
            heartbeats=self._heartbeats,
            lane_messages=runtime.lane_messages,
            on_event=self._hear,
            processor=self._processor,
        )
        self._symbol_index = {each.symbol: at for at, each in enumerate(market.instruments)}
        self._data = MultiAssetDataService(mexc, client, market, wiring)
        for past in read_past_candles(client, market.instruments, self._clock.now(), self._note):
            self._inbox.submit(past)

    def _refuse_at_once(self) -> None:
        """What no waiting for the exchange would mend. Raises ConfigError."""
        refuse_journal_of_another_market(self.data_directory / JOURNAL_NAME, self.identity)
        if self._config.records.enabled:
            self._records_address()

    def _start_workers(self) -> None:
        """In the order in which they need one another; stopped in reverse."""
        runtime = self._config.runtime
        if self._recording is not None:
            self._launch("recorder", self._recording.run, self._recording.interrupt)
        for door in self._doors.workers if self._doors is not None else ():
            self._launch(door.name, door.run, door.interrupt, RestartRule())
        if self._config.records.enabled:
            self._launch("records", self._records().run, None, RestartRule(longest=300.0))
        self._launch("journal", self._keep_journal, self._outbox.interrupt)
        self._launch("core", staying_on(self._processor, self._loop.run), self._loop.interrupt)
        self._launch("kill-switch", self._switch.run, None)
        for name in ("core", "journal", "kill-switch"):
            self._heartbeats.expect(name, runtime.silence_seconds, critical=True)
        watchdog = Watchdog(
            self._heartbeats,
            trace_file(os.environ),
            runtime,
            lambda silence: self._note(f"silent: {silence}"),
        )
        self._launch("watchdog", watchdog.run, None)
        self._launch("backups", self._backups.run, None, RestartRule())
        self._launch("service", self._service_notice().run, None, RestartRule())
        for worker in self._data.workers:
            self._crew.start(worker)

    def _keep_journal(self, stop: Stop) -> None:
        """When the last fact is committed, the recording gets its last word."""
        self._outbox.run(stop)
        if self._recording is not None:
            digest = self._outbox.digest
            self._recording.finish(digest.count, digest.hexdigest())

    def _open_doors(self, client: MexcClient, market: Market) -> Doors:
        """Before the journal's thread runs: what it commits from then on is news."""
        outbox, clock, beats = self._outbox, self._clock, self._heartbeats
        doors = Doors(
            Surroundings(
                loaded=self._loaded,
                load_again=self._options.load_again or (lambda: self._loaded),
                secrets=self._options.secrets,
                data_directory=self.data_directory,
                chosen_pairs=chosen_pairs_in(
                    self._options.data_directory or self._config.data_directory
                ),
                clock=clock,
                desk=self.desk,
                outbox=outbox,
                read=JournalReader(self.data_directory / JOURNAL_NAME).read,
                client=client,
                instruments=market.instruments,
                records=self._records_address() if self._config.records.enabled else None,
                run=RunSources(
                    latency=lambda: self._loop.latency,
                    health=lambda: take_health(beats, outbox.snapshot, clock.now()),
                    feed=self._data.counters,
                    notes=lambda: tuple(self._notes),
                ),
                simulated=self.simulated,
                arena=self._arena,
                say=self._show,
            )
        )
        try:
            doors.open()
        except StorageError as error:
            # A desk that holds positions must not stay down because nobody can be told of them.
            self._show(f"nobody is told of anything, and Telegram is off: {error}")
            return doors
        if doors.hint:
            self._mention(doors.hint)
        return doors

    def _records_address(self) -> RecordsAddress:
        return records_address(self._config, os.environ, self.data_directory)

    def _records(self) -> RecordsKeeper:
        address = self._records_address()
        journal = JournalReader(self.data_directory / JOURNAL_NAME)
        settings = self._config.records
        return RecordsKeeper(address, settings, journal.read, self._outbox, self._note)

    def _service_notice(self) -> ServiceNotice:
        file, snapshot = self.data_directory / HEALTH_NAME, lambda: self._outbox.snapshot
        return ServiceNotice(self._manager, file, self._heartbeats, snapshot, self._note)

    def _launch(
        self,
        name: str,
        run: Callable[[Stop], None],
        interrupt: Callable[[], None] | None,
        restart: RestartRule | None = None,
    ) -> None:
        self._crew.start(
            Worker(
                name,
                run,
                restart=restart,
                heartbeats=self._heartbeats,
                interrupt=interrupt,
                on_event=self._hear,
            )
        )

    def _opening(self, market: Market, recovered: journal_recovery.Recovered) -> Opening:
        return Opening(
            at=self._clock.now(),
            venue=self.identity.venue,
            source=self.identity.source,
            simulated=self.simulated,
            seed=self._config.embedded.seed,
            settings_digest=self._settings_digest,
            version=__version__,
            instruments=market.instruments,
            history=recovered.history,
            image=recovered.image,
            folded=recovered.folded,
            rearmed=take_rearming(self.data_directory),
        )

    def _opened(self, core: Core) -> tuple[Fact, ...]:
        """What a start changes; a person is told what he might not expect."""
        facts = core.open()
        for words in told_at_opening(core.account, facts, self._config.portfolio.starting_balances):
            self._note(words)
        if (flag := KillFlag(self.data_directory)).sight() is not None:
            self._note(f"killed while {flag.path} is there: flash-trading rearm lifts it")
        return facts

    def _recorder(self, opening: Opening, settings: EngineSettings) -> RecordingWriter | None:
        if (path := self._options.record_to) is None:
            return None
        manifest, storage = manifest_of(opening, settings), self._config.storage
        return RecordingWriter(path, manifest, storage, self._clock, self._give_up_recording)

    def _give_up_recording(self, error: TradingError) -> None:
        self._note(f"the recording was given up: {error}")

    def _heed_facts(self, facts: tuple[Fact, ...]) -> None:
        """Core thread: a book that crossed itself is only mended by a new snapshot."""
        for fact in facts:
            if isinstance(fact, BookLost) and fact.reason is LossReason.CROSSED:
                self._data.request_resync(self._symbol_index[fact.symbol], fact.reason)

    def _hear(self, event: WorkerEvent) -> None:
        self._crew.heed(event)
        if event.why:
            self._note(f"{event.worker} {event.change}: {event.why}")

    def _note(self, words: str) -> None:
        self._show(words)
        if self._doors is not None:
            self._doors.tell(words)

    def _show(self, words: str) -> None:
        self._notes.append(words)
        self._mention(words)

    def _mention(self, words: str) -> None:
        _log.warning("%s", words)
        self._say(words)

    def _close(self) -> None:
        if self._doors is not None:
            self._doors.close()
        if self._journal is not None:
            self._journal.close()
        self._access.stop()
        self._manager.close()
