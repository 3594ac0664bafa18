"""All evidence together, in markets whose truth is known: asked of the engine itself, and measured
by its strength and by family."""

from dataclasses import replace as with_settings
from decimal import Decimal

import numpy as np
import pytest

from tests.unit.research.evaluations import a_request, settings_of
from tests.unit.research.planted_market import FIRST, JUMP, planted_tape
from trading_agent.domain.evidence_facts import EntryWeighed
from trading_agent.domain.message import MarketRows, Stamped
from trading_agent.domain.units import MINUTE, SECOND, Nanos
from trading_agent.engine.assembly import assemble
from trading_agent.engine.compiled_loop import prepare_batch
from trading_agent.engine.opening import Opening
from trading_agent.execution.settings import PaperSettings
from trading_agent.portfolio.settings import PortfolioSettings
from trading_agent.research.recorded_tape import RecordedTape
from trading_agent.research.signal_edge import Ground
from trading_agent.research.signal_evaluation import SignalEvaluation, evaluation_of
from trading_agent.research.signal_fills import TripTerms
from trading_agent.research.signal_groups import group_samples
from trading_agent.research.signal_raised import Raised, raised_signals
from trading_agent.research.signal_samples import Samples, in_one_stream, sample
from trading_agent.research.signal_shifts import EVERYTHING
from trading_agent.research.strategy_trials import Fees, Stage, stage_of
from trading_agent.research.weighed_edge import THIRDS, measure_weighed
from trading_agent.research.weighed_signal import FAMILIES, Weighed, beside, weighed_signals
from trading_agent.research.weighed_tables import weighed_tables
from trading_agent.signals.enhanced.settings import EnhancedSettings
from trading_agent.signals.settings import SessionPlan
from trading_agent.strategies.own_parts import NOTHING_OWN

WEIGHED = EnhancedSettings()
PLAN = SessionPlan()


@pytest.fixture(scope="module", autouse=True)
def _compiled() -> None:
    prepare_batch()


def staged(tape: RecordedTape) -> Stage:
    settings = settings_of("flash", enhanced=WEIGHED)
    return stage_of([tape], settings, lambda _: Fees(0.0, 0.0), NOTHING_OWN, seed=1)


@pytest.fixture(scope="module")
def honest() -> RecordedTape:
    return planted_tape(honest=True)


@pytest.fixture(scope="module")
def raised(honest: RecordedTape) -> Raised:
    return raised_signals(in_one_stream(honest), PLAN)


@pytest.fixture(scope="module")
def found(honest: RecordedTape) -> SignalEvaluation:
    request = a_request("flash")
    settings = with_settings(request.settings, enhanced=WEIGHED)
    asked = type(request)(data=(), settings=settings, taker_fee_bps=0.0)
    return evaluation_of((honest,), asked, lambda _: None, (honest,))


