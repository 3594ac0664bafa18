"""Evidence from signals, candles and leaders."""

from msgspec.structs import replace

from tests.evidence import a_lead, a_pattern
from trading_agent.domain.order import Side
from trading_agent.domain.units import MINUTE, SECOND, Nanos
from trading_agent.signals.enhanced.confirmation import Confirmation
from trading_agent.signals.enhanced.evidence import (
    evidence_of_confirmation,
    evidence_of_lead,
    evidence_of_pattern,
    evidence_of_signal,
)

NOW = Nanos(100 * SECOND)
LEAD = a_lead("BTCUSDT", "SOLUSDT", lag_seconds=3)
AGREED = Confirmation(Side.SELL, -0.7, 0.8, 0.0, 0, True, (), "confirmed")


def test_a_flash_signal_speaks_with_its_own_strength() -> None:
    found = evidence_of_signal(Side.SELL, 0.6, NOW, Nanos(SECOND))
    assert (found.family, found.direction, found.strength) == ("flash", Side.SELL, 0.6)
    assert (found.at, found.lifetime) == (NOW, SECOND)


def test_a_pattern_speaks_for_some_candles_of_its_timeframe() -> None:
    found = evidence_of_pattern(a_pattern(Side.BUY, "5m", confirmed_at=NOW), NOW, 3.0)
    assert (found.family, found.direction, found.strength) == ("patterns", Side.BUY, 0.8)
    assert (found.at, found.lifetime) == (NOW, 15 * MINUTE)


def test_timeframes_speak_when_they_agree() -> None:
    found = evidence_of_confirmation(AGREED, NOW, Nanos(SECOND))
    assert found is not None
    assert (found.family, found.direction, found.strength) == ("candles", Side.SELL, 0.7)
    assert evidence_of_confirmation(replace(AGREED, confirmed=False), NOW, Nanos(1)) is None


def test_a_leader_speaks_for_its_follower() -> None:
    found = evidence_of_lead(LEAD, 4.0, 8.0, NOW)
    assert found is not None
    assert (found.family, found.direction, found.strength) == ("cross_asset", Side.BUY, 0.25)
    assert found.lifetime == 3 * SECOND
    assert "BTCUSDT" in found.name


def test_a_leader_that_goes_the_other_way_speaks_against() -> None:
    found = evidence_of_lead(replace(LEAD, correlation=-0.5), 40.0, 8.0, NOW)
    assert found is not None
    assert (found.direction, found.strength) == (Side.SELL, 0.5)


def test_who_does_not_lead_or_does_not_move_is_silent() -> None:
    assert evidence_of_lead(replace(LEAD, significant=False), 4.0, 8.0, NOW) is None
    assert evidence_of_lead(replace(LEAD, lag_seconds=0), 4.0, 8.0, NOW) is None
    assert evidence_of_lead(replace(LEAD, transfer_significant=False), 4.0, 8.0, NOW) is None
    assert evidence_of_lead(LEAD, 0.0, 8.0, NOW) is None
    assert evidence_of_lead(LEAD, float("nan"), 8.0, NOW) is None
