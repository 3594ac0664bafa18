"""When the orders of one synthetic pair arrive, and of what kind.

Arrivals excite one another: each taker raises the rate of takers at once, and the rise
decays over milliseconds and again over tenths of a second. Placements follow that heat.
"""

from math import exp, log
from random import Random
from typing import Final

from trading_agent.domain.units import SECOND, Lots, Nanos, Ticks
from trading_agent.embedded_exchange.fair_value import FairValue
from trading_agent.embedded_exchange.makers import Makers, Quotes
from trading_agent.embedded_exchange.matching import OrderBook
from trading_agent.embedded_exchange.regimes import Weather
from trading_agent.embedded_exchange.settings import PairPreset, SyntheticSettings
from trading_agent.embedded_exchange.takers import Takers

_QUICK_SECONDS: Final = 0.015
_QUICK_OFFSPRING: Final = 0.35
_SLOW_SECONDS: Final = 0.4
_SLOW_OFFSPRING: Final = 0.30
_MEASURED_RATE: Final = 8.0
"""Takers a second in the market those times were measured in; slower ones answer slower."""
_BACKGROUND: Final = 1.0 - _QUICK_OFFSPRING - _SLOW_OFFSPRING

_STEADY_SHARE: Final = 0.4
"""Share of placements that come whatever the heat."""
_HOTTEST: Final = 10.0
"""Times its mean that heat drives placements at most."""
_HASTE_POWER: Final = 0.8
_LEAST_HASTE: Final = 0.1
"""Orders live shorter in a busy market, nearly as much as more of them come."""
_CLOSING_HASTE: Final = 8.0
"""How much faster a wide spread closes than quotes follow value."""
_FADING_HASTE: Final = 0.08
_WORST_LEAN: Final = 4.0
"""Tolerances beyond which quotes follow no faster."""
_SNIPED: Final = 0.25
"""Share of stale quotes that are traded on before they are withdrawn."""
_STEP: Final = 0.5
"""Part of the way to value that quotes go at once, on average."""
_SHUFFLED_ORDERS: Final = 8.0
"""Orders behind the best prices that move with them, on average."""

_TAKE, _PLACE, _JOIN, _CLOSE, _FOLLOW, _FADE, _EXPIRE = range(7)