def test_it_is_asked_at_every_signal_and_every_minutes_close(
    honest: RecordedTape, raised: Raised
) -> None:
    weighed = weighed_signals(staged(honest), raised)
    ends = honest.depth["at"]
    closings = int(ends[-1] // MINUTE - ends[0] // MINUTE)
    assert weighed.occasions == len(raised.at) + closings
    assert weighed.occasions == len(weighed.said.at) + weighed.silent
    assert set(raised.at.tolist()) <= set(weighed.said.at.tolist())
    assert all(
        (shares[weighed.said.direction > 0] >= 0).all() for shares in weighed.shares.values()
    )
    total = sum(weighed.shares.values())
    np.testing.assert_allclose(np.abs(total), weighed.said.strength, rtol=0, atol=1e-12)


def test_it_is_what_entries_are_weighed_by(honest: RecordedTape, raised: Raised) -> None:
    stage = staged(honest)
    weighed = weighed_signals(stage, raised)
    at = Nanos(int(stage.rows["at"][0]))
    opening = Opening(
        at=at,
        venue="test",
        source="test",
        simulated=True,
        seed=1,
        settings_digest="",
        version="",
        instruments=stage.instruments,
        history=(),
    )
    cash = PortfolioSettings(starting_balances={"USDT": Decimal(10_000)}, quote="USDT")
    core = assemble(with_settings(stage.settings, portfolio=cash), opening, batch=True)
    facts = [*core.open(), *core.step(Stamped(1, at, MarketRows(stage.rows)))]
    entries = [fact for fact in facts if isinstance(fact, EntryWeighed)]
    assert len(entries) > 5
    said = dict(zip(weighed.said.at.tolist(), weighed.said.strength.tolist(), strict=True))
    assert [said[each.at] for each in entries] == [each.strength for each in entries]


def test_what_it_says_does_not_depend_on_what_comes_after(
    honest: RecordedTape, raised: Raised
) -> None:
    whole = weighed_signals(staged(honest), raised).said
    other = planted_tape(honest=True, seed=2)
    cut = FIRST + 200 * SECOND
    both = [
        np.concatenate([one[one["at"] < cut], two[two["at"] >= cut]])
        for one, two in ((honest.depth, other.depth), (honest.prints, other.prints))
    ]
    mixed = RecordedTape(
        symbol=honest.symbol, instrument=honest.instrument, depth=both[0], prints=both[1]
    )
    changed = weighed_signals(staged(mixed), raised_signals(in_one_stream(mixed), PLAN)).said
    before, after = whole.at < cut, changed.at < cut
    assert before.sum() > 10
    assert whole.at[before].tolist() == changed.at[after].tolist()
    assert whole.strength[before].tolist() == changed.strength[after].tolist()


def test_a_planted_edge_is_found(found: SignalEvaluation) -> None:
    (weighed,) = found.weighed
    whole = {each.horizon: each for each in weighed.edge if each.group == EVERYTHING}
    assert whole[1.0].hit.value > 0.9
    assert whole[1.0].move_bps.value > 0.8 * JUMP
    assert whole[1.0].false_share is not None
    (flash,) = [each for each in weighed.families if (each.family, each.horizon) == ("flash", 1.0)]
    assert flash.ic is not None
    assert flash.ic.low is not None
    assert flash.ic.low > 0.0


def test_where_there_is_no_edge_none_is_found() -> None:
    tape = planted_tape(honest=False)
    weighed = weighed_signals(staged(tape), raised_signals(in_one_stream(tape), PLAN))
    measured = measure_weighed(ground_of(tape), weighed)
    (flash,) = [each for each in measured.families if (each.family, each.horizon) == ("flash", 1.0)]
    assert flash.ic is not None
    assert flash.ic.low is not None
    assert flash.ic.high is not None
    assert flash.ic.low < 0.0 < flash.ic.high


def ground_of(tape: RecordedTape) -> Ground:
    samples: Samples = sample(tape, PLAN)
    terms = TripTerms(
        horizons=(1.0, 5.0),
        notional=250.0,
        paper=PaperSettings(latency_ms=15.0),
        taker_fee_bps=0.0,
        seed=1,
    )
    groupings = group_samples(samples, PLAN)
    return Ground(rows=in_one_stream(tape), samples=samples, groupings=groupings, terms=terms)


def by_strength(raised: Raised, *, right: bool) -> Weighed:
    """The planted signals, of which the weak ones point the wrong way; or the strong ones."""
    strength = np.linspace(0.1, 0.9, len(raised.at))
    strength = strength[np.argsort(np.arange(len(strength)) * 7 % len(strength))]
    sure = strength > 0.5 if right else strength <= 0.5
    direction = np.where(sure, raised.direction, -raised.direction)
    said = Raised(at=raised.at, direction=direction, session=raised.session, strength=strength)
    shares = {family: np.zeros(len(strength)) for family in FAMILIES}
    shares["flash"] = strength * raised.direction
    shares["candles"] = -strength * raised.direction
    return Weighed(said=said, shares=shares, occasions=len(strength) + 3, silent=3)


@pytest.mark.parametrize("right", [True, False])
def test_whether_strength_pays_is_found(honest: RecordedTape, raised: Raised, right: bool) -> None:
    measured = measure_weighed(ground_of(honest), by_strength(raised, right=right))
    thirds = [each for each in measured.thirds if each.horizon == 1.0]
    assert [each.third for each in thirds] == list(THIRDS)
    assert sum(each.n for each in thirds) == len(raised.at)
    moves = [each.move_bps.value for each in thirds if each.move_bps]
    assert moves == sorted(moves, reverse=not right)
    assert abs(moves[0] + moves[2]) < 1.0 < abs(moves[2])
    (order,) = [each.order for each in measured.orders if each.horizon == 1.0]
    assert order is not None
    assert (order.value > 0.4) if right else (order.value < -0.4)
    ics = {each.family: each.ic for each in measured.families if each.horizon == 1.0}
    assert set(ics) == {"flash", "candles"}
    assert ics["flash"] is not None
    assert ics["candles"] is not None
    assert ics["flash"].value > 0.0 > ics["candles"].value


def test_who_may_lead_is_another_symbol_of_the_same_time(honest: RecordedTape) -> None:
    def shifted(symbol: str, seconds: int) -> RecordedTape:
        parts = [rows.copy() for rows in (honest.depth, honest.prints)]
        for rows in parts:
            rows["at"] += seconds * SECOND
        return RecordedTape(
            symbol=symbol, instrument=honest.instrument, depth=parts[0], prints=parts[1]
        )

    band = [honest, shifted("NEAR", 60), shifted("LATER", 86_400)]
    assert [each.symbol for each in beside(honest, band)] == ["NEAR"]


def test_nothing_is_weighed_where_entries_are_not(honest: RecordedTape) -> None:
    assert evaluation_of((honest,), a_request("flash"), lambda _: None).weighed == ()


def test_every_figure_is_in_a_table(found: SignalEvaluation) -> None:
    (weighed,) = found.weighed
    whole, families, thirds = weighed_tables(found, "PLANTED")
    assert len(whole.rows) == 6
    assert f"{weighed.occasions:,} times" in whole.note
    assert len(families.rows) == len(weighed.families)
    assert len(thirds.rows) == len(weighed.thirds) == 18
    for table in (whole, families, thirds):
        assert all(len(row) == len(table.columns) for row in table.rows)
    assert [len(each.rows) for each in weighed_tables(found, "ANOTHER")] == [0, 0, 0]
