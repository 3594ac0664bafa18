"""Limits that no one can talk the desk out of."""

from decimal import Decimal
from typing import Annotated

from pydantic import Field

from trading_agent.domain.settings_slice import SettingsSlice


class RiskLimits(SettingsSlice):
    """Every order passes all of these, whoever asked for it."""

    max_order_notional: Annotated[Decimal, Field(gt=0)] = Decimal(1000)
    """Most value of one order; quote asset."""
    max_open_orders: Annotated[int, Field(ge=1, le=200)] = 20
    """Most orders travelling or resting at once; count."""
    max_open_positions: Annotated[int, Field(ge=0, le=100)] = 8
    """Most positions open at once, whatever a session says; count."""
    max_book_age_ms: Annotated[int, Field(ge=50, le=600_000)] = 2_000
    """An older book refuses entries; milliseconds since its last message."""
