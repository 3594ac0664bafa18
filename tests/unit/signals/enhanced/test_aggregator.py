"""One opinion out of many."""

from math import fsum
from typing import get_args

import pytest
from msgspec.structs import replace

from trading_agent.domain.order import Side
from trading_agent.domain.units import SECOND, Nanos
from trading_agent.signals.enhanced.aggregator import (
    Aggregate,
    SuppressionReason,
    aggregate,
)
from trading_agent.signals.enhanced.anomalies import Anomaly, AnomalyKind
from trading_agent.signals.enhanced.evidence import Evidence
from trading_agent.signals.enhanced.settings import (
    AggregationParameters,
    EnhancedSettings,
    Family,
    RegimeName,
)

NOW = Nanos(1_000 * SECOND)
LIFE = Nanos(10 * SECOND)
USUAL = AggregationParameters()
BUY, SELL = Side.BUY, Side.SELL


def says(
    family: Family,
    direction: Side = BUY,
    strength: float = 1.0,
    name: str = "one",
    age: float = 0.0,
) -> Evidence:
    at = Nanos(int(NOW - age * SECOND))
    return Evidence(family, name, direction, strength, at, LIFE, f"{family} {name}")


def of(*evidence: Evidence, parameters: AggregationParameters = USUAL) -> Aggregate:
    return aggregate(evidence, NOW, parameters)


def test_families_count_by_their_weight() -> None:
    found = of(says("flash", strength=0.5), says("candles", strength=0.5))
    assert found.direction is BUY
    assert found.strength == pytest.approx(0.5, abs=1e-4)
    shares = {part.evidence.family: part.share for part in found.parts}
    assert shares == pytest.approx({"flash": 0.3, "candles": 0.2}, abs=1e-4)
    assert sum(part.share for part in found.parts) == found.strength


def test_opposition_subtracts() -> None:
    found = of(says("flash", SELL), says("candles", BUY, 0.5))
    assert (found.direction, found.strength) == (SELL, pytest.approx(0.4, abs=1e-4))
    assert found.net == -found.strength
    shares = {part.evidence.family: part.share for part in found.parts}
    assert shares == pytest.approx({"flash": 0.6, "candles": -0.2}, abs=1e-4)


def test_what_nearly_cancels_says_nothing_and_why() -> None:
    found = of(says("flash", SELL, 0.3), says("candles", BUY, 0.4))
    assert (found.direction, found.strength, found.parts) == (None, 0.0, ())
    assert found.net == pytest.approx(-0.02, abs=1e-4)
    assert [it.reason for it in found.suppressed] == [SuppressionReason.DEAD_BAND] * 2
    assert "net -0.02" in found.suppressed[0].words


def test_exact_opposites_say_nothing_even_without_a_dead_band() -> None:
    parameters = AggregationParameters(dead_band=0.0)
    found = of(says("flash", SELL, name="a"), says("flash", BUY, name="b"), parameters=parameters)
    assert (found.direction, found.net) == (None, 0.0)


def test_one_family_counts_at_most_once() -> None:
    crowd = [says("strategies", name=f"s{n}") for n in range(9)]
    found = of(*crowd)
    assert found.strength == pytest.approx(0.5, abs=1e-4)
    assert sum(part.share for part in found.parts) == found.strength
    assert [part.share for part in found.parts] == pytest.approx([0.5 / 9] * 9, abs=1e-9)


def test_all_families_together_are_at_most_one() -> None:
    found = of(says("flash"), says("candles"), says("patterns"), says("strategies"))
    assert found.strength == 1.0
    assert sum(part.share for part in found.parts) == 1.0
    assert found.parts[1].share == pytest.approx(0.6 / 1.6, abs=1e-4)


def test_evidence_fades_over_its_life() -> None:
    found = of(says("flash", age=2.5))
    assert found.strength == pytest.approx(0.6 * 0.75, abs=1e-4)
    assert found.parts[0].faded == pytest.approx(0.75, abs=1e-6)


@pytest.mark.parametrize(
    ("piece", "reason"),
    [
        (says("flash", age=10.0), SuppressionReason.STALE),
        (says("flash", age=-1.0), SuppressionReason.NOT_YET),
        (says("flash", strength=0.04), SuppressionReason.WEAK),
        (says("flash", strength=0.2, age=9.0), SuppressionReason.WEAK),
        (says("flash", strength=float("nan")), SuppressionReason.UNREADABLE),
        (says("flash", strength=1.5), SuppressionReason.UNREADABLE),
        (says("flash", strength=-0.5), SuppressionReason.UNREADABLE),
        (Evidence("flash", "one", BUY, 1.0, NOW, Nanos(0)), SuppressionReason.STALE),
    ],
)
def test_what_is_not_heard_has_a_reason(piece: Evidence, reason: SuppressionReason) -> None:
    found = of(says("candles"), piece)
    assert [(it.evidence.family, it.reason) for it in found.suppressed] == [("flash", reason)]
    assert [part.evidence.family for part in found.parts] == ["candles"]
    assert found.suppressed[0].words


