"""The price a pair ought to have, which nobody in its market sees but all lean towards."""

from math import exp
from random import Random
from typing import Final

from trading_agent.domain.units import SECOND, Nanos
from trading_agent.embedded_exchange.regimes import Tide, Weather
from trading_agent.embedded_exchange.settings import PairPreset

BASIS_POINTS: Final = 1e-4
_RECOVERY_SECONDS: Final = 600.0
"""Shocks fade this slowly into the tide, which carries the price over longer times."""


class FairValue:
    """Start price × tide × shocks; `ticks` is the price now, `basis_point` one of it in ticks."""

    def __init__(
        self, preset: PairPreset, symbol: str, seed: int, weather: Weather, starts_at: Nanos
    ) -> None:
        self._start = float(preset.start_price.scaleb(preset.price_decimals))
        self._volatility = preset.volatility_bps
        self._common = preset.common_share
        self._own = (1.0 - preset.common_share**2) ** 0.5
        self._weather = weather
        self._tide = Tide(seed, symbol)
        self._dice = Random(f"{seed} fair value {symbol}")
        self._now = starts_at
        self._off = 0.0
        self.ticks = 0.0
        self.basis_point = 0.0
        self.coming_bps = 0.0
        """The next shock, of which the well informed have an inkling; basis points."""
        self._carry()
        self._foresee()

    def step(self) -> None:
        """Lets the weather pass its next moment and follows it."""
        at = self._weather.due
        self._weather.step()
        self._off *= exp((self._now - at) / (_RECOVERY_SECONDS * SECOND))
        self._off += self.coming_bps
        self._now = at
        self._carry()
        self._foresee()

    def push(self, bps: float) -> None:
        """What a trade teaches: the price moves for good, as far as shocks do."""
        self._off += bps
        self.ticks += bps * self.basis_point

    def _carry(self) -> None:
        tide = self._common * self._weather.tide() + self._own * self._tide.at(self._now)
        level = self._volatility * tide + self._off
        self.ticks = max(1.0, self._start * exp(level * BASIS_POINTS))
        self.basis_point = self.ticks * BASIS_POINTS

    def _foresee(self) -> None:
        common, size = self._weather.coming
        own = size * self._dice.gauss(0.0, 1.0) if size else 0.0
        self.coming_bps = self._volatility * (self._common * common + self._own * own)
