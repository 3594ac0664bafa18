"""Settings of paper execution: how orders travel and what they cost."""

from decimal import Decimal
from typing import Annotated

from pydantic import Field

from trading_agent.domain.settings_slice import SettingsSlice


class PaperSettings(SettingsSlice):
    """The paper venue."""

    latency_ms: Annotated[float, Field(ge=0.0, le=60_000.0)] = 15.0
    """Least time an order or a cancel travels to the venue; milliseconds."""
    latency_jitter_ms: Annotated[float, Field(ge=0.0, le=60_000.0)] = 10.0
    """Added on top, drawn evenly between zero and this; milliseconds."""
    unknown_fee: Annotated[Decimal, Field(ge=0, le=1)] = Decimal("0.002")
    """Fee where the exchange states none; fraction of the notional."""