def test_a_family_without_weight_is_not_heard() -> None:
    parameters = AggregationParameters(family_weights={"flash": 1.0, "candles": 0.0})
    found = of(says("candles"), says("patterns"), says("flash"), parameters=parameters)
    assert [it.reason for it in found.suppressed] == [SuppressionReason.UNHEARD] * 2
    assert found.strength == 1.0


def test_an_anomalous_market_silences() -> None:
    wide = Anomaly(AnomalyKind.SPREAD, Nanos(NOW - 5 * SECOND), 20.0, "spread 40")
    found = aggregate([says("flash")], NOW, USUAL, [wide])
    assert (found.direction, found.strength) == (None, 0.0)
    assert [(it.reason, it.words) for it in found.suppressed] == [
        (SuppressionReason.ANOMALOUS_MARKET, "spread 40")
    ]


@pytest.mark.parametrize(
    "anomaly",
    [
        Anomaly(AnomalyKind.SPREAD, Nanos(NOW - 11 * SECOND), 20.0, "over"),
        Anomaly(AnomalyKind.SPREAD, Nanos(NOW + 1), 20.0, "to come"),
        Anomaly(AnomalyKind.VOLUME, NOW, 20.0, "not silencing"),
    ],
)
def test_other_anomalies_do_not(anomaly: Anomaly) -> None:
    assert aggregate([says("flash")], NOW, USUAL, [anomaly]).direction is BUY


def test_a_session_has_its_own_weights() -> None:
    settings = EnhancedSettings.model_validate(
        {"sessions": {"ASIA": {"aggregation": {"family_weights": {"flash": 0.2}}}}}
    )
    assert of(says("flash"), parameters=settings.aggregation_in("ASIA")).strength == (
        pytest.approx(0.2, abs=1e-4)
    )
    assert of(says("flash"), parameters=settings.aggregation_in("US")).strength == (
        pytest.approx(0.6, abs=1e-4)
    )


RANGE = AggregationParameters.model_validate(
    {
        "regimes": {
            "ranging": {"family_factors": {"candles": 0.5}},
            "trending_up": {"strategy_factors": {"mean_reversion": 0.25}},
        }
    }
)


def in_a(regime: RegimeName, *evidence: Evidence) -> Aggregate:
    return aggregate(evidence, NOW, RANGE, regime=regime)


def test_a_family_counts_less_in_a_kind_of_market_that_does_not_suit_it() -> None:
    flash, trend = says("flash", strength=0.5), says("candles", strength=0.5)
    usual, ranging = in_a("quiet", flash, trend), in_a("ranging", flash, trend)
    assert usual.strength == pytest.approx(0.5 * 0.6 + 0.5 * 0.4, abs=1e-4)
    assert ranging.strength == pytest.approx(0.5 * 0.6 + 0.5 * 0.4 * 0.5, abs=1e-4)
    assert ranging.regime == "ranging"
    assert {part.evidence.family: part.factor for part in ranging.parts} == {
        "flash": 1.0,
        "candles": 0.5,
    }
    assert {part.factor for part in usual.parts} == {1.0}
    assert fsum(part.share for part in ranging.parts) == ranging.strength


def test_a_strategy_counts_less_where_it_does_not_suit() -> None:
    against = says("strategies", name="mean_reversion")
    along = says("strategies", name="momentum")
    assert in_a("ranging", against).strength == pytest.approx(0.5, abs=1e-4)
    assert in_a("trending_up", against).strength == pytest.approx(0.125, abs=1e-4)
    assert in_a("trending_up", along).strength == pytest.approx(0.5, abs=1e-4)
    both = in_a("trending_up", along, says("strategies", SELL, name="mean_reversion"))
    assert both.strength == pytest.approx(0.375, abs=1e-4)
    assert [part.factor for part in both.parts] == [0.25, 1.0]


def test_what_is_said_does_not_depend_on_the_kind_of_market_by_default() -> None:
    for regime in get_args(RegimeName):
        found = aggregate((says("flash"), says("candles")), NOW, USUAL, regime=regime)
        assert replace(found, regime="quiet") == aggregate(
            (says("flash"), says("candles")), NOW, USUAL, regime="quiet"
        )
