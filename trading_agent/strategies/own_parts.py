"""What a person has written, which one desk is made with."""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct, field

from trading_agent.signals.indicators.catalogue import Catalogue
from trading_agent.strategies.strategy import Strategy


class OwnParts(Struct, frozen=True):
    """Strategies by name; and the indicators there are, the standard ones among them."""

    strategies: Mapping[str, type[Strategy]] = field(default_factory=dict)
    catalogue: Catalogue = field(default_factory=Catalogue)


NOTHING_OWN: Final = OwnParts()
