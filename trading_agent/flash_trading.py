"""The composition root: wires market, core, journal and watchers; starts and stops them."""

import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from msgspec import Struct

from trading_agent import __version__
from trading_agent.adapters.mexc.data_service import (
    FeedWiring,
    Market,
    MultiAssetDataService,
    read_market,
)
from trading_agent.adapters.mexc.past_candles import read_past_candles
from trading_agent.adapters.mexc.rest import MexcClient
from trading_agent.adapters.mexc.settings import MexcSettings
from trading_agent.adapters.mexc.stream_counters import StreamCounters
from trading_agent.adapters.records.keeper import RecordsKeeper
from trading_agent.adapters.storage import journal_recovery
from trading_agent.adapters.storage.journal import Journal, JournalIdentity, JournalReader
from trading_agent.adapters.storage.journal_backup import DailyBackups
from trading_agent.adapters.storage.journal_check import refuse_journal_of_another_market
from trading_agent.adapters.storage.recording import RecordingWriter
from trading_agent.adapters.storage.recording_opening import manifest_of
from trading_agent.config.engine_parts import engine_settings, own_strategies
from trading_agent.config.kernels import compile_live
from trading_agent.config.loading import LoadedConfig
from trading_agent.config.market_identity import directory_of, market_identity
from trading_agent.config.records_address import records_address
from trading_agent.domain.errors import ConfigError
from trading_agent.domain.facts import BookLost, Fact
from trading_agent.domain.market_rows import LossReason
from trading_agent.domain.snapshot import DeskSnapshot
from trading_agent.embedded_exchange.server import EmbeddedExchange, serve
from trading_agent.engine.assembly import assemble
from trading_agent.engine.core import Core
from trading_agent.engine.desk_state import EngineSettings
from trading_agent.engine.opening import Opening, told_at_opening
from trading_agent.runtime.clock import SystemClock
from trading_agent.runtime.crew import Crew, End, StorageAlarm
from trading_agent.runtime.desk import Desk
from trading_agent.runtime.exit_codes import ExitCode
from trading_agent.runtime.health import HEALTH_NAME
from trading_agent.runtime.inbox import Inbox
from trading_agent.runtime.kill_switch import ANSWERS, GuardedInbox, KillFlag, KillSwitch
from trading_agent.runtime.latency import LatencyReport
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


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """What the command line adds to the configuration. `play`: recordings that the embedded
    exchange plays as `play_as`, `speed` times as fast (infinite: as fast as they are taken)."""

    play: tuple[Path, ...] = ()
    play_as: str = ""
    speed: float = 1.0
    record_to: Path | None = None
    data_directory: Path | None = None
    compile_kernels: Callable[[Callable[[str], None]], None] = compile_live


class RunStatus(Struct, frozen=True):
    """The run at one moment, for a board or a closing report. `notes`: what a person must know."""

    snapshot: DeskSnapshot | None
    latency: LatencyReport
    feed: StreamCounters
    notes: tuple[str, ...]
    digest: str
    market_is_over: bool


class FlashTradingSystem:
    """One run of the engine. `start`, then `wait` until it ends, then `stop`."""

    def __init__(
        self, loaded: LoadedConfig, options: RunOptions, say: Callable[[str], None]
    ) -> None:
        self._config = loaded.config
        self._settings_digest = loaded.digest
        self._options = options
        self._say = say
        self._clock = SystemClock()
        self._heartbeats = Heartbeats(self._clock)
        self._manager = ServiceManager.of(os.environ, os.getpid())
        self._crew = Crew()
        self._notes: list[str] = []
        self._exchange: EmbeddedExchange | None = None
        self._journal: Journal | None = None
        self._told: Subscription | None = None
        self._recording: RecordingWriter | None = None

    @property
    def identity(self) -> JournalIdentity:
        """Which market this run trades; its journal belongs to that market alone."""
        return market_identity(self._config, self._options.play, self._options.play_as)

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
        exchange = self._exchange
        return RunStatus(
            snapshot=self._outbox.snapshot,
            latency=self._loop.latency,
            feed=self._data.counters(),
            notes=tuple(self._notes),
            digest=self._outbox.digest.hexdigest(),
            market_is_over=exchange is not None and (exchange.over or exchange.failure is not None),
        )

    def _start(self) -> End | None:
        config = self._config
        own = own_strategies(config)
        self._options.compile_kernels(self._say)
        self._refuse_at_once()
        mexc = self._reach_market()
        client = MexcClient(mexc, self._clock)
        market = self._read_market(mexc, client)
        if isinstance(market, End):
            client.close()
            return market
        self._judge(market)
        settings = engine_settings(config)
        path = self.data_directory / JOURNAL_NAME
        journal = self._journal = journal_recovery.open_journal(
            path, self.identity, self._clock.now(), config.storage
        )
        opening = self._opening(market, journal_recovery.recover(journal))
        core = assemble(settings, opening, batch=False, own=own)
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
            recorder=self._recording,
            watch=self._heed_facts,
        )
        self._wire_feeds(mexc, client, market)
        self._told = self.desk.subscribe(SubscriptionRule(name="log"))
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
            records_address(self._config, os.environ, self.data_directory)

    def _read_market(self, mexc: MexcSettings, client: MexcClient) -> Market | End:
        expect = mexc.expect_zero_fee
        ask = partial(read_market, client, self._symbols(), expect_zero_fee=expect)
        if self._exchange is not None:
            # Our own is never away: if it does not answer, it is broken.
            return ask()
        return Outage(self._manager, self._crew.wait, self._mention).ask(ask)

    def _start_workers(self) -> None:
        """In the order in which they need one another; stopped in reverse."""
        runtime = self._config.runtime
        if self._recording is not None:
            self._launch("recorder", self._recording.run, self._recording.interrupt)
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

    def _records(self) -> RecordsKeeper:
        address = records_address(self._config, os.environ, self.data_directory)
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

    def _reach_market(self) -> MexcSettings:
        """MEXC's settings, pointed at the embedded exchange when that is the venue."""
        config, options = self._config, self._options
        if config.venue != "embedded" and not options.play:
            return config.mexc
        self._exchange = serve(
            config.embedded,
            recordings=options.play,
            symbol=options.play_as,
            speed=options.speed,
            clock=self._clock,
        )
        return config.mexc.model_copy(
            update={"rest_url": self._exchange.rest_url, "stream_url": self._exchange.stream_url}
        )

    def _symbols(self) -> tuple[str, ...]:
        return (self._options.play_as,) if self._options.play else self._config.symbols

    def _judge(self, market: Market) -> None:
        """Say loudly what is wrong with the pairs; refuse a market without any."""
        for finding in market.findings:
            self._note(finding.words)
        if not market.instruments:
            raise ConfigError("none of the configured symbols can be traded: see above")
        quote = self._config.portfolio.quote
        foreign = [each.symbol for each in market.instruments if each.quote != quote]
        if foreign:
            raise ConfigError(
                f"{', '.join(foreign)} is not priced in {quote}: set portfolio.quote and "
                "portfolio.starting_balances to its quote asset, or trade another pair"
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
        storage, on_broken = (
            self._config.storage,
            lambda error: self._note(f"the recording was given up: {error}"),
        )
        manifest = manifest_of(opening, settings)
        return RecordingWriter(path, manifest, storage, self._clock, on_broken)

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
        self._notes.append(words)
        self._mention(words)

    def _mention(self, words: str) -> None:
        _log.warning("%s", words)
        self._say(words)

    def _close(self) -> None:
        if self._journal is not None:
            self._journal.close()
        if self._exchange is not None:
            self._exchange.stop()
        self._manager.close()
