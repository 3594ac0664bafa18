"""What a decision was worth: the difference of two desks, to the last digit."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.fakes import ManualClock
from tests.oversight_desk import CoreDesk, arena
from tests.random_market import CALM, RandomMarket
from trading_agent.domain.command_facts import OverlayApplied, OverlayExpired, OverlayReverted
from trading_agent.domain.commands import ApplyOverlay, Command, Origin, RevertOverlay
from trading_agent.domain.facts import EquityMarked
from trading_agent.domain.market_rows import Rows
from trading_agent.domain.overlays import Overlay, OverlayKind
from trading_agent.domain.units import Nanos
from trading_agent.interfaces.oversight.applications import Application
from trading_agent.interfaces.oversight.outcomes import Decided, Decider, read_outcomes
from trading_agent.interfaces.oversight.verdict_of_trials import OUTCOMES_NAME

MESSAGES = RandomMarket(11, CALM).messages(9_000)
APPLIED, REVERTED, OVER = 1_000, 6_500, 7_000
"""Numbers of messages: an overlay lives at least five minutes."""


def overlay(desk: CoreDesk, name: str, **changes: Any) -> Overlay:
    shown = desk.snapshot()
    plain = {
        "overlay": name,
        "kind": OverlayKind.HALT_ENTRIES,
        "ttl_seconds": 3_000,
        "baseline": shown.changes.baseline,
        "snapshot_at": shown.at,
    }
    return Overlay(**(plain | changes))


def fed(desk: CoreDesk, messages: list[Rows], *commands: Command) -> None:
    for command in commands:
        desk.submit(command)
    for rows in messages:
        desk.feed(rows)


def decided(decision: str, cost_nano: int = 0) -> Decided:
    decider = Decider(source="model", models=("a/b",), prompt="p")
    return Decided(
        decision=decision, decider=decider, model="a/b", mode="shadow", cost_nano=cost_nano
    )


def idea(chosen: Overlay | None, *ends: str) -> tuple[Application, ...]:
    """What a proposal came to; nobody here looks at the proposal."""
    return (Application("", None, chosen, ends),)  # type: ignore[arg-type]


def plain_desk() -> CoreDesk:
    return CoreDesk(ManualClock())


def test_an_applied_decision_is_worth_what_the_desk_would_have_missed(tmp_path: Path) -> None:
    """A halt loses what would have been traded: told by two desks that know of no arena."""
    beside, desk = arena(tmp_path), plain_desk()
    desk.tap = beside
    fed(desk, MESSAGES[:APPLIED])
    beside.begin(decided("d1", 5))
    halt = ApplyOverlay(origin=Origin.OVERSEER, overlay=overlay(desk, "d1.1"))
    fed(desk, MESSAGES[APPLIED:REVERTED], halt)
    fed(desk, MESSAGES[REVERTED:OVER], RevertOverlay(origin=Origin.PERSON, overlay="d1.1"))
    beside.catch_up()
    (outcome,) = beside.finished()

    ended = next(each.at for each in desk.of(OverlayReverted))
    without = plain_desk()
    fed(without, MESSAGES[:APPLIED])
    fed(without, [rows for rows in MESSAGES[APPLIED:] if int(rows["at"][0]) <= ended])
    with_it = plain_desk()
    fed(with_it, MESSAGES[:APPLIED])
    fed(with_it, MESSAGES[APPLIED:REVERTED], halt)
    expected = with_it.core.equity - without.core.equity
    assert expected != 0
    assert outcome.effect == pytest.approx(float(expected), abs=1e-9)
    assert (outcome.decision, outcome.arm, outcome.applied) == ("d1", "overseer", True)
    assert outcome.cost_nano == 5


def test_a_tried_decision_is_worth_the_same_and_the_desk_never_hears_of_it(tmp_path: Path) -> None:
    applied, tried = plain_desk(), plain_desk()
    first, second = arena(tmp_path / "a"), arena(tmp_path / "b")
    applied.tap, tried.tap = first, second
    for desk in (applied, tried):
        fed(desk, MESSAGES[:APPLIED])
    chosen = overlay(applied, "d1.1", ttl_seconds=300)
    first.begin(decided("d1"))
    second.try_out(decided("d1"), "overseer", idea(chosen))
    fed(applied, MESSAGES[APPLIED:], ApplyOverlay(origin=Origin.OVERSEER, overlay=chosen))
    fed(tried, MESSAGES[APPLIED:])
    first.catch_up()
    second.catch_up()
    (one,), (other,) = first.finished(), second.finished()
    assert one.effect == pytest.approx(other.effect, abs=1e-9)
    assert (one.applied, other.applied) == (True, False)
    assert not tried.of(OverlayApplied)
    assert len(applied.of(OverlayExpired)) == 1


def test_two_decisions_at_once_are_told_apart(tmp_path: Path) -> None:
    """Each is compared with a desk that has the other one."""
    beside, desk = arena(tmp_path), plain_desk()
    desk.tap = beside
    fed(desk, MESSAGES[:APPLIED])
    risk = {"kind": OverlayKind.RISK_MULTIPLIER, "value": Decimal("0.5"), "ttl_seconds": 300}
    for decision in ("d1", "d2"):
        beside.begin(decided(decision))
    halt = overlay(desk, "d2.1", ttl_seconds=300)
    fed(
        desk,
        MESSAGES[APPLIED:],
        ApplyOverlay(origin=Origin.OVERSEER, overlay=overlay(desk, "d1.1", **risk)),
        ApplyOverlay(origin=Origin.OVERSEER, overlay=halt),
    )
    beside.catch_up()
    outcomes = {each.decision: each for each in beside.finished()}
    assert set(outcomes) == {"d1", "d2"}
    # While all entries are halted, smaller ones make no difference.
    assert outcomes["d1"].effect == 0.0
    assert outcomes["d2"].effect != 0.0


def test_a_refused_overlay_is_no_decision(tmp_path: Path) -> None:
    beside, desk = arena(tmp_path), plain_desk()
    desk.tap = beside
    fed(desk, MESSAGES[:APPLIED])
    beside.begin(decided("d1"))
    late = overlay(desk, "d1.1", snapshot_at=Nanos(1))
    fed(desk, MESSAGES[APPLIED:1_500], ApplyOverlay(origin=Origin.OVERSEER, overlay=late))
    beside.catch_up()
    assert beside.running() == {}
    assert beside.finished() == ()


def test_a_twin_that_is_none_ends_the_measuring(tmp_path: Path) -> None:
    beside, desk = arena(tmp_path), plain_desk()
    desk.tap = beside
    fed(desk, MESSAGES[:2_000])
    mark = desk.of(EquityMarked)[-1]
    beside.truth(mark)
    beside.catch_up()
    assert "no longer" not in beside.words()
    beside.truth(
        EquityMarked(
            at=mark.at, equity=mark.equity + 1, day_start=Decimal(1), high_water=Decimal(1)
        )
    )
    beside.catch_up()
    assert "another way" in beside.words()


def test_who_falls_behind_gives_up_and_says_so(tmp_path: Path) -> None:
    beside, desk = arena(tmp_path, most_waiting=100), plain_desk()
    desk.tap = beside
    fed(desk, MESSAGES[:300])
    beside.catch_up()
    assert "too far behind" in beside.words()


def test_outcomes_outlast_a_restart(tmp_path: Path) -> None:
    beside, desk = arena(tmp_path), plain_desk()
    desk.tap = beside
    fed(desk, MESSAGES[:APPLIED])
    beside.try_out(decided("d1"), "overseer", idea(overlay(desk, "d1.1", ttl_seconds=300)))
    fed(desk, MESSAGES[APPLIED:])
    beside.catch_up()
    (outcome,) = beside.finished()
    again = arena(tmp_path)
    assert [each.decision for each in again.resolved()] == ["d1"]
    assert again.resolved()[0].effect_percent == pytest.approx(outcome.percent)


def test_what_follows_a_refused_part_of_a_decision_is_measured(tmp_path: Path) -> None:
    beside, desk = arena(tmp_path), plain_desk()
    desk.tap = beside
    fed(desk, MESSAGES[:APPLIED])
    beside.begin(decided("d1"))
    late = overlay(desk, "d1.1", snapshot_at=Nanos(1))
    good = overlay(desk, "d1.2", ttl_seconds=300)
    commands = [ApplyOverlay(origin=Origin.OVERSEER, overlay=it) for it in (late, good)]
    fed(desk, MESSAGES[APPLIED:], *commands)
    beside.catch_up()
    assert [it.overlay.overlay for it in desk.of(OverlayApplied)] == ["d1.2"]
    (outcome,) = beside.finished()
    assert outcome.effect != 0.0


def test_two_consents_to_one_decision_are_one_outcome(tmp_path: Path) -> None:
    """The second comes while the first holds; the desk beside has neither."""
    beside, desk = arena(tmp_path), plain_desk()
    desk.tap = beside
    fed(desk, MESSAGES[:APPLIED])
    risk = {"kind": OverlayKind.RISK_MULTIPLIER, "value": Decimal("0.5"), "ttl_seconds": 300}
    for name, changes, span in (
        ("d1.1", risk, MESSAGES[APPLIED : APPLIED + 200]),
        ("d1.2", {"ttl_seconds": 300}, MESSAGES[APPLIED + 200 :]),
    ):
        beside.begin(decided("d1"))
        consented = overlay(desk, name, **changes)
        fed(desk, span, ApplyOverlay(origin=Origin.PERSON, overlay=consented))
    beside.catch_up()
    (outcome,) = beside.finished()
    without = plain_desk()
    fed(without, MESSAGES[:APPLIED])
    fed(without, [rows for rows in MESSAGES[APPLIED:] if int(rows["at"][0]) <= outcome.ended])
    ended = [each.at for each in desk.of(OverlayExpired)]
    assert outcome.ended >= max(ended)
    marked = plain_desk()
    fed(marked, MESSAGES[:APPLIED])
    assert outcome.equity == pytest.approx(float(marked.core.equity))


@pytest.mark.parametrize("value", [Decimal("0.9"), None])
def test_a_restore_that_is_tried_is_worth_what_a_desk_without_the_overlay_earns(
    tmp_path: Path, value: Decimal | None
) -> None:
    """0.5 still holds at the desk: beside it ends, and 0.9 holds there, or nothing. What is not
    ended would go on as the more careful of both."""
    beside, desk = arena(tmp_path), plain_desk()
    desk.tap = beside
    fed(desk, MESSAGES[:APPLIED])
    risk = {"kind": OverlayKind.RISK_MULTIPLIER, "ttl_seconds": 300}
    careful = overlay(desk, "d1.1", value=Decimal("0.5"), **risk)
    fed(
        desk,
        MESSAGES[APPLIED : APPLIED + 50],
        ApplyOverlay(origin=Origin.OVERSEER, overlay=careful),
    )
    bolder = None if value is None else overlay(desk, "d2.1", value=value, **risk)
    beside.try_out(decided("d2"), "overseer", idea(bolder, "d1.1"), held_out=True)
    fed(desk, MESSAGES[APPLIED + 50 :])
    beside.catch_up()
    (outcome,) = beside.finished()
    assert outcome.effect != 0.0
    assert outcome.held_out
    if value is None:
        ended = next(each.at for each in desk.of(OverlayExpired))
        assert outcome.ended >= ended
        freed = plain_desk()
        fed(freed, MESSAGES[:APPLIED])
        applied = ApplyOverlay(origin=Origin.OVERSEER, overlay=careful)
        fed(freed, MESSAGES[APPLIED : APPLIED + 50], applied)
        until = [rows for rows in MESSAGES[APPLIED + 50 :] if int(rows["at"][0]) <= outcome.ended]
        # The arena hears of it after the last input, the desk here before the next one.
        fed(freed, until, RevertOverlay(origin=Origin.PERSON, overlay="d1.1"))
        kept = plain_desk()
        fed(kept, MESSAGES[:APPLIED])
        fed(kept, MESSAGES[APPLIED : APPLIED + 50], applied)
        fed(kept, until)
        apart = float(freed.core.equity - kept.core.equity)
        assert outcome.effect == pytest.approx(apart, abs=1e-9)


def test_an_applied_restore_is_measured_until_what_it_ended_would_have_ended(
    tmp_path: Path,
) -> None:
    beside, desk = arena(tmp_path), plain_desk()
    desk.tap = beside
    fed(desk, MESSAGES[:APPLIED])
    halt = overlay(desk, "d1.1", ttl_seconds=300)
    apply = ApplyOverlay(origin=Origin.OVERSEER, overlay=halt)
    fed(desk, MESSAGES[APPLIED:2_000], apply)
    beside.begin(decided("d2"))
    back = RevertOverlay(origin=Origin.OVERSEER, overlay="d1.1", why="for d2: it is calm")
    fed(desk, MESSAGES[2_000:], back)
    beside.catch_up()
    (outcome,) = beside.finished()
    kept = plain_desk()
    fed(kept, MESSAGES[:APPLIED])
    fed(kept, [rows for rows in MESSAGES[APPLIED:] if int(rows["at"][0]) <= outcome.ended], apply)
    assert outcome.ended >= next(each.at for each in kept.of(OverlayExpired))
    assert (outcome.decision, outcome.applied) == ("d2", True)
    assert outcome.effect != 0.0


def test_a_rival_is_measured_instead_of_the_decision_not_on_top_of_it(tmp_path: Path) -> None:
    """The desk applies a halt; the rules would have done the very same: both are worth the same."""
    beside, desk = arena(tmp_path), plain_desk()
    desk.tap = beside
    fed(desk, MESSAGES[:APPLIED])
    halt = overlay(desk, "d1.1", ttl_seconds=300)
    beside.begin(decided("d1"))
    beside.try_out(decided("d1"), "rules", idea(halt))
    fed(desk, MESSAGES[APPLIED:], ApplyOverlay(origin=Origin.OVERSEER, overlay=halt))
    beside.catch_up()
    effects = {each.arm: each.effect for each in beside.finished()}
    assert effects["overseer"] != 0.0
    assert effects["rules"] == pytest.approx(effects["overseer"], abs=1e-9)


@pytest.mark.parametrize(("dies", "why"), [(False, "the run ended"), (True, "the run broke off")])
def test_what_a_stop_or_a_death_cuts_short_is_kept_as_far_as_it_came(
    tmp_path: Path, dies: bool, why: str
) -> None:
    beside, desk = arena(tmp_path), plain_desk()
    desk.tap = beside
    fed(desk, MESSAGES[:APPLIED])
    beside.begin(decided("d1", 3))
    halt = overlay(desk, "d1.1", ttl_seconds=3_000)
    fed(desk, MESSAGES[APPLIED:6_000], ApplyOverlay(origin=Origin.OVERSEER, overlay=halt))
    beside.catch_up()
    so_far = beside.running()["d1"]
    assert so_far != 0.0
    assert beside.finished() == ()
    if not dies:
        beside.end()
    again = arena(tmp_path)
    (resolved,) = again.resolved()
    assert resolved.decision == "d1"
    assert resolved.effect_percent != 0.0
    assert "cut short by the end of a run, counted as far as they came: 1" in str(again.report())
    kept = read_outcomes(tmp_path / OUTCOMES_NAME)
    (outcome,) = kept.outcomes
    assert (outcome.cut, outcome.decider, kept.unfinished) == (why, decided("d1").decider, ())


def test_all_that_was_applied_is_summed_over_runs_and_a_persons_own_is_not(tmp_path: Path) -> None:
    """A person's own halt is in both desks: nothing is apart but by the overseer's."""
    for run in (0, 1):
        beside, desk = arena(tmp_path), plain_desk()
        desk.tap = beside
        fed(desk, MESSAGES[:APPLIED])
        own = overlay(desk, "p1", ttl_seconds=300)
        begins = 2_000 + run
        fed(desk, MESSAGES[APPLIED:begins], ApplyOverlay(origin=Origin.PERSON, overlay=own))
        beside.catch_up()
        assert ("all that was applied" in str(beside.report())) is (run == 1)
        halt = overlay(desk, "d1.1", ttl_seconds=3_000)
        fed(desk, MESSAGES[begins:], ApplyOverlay(origin=Origin.OVERSEER, overlay=halt))
        beside.catch_up()
        beside.end()
    apart = read_outcomes(tmp_path / OUTCOMES_NAME).apart
    without = plain_desk()
    fed(without, MESSAGES[:APPLIED])
    fed(without, MESSAGES[APPLIED:], ApplyOverlay(origin=Origin.PERSON, overlay=own))
    assert len(apart) == 2
    expected = float(desk.core.equity - without.core.equity)
    assert list(apart.values())[1] == pytest.approx(expected, abs=1e-9)
    assert expected != 0.0
