"""Evidence from signals, candles and leaders."""

from msgspec.structs import replace

from trading_agent.domain.facts import SignalRaised
from trading_agent.domain.order import Side
from trading_agent.domain.units import SECOND, Nanos, Ticks
from trading_agent.signals.enhanced.confirmation import Confirmation
from trading_agent.signals.enhanced.cross_asset import LeadLag
from trading_agent.signals.enhanced.evidence import (
    evidence_of_confirmation,
    evidence_of_lead,
    evidence_of_signal,
)

NOW = Nanos(100 * SECOND)
LEAD = LeadLag("BTCUSDT", "SOLUSDT", 100, 3, 0.5, 0.1, 800, True, 0.02, True)
AGREED = Confirmation(Side.SELL, -0.7, 0.8, 0.0, 0, True, (), "confirmed")


def test_a_flash_signal_speaks_with_its_own_strength() -> None:
    signal = SignalRaised(
        at=NOW,
        symbol="SOLUSDT",
        session="US",
        direction=Side.SELL,
        strength=0.6,
        reasons=("imbalance", "momentum"),
        sequence=1,
        bid=Ticks(1),
        ask=Ticks(2),
        imbalance=-0.5,
        momentum_bps=-1.0,
        volatility_bps=1.0,
    )
    found = evidence_of_signal(signal, Nanos(SECOND))
    assert (found.family, found.direction, found.strength) == ("flash", Side.SELL, 0.6)
    assert (found.at, found.lifetime, found.words) == (NOW, SECOND, "imbalance momentum")


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
    assert evidence_of_lead(LEAD, 0.0, 8.0, NOW) is None
    assert evidence_of_lead(LEAD, float("nan"), 8.0, NOW) is None
