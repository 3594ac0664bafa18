"""What strategies are worth in markets whose truth is known, through the engine itself."""

from decimal import Decimal
from random import Random

import pytest
from msgspec.structs import replace

from tests.unit.research.evaluations import OWN, a_request, settings_of
from tests.unit.research.planted_market import (
    INSTRUMENT,
    JUMP,
    PRICE,
    planted_tape,
    trailing_tape,
    walking_tape,
)
from trading_agent.domain.errors import ConfigError
from trading_agent.engine.compiled_loop import prepare_batch
from trading_agent.research.recorded_tape import RecordedTape
from trading_agent.research.signal_evaluation import (
    EvaluationRequest,
    SignalEvaluation,
    evaluation_of,
)
from trading_agent.research.signal_shifts import EVERYTHING
from trading_agent.research.signal_statistics import Estimate
from trading_agent.research.signal_verdict import judge_evaluation, strategy_pays
from trading_agent.research.strategy_edge import ProposalFigure, StrategyFigure, horizons_of
from trading_agent.research.strategy_tables import strategy_table
from trading_agent.research.strategy_trials import Fees, Trial, stage_of, try_strategy
from trading_agent.risk.settings import RiskLimits
from trading_agent.signals.enhanced.settings import AggregationParameters, EnhancedSettings
from trading_agent.strategies.settings import ActiveStrategy, StrategySettings
from trading_agent.strategies.standard import STANDARD

pytestmark = pytest.mark.slow

EFFECT = 2
SPREAD = 1
# Of the five seconds after an impulse the first is over when its candle is told.
LEFT = 4 * EFFECT


@pytest.fixture(scope="module", autouse=True)
def _compiled() -> None:
    prepare_batch()


def evaluated(
    tape: RecordedTape, *names: str, request: EvaluationRequest | None = None
) -> SignalEvaluation:
    return evaluation_of((tape,), request or a_request(*names, own=OWN), lambda _: None, (tape,))


def tried(tape: RecordedTape, name: str, fee_bps: float = 0.0, **slices: object) -> Trial:
    stage = stage_of(
        [tape], settings_of(name, **slices), lambda _: Fees(fee_bps, fee_bps), OWN, seed=1
    )
    return try_strategy(ActiveStrategy(name=name), stage)


def of(found: SignalEvaluation, name: str) -> StrategyFigure:
    (figure,) = (each for each in found.strategies if each.strategy == name)
    return figure


def after(found: SignalEvaluation, name: str, bars: int) -> ProposalFigure:
    (figure,) = (
        each
        for each in found.proposals
        if (each.strategy, each.group, each.bars) == (name, EVERYTHING, bars)
    )
    return figure


def holds(estimate: Estimate | None, truth: float) -> bool:
    assert estimate is not None and estimate.low is not None and estimate.high is not None
    return estimate.low <= truth <= estimate.high


@pytest.fixture(scope="module")
def trailing() -> SignalEvaluation:
    return evaluated(trailing_tape(effect=EFFECT), "follow_impulse", "fade_impulse")


def test_a_planted_edge_is_found_with_its_sign_and_size(trailing: SignalEvaluation) -> None:
    figure = of(trailing, "follow_impulse")
    assert figure.why == "" and figure.timeframe == "1s"
    assert figure.trips == figure.bought == figure.sent == figure.proposals >= 12
    assert holds(figure.net_bps, LEFT - SPREAD)
    # A message after the candle is told the next second has begun.
    assert figure.late_trips == figure.trips
    assert holds(figure.late_net_bps, LEFT - EFFECT - SPREAD)
    assert not holds(figure.late_net_bps, LEFT - SPREAD)
    shifted = figure.shifted_net_bps
    assert shifted is not None and shifted.high is not None and figure.net_bps is not None
    assert shifted.high < figure.net_bps.value
    assert strategy_pays(figure)
    move = after(trailing, "follow_impulse", 5)
    assert move.horizon == 5.0 and move.n == figure.proposals
    assert holds(move.move_bps, LEFT)
    assert move.hit.value == 1.0
    assert move.false_share is not None and move.false_share < 0.05


def test_its_reverse_loses_as_much_and_the_spread(trailing: SignalEvaluation) -> None:
    figure = of(trailing, "fade_impulse")
    assert holds(figure.net_bps, -LEFT - SPREAD)
    assert figure.net_bps is not None and figure.net_bps.high is not None
    assert figure.net_bps.high < 0
    assert not strategy_pays(figure)
    assert after(trailing, "fade_impulse", 5).hit.value == 0.0


def test_the_verdict_names_who_pays_and_who_loses(trailing: SignalEvaluation) -> None:
    (verdict,) = judge_evaluation(trailing)
    assert verdict.edge
    assert "of 2 strategies follow_impulse pays" in verdict.headline
    assert any("follow_impulse" in line for line in verdict.pays)
    assert any("fade_impulse" in line and "it loses" in line for line in verdict.does_not)