class OrderFlow:
    """Lets one pair's market live: `due` is the time of the next order, `act` carries it out."""

    def __init__(
        self, symbol: str, preset: PairPreset, settings: SyntheticSettings, seed: int, at: Nanos
    ) -> None:
        self.book = OrderBook()
        self._preset = preset
        self._weather = Weather(settings, seed, at)
        self._fair = FairValue(preset, symbol, seed, self._weather, at)
        self._dice = Random(f"{seed} orders {symbol}")
        least = _least_order(preset)
        self._makers = Makers(self.book, preset, self._fair, least, self._dice)
        self._takers = Takers(self.book, preset, self._fair, least, self._dice)
        self._quick = 0.0
        self._slow = 0.0
        slower = (_MEASURED_RATE / preset.takers_per_second) ** 0.5
        self._quick_seconds = _QUICK_SECONDS * slower
        self._slow_seconds = _SLOW_SECONDS * slower
        self._heated_at = at
        self._makers.open_book(at)
        self._kind, self.due, self._quotes = _PLACE, at, self._makers.quotes()
        self.plan(at)

    def act(self) -> None:
        """Carries out the planned order and plans the next one."""
        at, kind, quotes = self.due, self._kind, self._quotes
        if kind == _EXPIRE:
            self._makers.expire()
        elif kind == _PLACE:
            self._makers.place(at, quotes)
        elif kind == _JOIN:
            self._makers.join(at, quotes)
        elif kind == _TAKE:
            self._heat_up(at)
            self._takers.take(quotes, self._makers.tolerance())
        elif kind == _CLOSE:
            self._makers.close_spread(at, quotes)
        elif kind == _FADE:
            self._makers.fade(quotes)
        else:
            self._follow(at, quotes)
        self.plan(at)

    def plan(self, now: Nanos) -> None:
        """Draws the next order after `now`, which must be done again when the book was touched.

        Thinning: rates only fall until the next order, so candidates come at the rate of
        now and are kept in proportion to the rate of their own time.
        """
        quotes = self._makers.quotes()
        while True:
            weather = self._weather.due
            expiry = self._makers.due()
            bound = sum(self._rates(now, quotes))
            wait = -log(1.0 - self._dice.random()) / bound
            candidate = Nanos(now + round(wait * SECOND) + 1)
            kind: int | None = None
            if expiry is not None and expiry <= min(candidate, weather):
                candidate, kind = Nanos(max(expiry, now + 1)), _EXPIRE
            elif weather <= candidate:
                self._fair.step()
                self._makers.haste = max(_LEAST_HASTE, self._weather.activity) ** _HASTE_POWER
                quotes = self._makers.quotes()
                candidate = weather
            else:
                rates = self._rates(candidate, quotes)
                kind = self._pick(rates, self._dice.random() * bound)
            if kind is not None:
                self.due, self._kind, self._quotes = candidate, kind, quotes
                return
            now = candidate

    def _pick(self, rates: tuple[float, ...], mark: float) -> int | None:
        for kind, rate in enumerate(rates):
            mark -= rate
            if mark < 0.0:
                return kind
        return None

    def _rates(self, at: Nanos, quotes: Quotes) -> tuple[float, float, float, float, float, float]:
        """Orders per second by kind."""
        preset, activity = self._preset, self._weather.activity
        since = (at - self._heated_at) / SECOND
        heat = self._quick * exp(-since / self._quick_seconds)
        heat += self._slow * exp(-since / self._slow_seconds)
        takers = preset.takers_per_second * _BACKGROUND * activity + heat
        busy = min(takers / preset.takers_per_second, _HOTTEST)
        busy = _STEADY_SHARE * activity + (1.0 - _STEADY_SHARE) * busy
        lean = min(abs(quotes.lean), _WORST_LEAN)
        reaction = preset.reaction_per_second
        wide = quotes.ask - quotes.bid > preset.spread_ticks and quotes.bid and quotes.ask
        return (
            takers,
            preset.placements_per_second * busy,
            preset.joins_per_second * busy,
            _CLOSING_HASTE * reaction if wide else 0.0,
            reaction * (lean - 1.0) if lean > 1.0 else 0.0,
            _FADING_HASTE * reaction * lean,
        )

    def _heat_up(self, at: Nanos) -> None:
        since = (at - self._heated_at) / SECOND
        self._quick *= exp(-since / self._quick_seconds)
        self._slow *= exp(-since / self._slow_seconds)
        self._quick += _QUICK_OFFSPRING / self._quick_seconds
        self._slow += _SLOW_OFFSPRING / self._slow_seconds
        self._heated_at = at

    def _follow(self, at: Nanos, quotes: Quotes) -> None:
        """Quotes on the wrong side of value are sniped and withdrawn, one stretch at a time."""
        side = 1 if quotes.lean > 0 else -1
        wrong = quotes.ask if side > 0 else quotes.bid
        tolerance = self._makers.tolerance()
        reach = wrong + side * self._dice.expovariate(1.0) * _STEP * abs(quotes.lean) * tolerance
        limit = min(reach, self._fair.ticks) if side > 0 else max(reach, self._fair.ticks)
        ticks = Ticks(max(int(limit), wrong) if side > 0 else min(-int(-limit // 1), wrong))
        if self._dice.random() < _SNIPED:
            self._heat_up(at)
            self._takers.snipe(quotes, ticks)
        self._makers.retreat(quotes, ticks)
        self._makers.shuffle(at, _SHUFFLED_ORDERS)


def _least_order(preset: PairPreset) -> Lots:
    """The smallest size that passes the pair's rules at half its start price; lots."""
    by_value = preset.min_notional / (preset.start_price / 2)
    least = max(preset.min_size, by_value).scaleb(preset.size_decimals)
    return Lots(int(least) + 1)
