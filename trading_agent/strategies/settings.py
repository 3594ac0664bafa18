"""Settings of strategies: which of them trade what, with how much, and who decides between them."""

from typing import Annotated, Literal

from pydantic import Field

from trading_agent.domain.settings_slice import SettingsSlice

Weight = Annotated[float, Field(ge=0.0, le=100.0)]


class ActiveStrategy(SettingsSlice):
    """One strategy at work."""

    name: Annotated[str, Field(min_length=1, max_length=64)]
    """A strategy that comes with the engine (docs/strategies.md), or one of a person's own."""
    allocation: Annotated[float, Field(gt=0.0, le=1.0)] = 1.0
    """Share of the session's order value that one of its entries may use; ratio."""
    weight: Weight = 1.0
    """How much its word counts where several strategies speak at once; factor."""
    symbols: tuple[str, ...] = ()
    """Pairs it trades, written as BTCUSDC; empty for all."""
    parameters: dict[str, float] = {}
    """Its parameters by name; one left out keeps its default; numbers, each in the unit that
    the strategy states."""


class StrategySettings(SettingsSlice):
    """Which strategies trade."""

    active: tuple[ActiveStrategy, ...] = (ActiveStrategy(name="flash"),)
    """In the order in which they are asked."""
    folder: str | None = None
    """Folder of a person's own strategies, one file each; relative to the configuration file.
    None for none."""
    quorum: Annotated[float, Field(ge=0.0, le=1.0)] = 0.0
    """Least share of the weights of those who were asked, for or against, by which one side must
    outweigh the other; ratio."""
    weights: Literal["static", "session", "performance"] = "static"
    """Whose word counts more: as configured, as configured for the session, or by how well each
    has done lately under the pessimistic queue model."""
    session_weights: dict[str, dict[str, Weight]] = {}
    """Weights by session and strategy, for `weights` = session; factor. One left out counts as
    configured."""
