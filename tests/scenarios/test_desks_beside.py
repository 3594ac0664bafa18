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


def plain_desk() -> CoreDesk:
    return CoreDesk(ManualClock())


def test_an_applied_decision_is_worth_what_the_desk_would_have_missed(tmp_path: Path) -> None:
    """A halt loses what would have been traded: told by two desks that know of no arena."""
    beside, desk = arena(tmp_path), plain_desk()
    desk.tap = beside
    fed(desk, MESSAGES[:APPLIED])
    beside.begin("d1", 5)
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
    first.begin("d1", 0)
    second.try_out("d1", "overseer", (chosen,), 0)
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
        beside.begin(decision, 0)
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
    beside.begin("d1", 0)
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
    beside.try_out("d1", "overseer", (overlay(desk, "d1.1", ttl_seconds=300),), 7)
    fed(desk, MESSAGES[APPLIED:])
    beside.catch_up()
    (outcome,) = beside.finished()
    again = arena(tmp_path)
    assert [each.decision for each in again.resolved()] == ["d1"]
    assert again.resolved()[0].effect_percent == pytest.approx(outcome.percent)
