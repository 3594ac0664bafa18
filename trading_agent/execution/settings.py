"""Settings of paper execution: how orders travel, wait in queues, and what they cost."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from trading_agent.domain.settings_slice import SettingsSlice


class PaperSettings(SettingsSlice):
    """The paper venue."""

    latency_ms: Annotated[float, Field(ge=0.0, le=60_000.0)] = 15.0
    """Least time an order or a cancel travels to the venue; milliseconds."""
    latency_jitter_ms: Annotated[float, Field(ge=0.0, le=60_000.0)] = 10.0
    """Added on top, drawn evenly between zero and this; milliseconds."""
    latency_model: Literal["CONSTANT", "EMPIRICAL"] = "CONSTANT"
    """CONSTANT: the two above. EMPIRICAL: half of a round trip to the exchange that this engine
    has measured, drawn from the latest thousand; the two above until there is one."""
    latency_floor_ms: Annotated[float, Field(ge=0.0, le=60_000.0)] = 1.0
    """EMPIRICAL never travels in less; milliseconds."""
    queue_model: Literal["PESSIMISTIC", "CENTRAL", "OPTIMISTIC"] = "PESSIMISTIC"
    """Whose fills of resting orders are real; the other two are reported beside them.
    PESSIMISTIC: only prints shorten the queue. CENTRAL: cancels do too. OPTIMISTIC: no queue."""
    queue_power: Annotated[float, Field(ge=1.0, le=8.0)] = 2.0
    """How strongly cancels cluster behind an order in the CENTRAL queue; 1 spreads them evenly;
    a number, the exponent."""
    refill_half_life_seconds: Annotated[float, Field(ge=0.0, le=86_400.0)] = 5.0
    """Half of what own orders took of a displayed level counts as refilled after so long; 0 means
    never; seconds."""
    book_age_limit_seconds: Annotated[float, Field(ge=0.0, le=86_400.0)] = 5.0
    """An order that arrives when the last message of its book is older than this is rejected; 0
    means never; seconds."""
    unknown_fee: Annotated[Decimal, Field(ge=0, le=1)] = Decimal("0.002")
    """Fee where the exchange states none; fraction of the notional."""
