"""Whatever people and the overseer ask for, in whatever order, over restarts: nothing is looser
than its bounds, nothing outlives its end, and the facts alone rebuild it."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from random import Random
from typing import Any, Final

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import START, a_core, a_plan, an_opening, engine_settings, joined
from tests.fact_laws import assert_lawful, folded, picture
from tests.overlays import an_overlay
from tests.random_market import PAIRS, RandomMarket, Trouble
from tests.story import audit
from trading_agent.domain.command_facts import (
    OverlayApplied,
    OverlayExpired,
)
from trading_agent.domain.commands import (
    ApplyOverlay,
    CancelEntries,
    CancelOrder,
    Command,
    EnterPosition,
    LockSymbol,
    Origin,
    RevertLoosening,
    RevertOverlay,
    SetParameter,
    StartTrading,
    SwitchStrategy,
    UndoParameter,
    UnlockSymbol,
)
from trading_agent.domain.documents import fact_from_text, input_from_text, to_text
from trading_agent.domain.facts import DeskClosed, Fact
from trading_agent.domain.market_rows import Rows
from trading_agent.domain.message import Closing, Input, MarketRows, Stamped, Woke
from trading_agent.domain.money import ExactSums
from trading_agent.domain.overlays import OverlayKind, Preset
from trading_agent.domain.units import MILLISECOND, SECOND, Nanos
from trading_agent.engine.account_image import image_from_text, image_of
from trading_agent.engine.core import Core
from trading_agent.engine.parameters import TABLE, configured, most_of, parameter_of
from trading_agent.engine.settings import OverlayBounds
from trading_agent.engine.tuning import PRESETS, Baseline, tune
from trading_agent.execution.settings import PaperSettings
from trading_agent.signals.sessions import TradingSessionManager
from trading_agent.signals.settings import SessionSettings

BOUNDS: Final = OverlayBounds(least_ttl_seconds=1, most_changes_a_day=1_000)
PLAN: Final = a_plan(
    signal={"cooldown_ms": 200, "imbalance_threshold": 0.1, "hysteresis": 1.0},
    order_notional=70.0,
    hold_seconds=3,
    take_profit_bps=3.0,
    stop_bps=9.0,
    resting_seconds=1,
    order_kind="LIMIT",
).model_copy(update={"sessions": {"US": SessionSettings(start_hour=13, end_hour=21)}})
SETTINGS: Final = engine_settings(
    plan=PLAN, paper=PaperSettings(latency_ms=15, latency_jitter_ms=10), overlays=BOUNDS
)
MANAGER: Final = TradingSessionManager(PLAN)
SYMBOLS: Final = tuple(pair.symbol for pair in PAIRS)
ORIGINS: Final = (
    *(Origin.PERSON, Origin.PERSON, Origin.PERSON),
    *(Origin.OVERSEER, Origin.OVERSEER, Origin.SYSTEM),
)
VALUES: Final = ("0", "0.1", "0.5", "0.8", "0.95", "1.1", "1.25", "1.26", "2", "3", "NaN", "1e-400")
TEXTS: Final = (
    "",
    "0",
    "0.04",
    "0.2",
    "0.5",
    "1",
    "1.5",
    "2",
    "3",
    "20",
    "500",
    "1e3",
    "nan",
    "-1",
)
NOTIONALS: Final = (None, Decimal(30), Decimal(5_000))
KEYS: Final = (*TABLE, "US.stop_bps", "US.entry_threshold", "OFF_HOURS.imbalance_threshold", "x.y")


def one_of(dice: Random, choices: Any) -> Any:
    return choices[int(dice.random() * len(choices))]


def a_proposal(core: Core, at: int, dice: Random, number: int) -> Command:
    kind = one_of(dice, tuple(OverlayKind))
    fields: dict[str, Any] = {
        "overlay": f"o{number}",
        "kind": kind,
        "ttl_seconds": int(dice.random() * 12),
        "scope": one_of(dice, ("", "", *SYMBOLS, "US", "OFF_HOURS")),
    }
    if kind in (OverlayKind.RISK_MULTIPLIER, OverlayKind.ENTRY_THRESHOLD) or dice.random() < 0.1:
        fields["value"] = Decimal(one_of(dice, VALUES))
    if kind is OverlayKind.PRESET:
        fields |= {"preset": one_of(dice, tuple(Preset)), "scope": ""}
    if kind is OverlayKind.HALT_ENTRIES:
        fields["scope"] = ""
    if dice.random() < 0.1:
        fields["baseline"] = "another"
    origin = one_of(dice, ORIGINS)
    return ApplyOverlay(origin=origin, overlay=an_overlay(core, at, **fields))


def a_command(core: Core, at: int, dice: Random, number: int) -> Command:
    origin, symbol = one_of(dice, ORIGINS), one_of(dice, SYMBOLS)
    until = at + int((dice.random() - 0.1) * 5 * SECOND) if dice.random() < 0.8 else 0
    names = tuple(core.account.changes.overlays) or ("o0",)
    makers: tuple[Callable[[], Command], ...] = (
        *(lambda: a_proposal(core, at, dice, number),) * 6,
        *(lambda: SetParameter(origin=origin, key=one_of(dice, KEYS), value=one_of(dice, TEXTS)),)
        * 3,
        lambda: UndoParameter(origin=origin),
        lambda: RevertOverlay(origin=origin, overlay=one_of(dice, names)),
        lambda: RevertOverlay(origin=origin),
        lambda: RevertLoosening(origin=Origin.SYSTEM),
        lambda: LockSymbol(origin=origin, symbol=symbol, until=Nanos(until)),
        lambda: UnlockSymbol(origin=origin, symbol=symbol),
        *(lambda: SwitchStrategy(origin=origin, strategy="flash", on=dice.random() < 0.7),) * 2,
        lambda: EnterPosition(origin=origin, symbol=symbol, notional=one_of(dice, NOTIONALS)),
        lambda: CancelOrder(origin=origin, order=core.account.last_order),
        lambda: CancelEntries(origin=origin, symbol=one_of(dice, ("", symbol))),
        lambda: StartTrading(origin=Origin.PERSON),
    )
    made: Command = one_of(dice, makers)()
    again = input_from_text(type(made).__name__, to_text(made))
    assert to_text(again) == to_text(made)
    return made


class Desk:
    """Judged after every step."""

    def __init__(self, at: int, facts: list[Fact], *, from_image: bool = False) -> None:
        opening = an_opening(*PAIRS, at=at, history=facts)
        if from_image:
            image = image_from_text(to_text(image_of(folded(facts))))
            opening = replace(opening, history=(), image=image, folded=len(facts))
        self.core = a_core(SETTINGS, opening)
        self.at, self.inputs = at, 0
        self.facts = [*facts, *self.core.open()]
        self.judge()

    def step(self, at: int, body: Input) -> None:
        self.at = max(self.at, at)
        self.inputs += 1
        told = self.core.step(Stamped(self.inputs, Nanos(self.at), body))
        self.facts += [fact_from_text(type(fact).__name__, to_text(fact)) for fact in told]
        self.judge()
        due = self.core.wakeup()
        assert due is None or due > self.at or isinstance(body, MarketRows)

    def judge(self) -> None:
        audit(self.core, self.at)
        core, changes = self.core, self.core.account.changes
        shown = core.snapshot(Nanos(self.at)).changes
        assert all(each.until > self.at for each in changes.overlays.values())
        assert all(each.until > self.at or not each.until for each in changes.locks.values())
        with ExactSums():
            expected = tune(core._state.baseline, changes)
        now = core._state.tuning
        assert replace(now, sessions=expected.sessions) == expected
        assert now.sessions.sessions == expected.sessions.sessions
        written = core._state.desk["schedule"].copy()
        now.sessions.write_schedule(written)
        assert written == core._state.desk["schedule"], "the compiled loop judges by the same"
        assert shown.baseline == expected.baseline
        judge_factors(shown, list(changes.overlays.values()))
        judge_values(core, shown)


def judge_factors(shown: Any, overlays: list[OverlayApplied]) -> None:
    """By another way of reckoning: every one that concerns it, and the most careful of them."""
    persons = {each.key: each.value for each in shown.parameters}
    own = persons["risk_multiplier"]
    for symbol in SYMBOLS:
        least = min(the(risk_of, overlays, symbol), default=Decimal(1))
        found = shown.risk_multipliers.get(symbol, shown.risk_multiplier)
        assert found == min(own * least, max(own, 2))
        assert found <= own * BOUNDS.most_risk_multiplier
        if all(each.origin is Origin.OVERSEER for each in overlays):
            assert found <= own, "the overseer alone only tightens"
    for session, found in shown.entry_thresholds.items():
        own = persons[f"{session}.entry_threshold"]
        most = max(the(limit_of, overlays, session), default=Decimal(1))
        assert found == max(own * most, Decimal("0.5"))
        assert found >= own * BOUNDS.least_entry_threshold
        if all(each.origin is Origin.OVERSEER for each in overlays):
            assert found >= own, "the overseer alone only tightens"
    halts = [each for each in overlays if each.overlay.kind is OverlayKind.HALT_ENTRIES]
    assert bool(shown.halted) == bool(halts)
    for each in overlays:
        bold = (risk_of(each) or 1) > 1 or (limit_of(each) or 1) < 1
        assert each.loosens == bold
        assert not bold or each.origin is Origin.PERSON
        assert not bold or each.overlay.baseline == shown.baseline


def the(
    factor_of: Callable[[OverlayApplied], Decimal | None],
    overlays: list[OverlayApplied],
    scope: str,
) -> list[Decimal]:
    """Factors of the overlays that concern it."""
    concerned = [each for each in overlays if each.overlay.scope in ("", scope)]
    return [factor for each in concerned if (factor := factor_of(each)) is not None]


def risk_of(applied: OverlayApplied) -> Decimal | None:
    overlay = applied.overlay
    if overlay.preset is not None:
        return PRESETS[overlay.preset][0]
    return overlay.value if overlay.kind is OverlayKind.RISK_MULTIPLIER else None


def limit_of(applied: OverlayApplied) -> Decimal | None:
    overlay = applied.overlay
    if overlay.preset is not None:
        return PRESETS[overlay.preset][1]
    return overlay.value if overlay.kind is OverlayKind.ENTRY_THRESHOLD else None


def judge_values(core: Core, shown: Any) -> None:
    """What people set is within the table, and no limit of risk is above what is configured."""
    for each in shown.parameters:
        parameter = parameter_of(each.key, MANAGER.sessions)
        assert parameter is not None
        least, most = parameter.row.least, most_of(parameter.row, SETTINGS.limits)
        session = next((s for s in MANAGER.sessions if s.name == each.session), None)
        assert each.configured == configured(
            parameter, session or MANAGER.sessions[0], SETTINGS.limits
        )
        assert each.value == each.configured or least <= each.value <= most
    limits = core._state.gate._limits
    for name in ("max_order_notional", "max_exposure", "max_open_orders"):
        assert getattr(limits, name) <= getattr(SETTINGS.limits, name)


def a_life(seed: int, count: int = 250) -> Desk:
    dice = Random(seed)
    market = RandomMarket(seed, Trouble(lost=0.02))
    desk = Desk(market.at, [])
    for message in market.messages(count):
        at = int(message["at"][0])
        while dice.random() < 0.4:
            between = desk.at + int(dice.random() * (at - desk.at + 1))
            desk.step(between, Woke())
            desk.step(between, a_command(desk.core, between, dice, len(desk.facts)))
        while (due := desk.core.wakeup()) is not None and due < at and dice.random() < 0.8:
            desk.step(due, Woke())
        desk.step(at, MarketRows(message))
        if dice.random() < 0.02:
            desk = restarted(desk, dice, 0.0)
    return restarted(desk, dice, 10.0)


def restarted(desk: Desk, dice: Random, away: float) -> Desk:
    """In order or not, from all facts or from an image; `away`: seconds at most."""
    if dice.random() < 0.3:
        desk.step(desk.at, Closing())
    at = desk.at + int(dice.random() * away * SECOND)
    return Desk(at, desk.facts, from_image=dice.random() < 0.5)


@given(seed=st.integers(0, 2**32))
@settings(max_examples=10)
def test_nothing_is_looser_than_its_bounds_and_the_facts_alone_rebuild_it(seed: int) -> None:
    desk = a_life(seed)
    assert_lawful(desk.facts)
    assert picture(folded(desk.facts)) == picture(desk.core.account)
    assert desk.core.image() == to_text(image_of(folded(desk.facts)))


Segment = tuple[list[Rows], list[Command]]


class Run:
    """Without any look at the desk in between."""

    def __init__(self, *, batch: bool) -> None:
        self.core = a_core(SETTINGS, an_opening(*PAIRS), batch=batch)
        self.facts: list[Fact] = list(self.core.open())
        self.inputs = 0

    def step(self, at: int, body: Input) -> None:
        self.inputs += 1
        self.facts += self.core.step(Stamped(self.inputs, Nanos(at), body))

    def rows(self, messages: list[Rows]) -> int:
        rows = joined(messages)
        self.step(int(rows["at"][0]), MarketRows(rows))
        return int(rows["at"][-1])


def a_script(seed: int) -> tuple[list[Segment], list[Fact]]:
    """Messages and what is asked after them; and what a core says that gets each part whole."""
    dice, run = Random(seed), Run(batch=True)
    script: list[Segment] = []
    market = RandomMarket(seed, Trouble(lost=0.003, crossed=0.003))
    for _ in range(12):
        messages = market.messages(1 + int(dice.random() * 60))
        at, asked = run.rows(messages), []
        while dice.random() < 0.75:
            command = a_command(run.core, at, dice, len(run.facts))
            run.step(at, command)
            asked.append(command)
        script.append((messages, asked))
    run.step(at, Closing())
    return script, run.facts


def cut(script: list[Segment], dice: Random, woken: float) -> list[Fact]:
    """The same in random pieces, woken at any time and whenever the core asks for it."""
    run, at = Run(batch=False), START
    for messages, asked in script:
        position = 0
        while position < len(messages):
            size = 1 + int(dice.random() ** 3 * 20)
            piece = messages[position : position + size]
            first = int(piece[0]["at"][0])
            while (due := run.core.wakeup()) is not None and due < first and woken:
                run.step(due, Woke())
            while dice.random() < woken and at < first - MILLISECOND:
                at += int(dice.random() * (first - at))
                run.step(at, Woke())
            at = run.rows(piece)
            position += size
        for command in asked:
            run.step(at, command)
    run.step(at, Closing())
    return run.facts


@given(seed=st.integers(0, 2**32), cuts=st.integers(0, 2**32))
@settings(max_examples=15)
def test_any_cut_of_the_stream_says_the_same_whatever_ends_meanwhile(seed: int, cuts: int) -> None:
    script, expected = a_script(seed)
    assert isinstance(expected[-1], DeskClosed)
    assert_lawful(expected)
    assert cut(script, Random(cuts), 0.0) == expected
    assert cut(script, Random(cuts), 0.5) == expected


def test_the_scripts_are_worth_cutting() -> None:
    """Ends fall into the midst of rows, and orders are sent meanwhile."""
    kinds: dict[str, int] = {}
    for seed in range(30):
        for fact in a_script(seed)[1]:
            kinds[type(fact).__name__] = kinds.get(type(fact).__name__, 0) + 1
    for name in ("OverlayApplied", "OverlayExpired", "OverlayReverted", "OverlayRefused"):
        assert kinds[name] > 10, kinds
    for name in ("ParameterSet", "ParameterUndone", "SymbolLocked", "SymbolUnlocked"):
        assert kinds[name] > 5, kinds
    assert min(kinds["OrderSent"], kinds["StrategySwitched"]) > 5, kinds


@given(
    overlays=st.lists(
        st.tuples(
            st.sampled_from(("risk", "threshold", "halt", "pause")),
            st.sampled_from(("0.2", "0.5", "0.9", "1.1", "1.25", "1.5")),
            st.sampled_from(("", *SYMBOLS)),
        ),
        min_size=1,
        max_size=6,
    ),
    dice=st.randoms(use_true_random=False),
)
@settings(max_examples=100)
def test_the_order_in_which_overlays_come_and_go_is_of_no_matter(
    overlays: list[tuple[str, str, str]], dice: Random
) -> None:
    baseline = Baseline("settings", MANAGER, SETTINGS.limits, BOUNDS)
    core = a_core(SETTINGS, an_opening(*PAIRS))
    core.open()
    applied = [an_applied(core, number, *each) for number, each in enumerate(overlays)]
    kept = applied[::2]
    changed = folded([])
    shuffled = sorted(applied, key=lambda _: dice.random())
    for fact in shuffled:
        changed.apply(fact)
    for fact in sorted(applied[1::2], key=lambda _: dice.random()):
        changed.apply(OverlayExpired(at=START, overlay=fact.overlay.overlay))
    plain = folded(kept)
    one, other = tune(baseline, changed.changes), tune(baseline, plain.changes)
    for name in ("risk", "risk_of", "thresholds", "ends_at", "baseline"):
        assert getattr(one, name) == getattr(other, name)
    assert one.sessions.sessions == other.sessions.sessions
    assert bool(one.halted) == bool(other.halted)
    assert set(one.closed) == set(other.closed)


def an_applied(core: Core, number: int, what: str, value: str, symbol: str) -> OverlayApplied:
    fields: dict[str, Any] = {
        "risk": {"kind": OverlayKind.RISK_MULTIPLIER, "value": Decimal(value), "scope": symbol},
        "threshold": {"kind": OverlayKind.ENTRY_THRESHOLD, "value": Decimal(value)},
        "halt": {},
        "pause": {"kind": OverlayKind.PAUSE_SYMBOL, "scope": symbol or SYMBOLS[0]},
    }[what]
    return OverlayApplied(
        at=START,
        origin=Origin.PERSON,
        overlay=an_overlay(core, START, overlay=f"o{number}", **fields),
        until=Nanos(START + (number + 1) * SECOND),
        loosens=False,
        equity=None,
    )