def test_turnover_and_halves_are_told_with_their_numbers(trailing: SignalEvaluation) -> None:
    figure = of(trailing, "follow_impulse")
    assert figure.an_hour is not None and figure.held_seconds is not None
    assert figure.an_hour.value == pytest.approx(figure.trips / (40 * 15 - 0.1) * 3_600, rel=1e-3)
    assert figure.held_seconds.value == pytest.approx(6.0, abs=0.2)
    for figures in (trailing.trips, trailing.proposals):
        ours = [each for each in figures if each.strategy == "follow_impulse"]
        assert {"half", "session", "spread"} <= {each.grouping for each in ours}
        assert all(each.n >= 8 for each in ours)
    halves = [e for e in trailing.trips if (e.strategy, e.grouping) == ("follow_impulse", "half")]
    assert sum(each.n for each in halves) == figure.trips


def test_fees_are_paid_twice_and_told(trailing: SignalEvaluation) -> None:
    free, dear = (tried(trailing_tape(effect=EFFECT), "follow_impulse", fee) for fee in (0.0, 10.0))
    assert free.fees_bps.max() == 0.0
    assert dear.fees_bps == pytest.approx(20.0, abs=0.1)
    assert dear.net_bps == pytest.approx(free.net_bps - 20.0, abs=0.1)


@pytest.mark.parametrize("seed", range(2, 7))
def test_where_nothing_follows_no_edge_is_called_one(seed: int) -> None:
    tape = trailing_tape(effect=0, seed=seed)
    found = evaluated(tape, "follow_impulse", "fade_impulse")
    for figure in found.strategies:
        assert figure.net_bps is not None and figure.net_bps.value == pytest.approx(-1.0, abs=2.0)
        assert not strategy_pays(figure)
    (verdict,) = judge_evaluation(found)
    assert not verdict.edge
    assert "no strategy pays, of 2" in verdict.headline


@pytest.mark.parametrize("honest", [True, False])
def test_a_strategy_at_signals_earns_what_the_signals_foretell(honest: bool) -> None:
    found = evaluated(planted_tape(honest=honest), "follow_signal")
    figure = of(found, "follow_signal")
    assert figure.asked == found.turnovers[0].n
    assert figure.proposals == figure.trips == found.turnovers[0].buys
    assert holds(figure.net_bps, JUMP - SPREAD if honest else -SPREAD)
    assert strategy_pays(figure) == honest


def test_of_who_quotes_it_is_told_how_often_there_was_a_bid() -> None:
    tape = trailing_tape(effect=EFFECT, episodes=10)
    found = evaluated(tape, "market_making", "flash")
    figure = of(found, "market_making")
    assert figure.quotes
    assert figure.asked == figure.proposals > 5
    kinds = {row[0]: row[1] for row in strategy_table(found, tape.symbol).rows}
    assert kinds == {"market_making": "quotes", "flash": "signals"}


def test_no_breaker_ends_a_measurement() -> None:
    """Far more losses in a row than the breaker for streaks allows."""
    trial = tried(trailing_tape(effect=EFFECT, episodes=80), "fade_impulse")
    assert len(trial.net_bps) > RiskLimits().breakers.losing_streak_soft
    assert (trial.net_bps < 0).all()
    assert trial.refused == {}


def test_other_limits_hold_and_are_named() -> None:
    limits = RiskLimits(max_order_notional=Decimal(1))
    request = replace(a_request(own=OWN), settings=settings_of("follow_impulse", limits=limits))
    figure = of(evaluated(trailing_tape(effect=EFFECT), request=request), "follow_impulse")
    assert figure.trips == 0 and figure.net_bps is None
    assert figure.refused == {"max_order_notional": figure.proposals}
    assert figure.why == (
        f"no trade: all {figure.proposals} proposals refused "
        f"(max_order_notional {figure.proposals})"
    )


def test_entries_that_the_evidence_holds_back_are_proposals_all_the_same() -> None:
    nothing_counts = EnhancedSettings(aggregation=AggregationParameters(family_weights={}))
    tape = trailing_tape(effect=EFFECT)
    weighed = tried(tape, "follow_impulse", enhanced=nothing_counts)
    assert weighed.refused == {"evidence_against": len(weighed.at)}
    assert weighed.sent == 0
    # Nothing is ever held, so that nothing is kept from being proposed.
    assert set(tried(tape, "follow_impulse").at.tolist()) <= set(weighed.at.tolist())


