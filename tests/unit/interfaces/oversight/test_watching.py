"""What is usual, when a lamp lights up, and which reasons are asked about."""

import math
from decimal import Decimal

import pytest

from llm_overseer.brief import Light, Severity, Trigger, TriggerKind
from tests.fakes import quiet_snapshot
from tests.run_statuses import busy_snapshot
from trading_agent.domain.facts import EquityMarked, PositionClosed
from trading_agent.domain.units import MINUTE, SECOND, Nanos
from trading_agent.interfaces.oversight.lamps import LampBoard, LampKind
from trading_agent.interfaces.oversight.reasons import Reasons
from trading_agent.interfaces.oversight.results import Results
from trading_agent.interfaces.oversight.settings import CadenceSettings, DetectorSettings
from trading_agent.interfaces.oversight.usual import Usual
from trading_agent.interfaces.oversight.watch import DeskWatch

STRESS = Trigger(TriggerKind.STRESS, Severity.ELEVATED, "BTCUSDC")
SWAN = Trigger(TriggerKind.BLACK_SWAN, Severity.CRITICAL, "BTCUSDC")
BEAT = Trigger(TriggerKind.HEARTBEAT, Severity.ROUTINE)


def test_ranks_are_those_among_what_the_window_holds() -> None:
    usual = Usual(learn_minutes=1, window_minutes=10)
    for number in range(6):
        assert usual.rank(3.0) is None
        usual.see(Nanos(number * 10 * SECOND), float(number))
    assert usual.rank(-1.0) == 0.0
    assert usual.rank(9.0) == 100.0
    assert usual.rank(2.0) == pytest.approx(100 * 2.5 / 6)
    for number in range(6, 200):
        usual.see(Nanos(number * 10 * SECOND), 100.0)
    assert usual.rank(50.0) == 0.0


def test_a_lamp_lights_up_after_a_while_and_goes_out_after_another() -> None:
    kind = LampKind("d.x", Light.AMBER, TriggerKind.STRESS, on_seconds=10.0, off_seconds=30.0)
    board = LampBoard()

    def see(second: float, condition: bool | None) -> Light:
        board.see(kind, "BTCUSDC", Nanos(int(second * SECOND)), condition)
        return board.detectors()[0].light

    assert see(0, None) is Light.UNKNOWN
    assert see(1, False) is Light.GREEN
    assert see(2, True) is Light.GREEN
    assert see(8, False) is Light.GREEN
    assert see(9, True) is Light.GREEN
    assert see(18.9, True) is Light.GREEN
    assert board.reasons() == ()
    assert see(19, True) is Light.AMBER
    assert board.reasons() == (STRESS,)
    assert board.reasons() == ()
    assert see(20, False) is Light.AMBER
    assert see(30, None) is Light.AMBER
    assert see(49.9, False) is Light.AMBER
    assert see(50, False) is Light.GREEN


def test_what_comes_together_is_one_question_and_the_worst_goes_first() -> None:
    reasons = Reasons(CadenceSettings(coalesce_seconds=5.0))
    reasons.add(BEAT, Nanos(0))
    reasons.add(STRESS, Nanos(2 * SECOND))
    reasons.add(SWAN, Nanos(3 * SECOND))
    assert reasons.worst is Severity.CRITICAL
    assert reasons.take(Nanos(4 * SECOND)) is None
    assert reasons.take(Nanos(5 * SECOND)) == SWAN
    assert reasons.take(Nanos(60 * SECOND)) is None
    assert reasons.dropped == 2


def test_what_comes_again_too_soon_is_no_reason() -> None:
    reasons = Reasons(CadenceSettings(coalesce_seconds=0.0, stress_minutes=15))
    other = Trigger(TriggerKind.STRESS, Severity.ELEVATED, "ETHUSDC")
    reasons.add(STRESS, Nanos(0))
    assert reasons.take(Nanos(0)) == STRESS
    reasons.add(STRESS, Nanos(14 * MINUTE))
    assert reasons.take(Nanos(14 * MINUTE)) is None
    reasons.add(other, Nanos(14 * MINUTE))
    assert reasons.take(Nanos(14 * MINUTE)) == other
    reasons.add(STRESS, Nanos(15 * MINUTE))
    assert reasons.take(Nanos(15 * MINUTE)) == STRESS


def closed(profit: int) -> PositionClosed:
    return PositionClosed(at=Nanos(1), symbol="BTCUSDC", profit=Decimal(profit))


def test_a_streak_ends_with_a_gain() -> None:
    results = Results(DetectorSettings())
    for profit in (1, -1, -2, -3):
        results.hear(closed(profit))
    assert results.streak == 3
    results.hear(closed(1))
    assert results.streak == 0


def test_a_hit_rate_is_compared_with_that_of_before() -> None:
    results = Results(DetectorSettings(least_trades=20))
    for number in range(40):
        results.hear(closed(1 if number % 2 else -1))
    assert results.unlucky() is False
    for _ in range(20):
        results.hear(closed(-1))
    assert results.unlucky() is True


def test_falls_are_from_the_most_it_was_ever_worth() -> None:
    results = Results(DetectorSettings())
    assert results.fall_percent(Decimal(100)) is None
    mark = EquityMarked(
        at=Nanos(1), equity=Decimal(100), day_start=Decimal(110), high_water=Decimal(125)
    )
    results.hear(mark)
    assert results.fall_percent(Decimal(100)) == pytest.approx(20.0)
    assert results.day_loss_percent(Decimal(99)) == pytest.approx(10.0)
    assert results.fall_percent(Decimal(130)) == 0.0


def test_a_fall_is_a_reason_once_at_each_step() -> None:
    watch = DeskWatch(DetectorSettings(drawdown_percent=8.0, day_loss_percent=0.0))
    watch.hear(
        EquityMarked(
            at=Nanos(1), equity=Decimal(100), day_start=Decimal(100), high_water=Decimal(100)
        )
    )
    kinds = []
    for number, equity in enumerate((99, 95, 94, 91, 90)):
        watch.see(structs_replace(equity, number + 1))
        kinds += [(each.kind, each.severity) for each in watch.reasons()]
    assert kinds == [
        (TriggerKind.DRAWDOWN_HALF, Severity.ELEVATED),
        (TriggerKind.DRAWDOWN_SOFT, Severity.CRITICAL),
    ]
    assert watch.alarms() == ("d.drawdown", "d.drawdown_half")


def structs_replace(equity: int, second: int) -> object:
    from msgspec.structs import replace

    return replace(quiet_snapshot(at=second * SECOND), equity=Decimal(equity))


def test_an_extreme_minute_is_critical() -> None:
    from msgspec.structs import replace

    watch = DeskWatch(DetectorSettings())
    desk = busy_snapshot()
    view = replace(desk.symbols[0], book_ready=True)

    def see(second: int, price: float) -> None:
        mid = Decimal(repr(round(price, 6)))
        moved = replace(view, bid=mid, ask=mid)
        watch.see(
            replace(desk, at=Nanos(desk.at + second * SECOND), symbols=(moved,), positions=())
        )

    price = 100.0
    for second in range(0, 40 * 60, 5):
        see(second, price * math.exp(0.0002 * ((second // 60) % 3 - 1)))
    assert not [each for each in watch.reasons() if each.kind is TriggerKind.BLACK_SWAN]
    see(40 * 60, price * 1.03)
    swans = [each for each in watch.reasons() if each.kind is TriggerKind.BLACK_SWAN]
    assert [each.severity for each in swans] == [Severity.CRITICAL]
