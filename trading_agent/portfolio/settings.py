"""What a fresh paper account starts with."""

from decimal import Decimal
from typing import Annotated

from pydantic import Field

from trading_agent.domain.settings_slice import SettingsSlice


class PortfolioSettings(SettingsSlice):
    """The paper account."""

    starting_balances: dict[str, Annotated[Decimal, Field(ge=0)]] = {"USDC": Decimal(10_000)}
    """Money a new journal begins with, by asset; units of the asset."""
    quote: str = "USDC"
    """The asset equity and profit are shown in."""