def test_what_cannot_be_told_is_said_instead_of_figures() -> None:
    tape = trailing_tape(effect=EFFECT, episodes=10)
    found = evaluated(tape, "follow_impulse", "momentum", "flash", "broken", "lead_lag")
    words = {each.strategy: each.why for each in found.strategies}
    assert words["follow_impulse"].startswith("too few: ")
    assert words["follow_impulse"].endswith(" round trips")
    assert words["momentum"] == "no trade: nothing proposed at 2 closes of 1m"
    assert words["flash"] == "no trade: nothing proposed at 0 flash signals"
    assert of(found, "broken").failed == "RuntimeError: no idea"
    assert words["lead_lag"] == ("no trade: it follows BTCUSDC, which the data does not hold")
    assert all(each.net_bps is None for each in found.strategies)
    assert found.trips == ()
    for row in strategy_table(found, tape.symbol).rows:
        assert row[2].startswith(words[row[0]])
        assert row[2].endswith("it failed: RuntimeError: no idea") == (row[0] == "broken")
        assert row[7:] == ("-",) * (len(row) - 7)


def test_a_strategy_that_breaks_on_the_way_is_said_to_and_never_pays() -> None:
    tape = trailing_tape(effect=EFFECT, episodes=60)
    found = evaluated(tape, "breaks_later")
    figure = of(found, "breaks_later")
    assert figure.trips == 15 and figure.why == ""
    assert figure.failed == "RuntimeError: no idea any more"
    assert not strategy_pays(figure) and strategy_pays(replace(figure, failed=""))
    ((_, _, words, *_),) = strategy_table(found, tape.symbol).rows
    assert words == "no edge shown; it failed: RuntimeError: no idea any more"
    (verdict,) = judge_evaluation(found)
    assert not verdict.edge
    assert any("breaks_later" in line and "it failed" in line for line in verdict.does_not)


def test_a_strategy_of_other_symbols_is_not_tried() -> None:
    active = ActiveStrategy(name="follow_impulse", symbols=("ETHUSDC",))
    settings = settings_of(strategies=StrategySettings(active=(active,)))
    request = replace(a_request(own=OWN), settings=settings)
    found = evaluated(trailing_tape(effect=EFFECT, episodes=10), request=request)
    assert of(found, "follow_impulse").why == "no trade: it trades ETHUSDC alone"


def test_every_standard_strategy_is_tried_when_asked_and_the_configured_one_once() -> None:
    request = replace(a_request("momentum", own=OWN), standard=True)
    found = evaluated(trailing_tape(effect=EFFECT, episodes=10), request=request)
    names = [each.strategy for each in found.strategies]
    assert names[0] == "momentum" and sorted(names) == sorted(STANDARD)


def test_a_strategy_that_is_not_there_is_named() -> None:
    with pytest.raises(ConfigError, match="there is no strategy nobody"):
        evaluated(trailing_tape(effect=EFFECT, episodes=10), "nobody")


def test_a_follower_finds_its_leader_among_the_recordings() -> None:
    """The leader jumps either way every twenty seconds, the follower three seconds later."""
    dice = Random(3)
    leads, follows, lead, follow = [], [], PRICE, PRICE
    for _ in range(40):
        sign = dice.choice((1, -1))
        for tenth in range(200):
            lead += 20 * sign if tenth == 100 else 0
            follow += 20 * sign if tenth == 130 else 0
            leads.append(lead)
            follows.append(follow)
    leader, follower = walking_tape(leads, "BTCUSDC"), walking_tape(follows, "ETHUSDC")
    request = a_request("lead_lag", own=OWN)
    found = evaluation_of((follower,), request, lambda _: None, (leader, follower))
    figure = of(found, "lead_lag")
    assert figure.symbol == "ETHUSDC" and figure.trips >= 10
    assert figure.net_bps is not None and figure.net_bps.low is not None
    # Its own barrier ends it eight basis points up.
    assert figure.net_bps.low > 5.0
    alone = evaluation_of((leader,), request, lambda _: None, (leader, follower))
    assert of(alone, "lead_lag").why.startswith("no trade: nothing proposed")


def test_fees_are_those_asked_for_or_stated_or_the_worst() -> None:
    request = replace(a_request(), taker_fee_bps=None)
    stated = replace(INSTRUMENT, maker_fee=Decimal(0), taker_fee=Decimal("0.0005"))
    assert request.fees(stated) == Fees(5.0, 0.0)
    assert request.fees(INSTRUMENT) == Fees(20.0, 20.0)
    assert replace(request, taker_fee_bps=1.5).fees(stated) == Fees(1.5, 1.5)
    assert replace(request, taker_fee_bps=1.5, maker_fee_bps=0.5).fees(stated) == Fees(1.5, 0.5)


def test_horizons_are_seconds_and_candles_of_the_own_timeframe() -> None:
    assert horizons_of("") == [(each, 0) for each in (0.5, 1.0, 5.0, 10.0, 30.0, 60.0)]
    minutes = dict(horizons_of("1m"))
    assert (minutes[60.0], minutes[300.0], minutes[600.0], minutes[30.0]) == (1, 5, 10, 0)


def test_the_same_trial_gives_the_same_facts() -> None:
    tape = trailing_tape(effect=EFFECT)
    one, other = tried(tape, "follow_impulse"), tried(tape, "follow_impulse")
    assert one.net_bps.tolist() == other.net_bps.tolist()
    assert one.at.tolist() == other.at.tolist()
