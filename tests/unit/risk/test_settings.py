"""What limits cannot be set to."""

import pytest
from pydantic import ValidationError

from trading_agent.risk.settings import BreakerLimits, RiskLimits


def test_a_symbol_belongs_to_one_cluster() -> None:
    majors = ("BTCUSDC", "ETHUSDC")
    RiskLimits(clusters={"majors": majors, "others": ("SOLUSDC",)})
    with pytest.raises(ValidationError, match="ETHUSDC is in majors and in staked"):
        RiskLimits(clusters={"majors": majors, "staked": ("SOLUSDC", "ETHUSDC")})


@pytest.mark.parametrize("level", ["soft", "hard", "kill"])
def test_no_more_lost_books_are_counted_than_are_remembered(level: str) -> None:
    BreakerLimits(**{f"feed_losses_{level}": 1_000})
    with pytest.raises(ValidationError):
        BreakerLimits(**{f"feed_losses_{level}": 1_001})
