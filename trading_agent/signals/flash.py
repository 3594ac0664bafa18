"""Flash signals: book imbalance confirmed by trade flow and momentum, within the session's
limits of spread and volatility, with hysteresis and a cool-down."""

from enum import IntFlag
from typing import Any, Final

import numpy as np

from trading_agent.domain.facts import SignalRaised
from trading_agent.domain.order import Side
from trading_agent.domain.units import MILLISECOND, SECOND, Nanos
from trading_agent.market.book import best_ask, best_bid
from trading_agent.market.compiling import part
from trading_agent.signals.sessions import TradingSessionManager

_BUY: Final = int(Side.BUY)
_SELL: Final = int(Side.SELL)


class SignalReason(IntFlag):
    """What spoke for a signal."""

    IMBALANCE = 1
    MOMENTUM = 2
    TRADE_FLOW = 4
    MICROPRICE = 8
    WEIGHTED_IMBALANCE = 16


_NEEDED: Final = int(SignalReason.IMBALANCE | SignalReason.MOMENTUM | SignalReason.TRADE_FLOW)
_MICROPRICE: Final = int(SignalReason.MICROPRICE)
_WEIGHTED: Final = int(SignalReason.WEIGHTED_IMBALANCE)

FLASH: Final = np.dtype(
    [
        ("disarmed", np.int64),
        ("raised_at", np.int64),
        ("direction", np.int64),
        ("reasons", np.int64),
        ("session", np.int64),
        ("sequence", np.int64),
        ("bid", np.int64),
        ("ask", np.int64),
        ("strength", np.float64),
        ("imbalance", np.float64),
        ("momentum_bps", np.float64),
        ("volatility_bps", np.float64),
    ],
    align=True,
)
"""The last signal of a symbol and what it saw. `disarmed`: direction that must first calm
down, 0 for none."""


@part
def judge(flash, features, book, parameters, at):
    """Direction of a signal raised now (1 buy, -1 sell), or 0. Writes it into `flash`."""
    imbalance = features.imbalance
    threshold = parameters.imbalance_threshold
    if flash.disarmed != 0 and imbalance * flash.disarmed < threshold * parameters.hysteresis:
        flash.disarmed = 0
    direction = np.int64(_BUY) if imbalance > 0.0 else np.int64(_SELL)
    if (
        imbalance * direction < threshold
        or features.warm == 0
        or direction == flash.disarmed
        or at - flash.raised_at < parameters.cooldown
        or features.spread_bps > parameters.spread_limit_bps
        or features.volatility_bps < parameters.volatility_min_bps
        or features.volatility_bps > parameters.volatility_max_bps
        or features.momentum_bps * direction < parameters.momentum_threshold_bps
        or features.trade_flow * direction < parameters.trade_flow_threshold
    ):
        return np.int64(0)
    reasons = np.int64(_NEEDED)
    if (features.microprice - features.mid) * direction > 0.0:
        reasons |= _MICROPRICE
    if features.weighted_imbalance * direction >= threshold:
        reasons |= _WEIGHTED
    flash.disarmed = direction
    flash.raised_at = at
    flash.direction = direction
    flash.reasons = reasons
    flash.session = features.session
    flash.sequence = book.version
    flash.bid = best_bid(book)
    flash.ask = best_ask(book)
    flash.strength = strength(features, parameters, direction)
    flash.imbalance = imbalance
    flash.momentum_bps = features.momentum_bps
    flash.volatility_bps = features.volatility_bps
    return direction


@part
def copy_signal(flash, told):
    told.disarmed = flash.disarmed
    told.raised_at = flash.raised_at
    told.direction = flash.direction
    told.reasons = flash.reasons
    told.session = flash.session
    told.sequence = flash.sequence
    told.bid = flash.bid
    told.ask = flash.ask
    told.strength = flash.strength
    told.imbalance = flash.imbalance
    told.momentum_bps = flash.momentum_bps
    told.volatility_bps = flash.volatility_bps


@part
def strength(features, parameters, direction):
    """0 to 1: how far beyond its thresholds the evidence lies; imbalance counts half."""
    room = max(1.0 - parameters.imbalance_threshold, 1e-9)
    beyond = (features.imbalance * direction - parameters.imbalance_threshold) / room
    move = features.momentum_bps * direction
    full_move = max(4.0 * parameters.momentum_threshold_bps, 1e-9)
    flow = features.trade_flow * direction
    return (
        0.5 * min(max(beyond, 0.0), 1.0)
        + 0.25 * min(max(move / full_move, 0.0), 1.0)
        + 0.25 * min(max(flow, 0.0), 1.0)
    )


class FlashTradingSignals:
    """The Python face of a symbol's compiled signal state: facts, and why nothing fires."""

    def __init__(self, sessions: TradingSessionManager) -> None:
        self._sessions = sessions
        self._names = tuple(session.name for session in sessions.sessions)

    def raised(self, symbol: str, at: Nanos, numbers: tuple[Any, ...]) -> SignalRaised:
        """The signal the compiled loop has just raised: its fields, as a FLASH has them."""
        (
            _,
            _,
            direction,
            reasons,
            session,
            sequence,
            bid,
            ask,
            strength,
            imbalance,
            momentum_bps,
            volatility_bps,
        ) = numbers
        return SignalRaised(
            at=at,
            symbol=symbol,
            session=self._names[session],
            direction=_SIDES[direction],
            strength=strength,
            reasons=_REASONS_BY_BITS[reasons],
            sequence=sequence,
            bid=bid,
            ask=ask,
            imbalance=imbalance,
            momentum_bps=momentum_bps,
            volatility_bps=volatility_bps,
        )

    def obstacles(self, at: Nanos, features: np.void, flash: np.void) -> tuple[str, ...]:
        """What keeps a signal from firing now, in words; empty when nothing does."""
        needs = self._sessions.session_at(at).signal
        imbalance = float(features["imbalance"])
        direction = 1 if imbalance > 0 else -1
        waiting = needs.cooldown_ms * MILLISECOND - (at - int(flash["raised_at"]))
        momentum = float(features["momentum_bps"]) * direction
        flow = float(features["trade_flow"]) * direction
        checks = (
            (features["warm"] == 0, "warming up"),
            (waiting > 0, f"cooling down for {waiting / SECOND:.1f} s"),
            (
                features["spread_bps"] > needs.spread_limit_bps,
                f"spread {features['spread_bps']:.2f} bps above {needs.spread_limit_bps:g}",
            ),
            (
                features["volatility_bps"] < needs.volatility_min_bps,
                f"volatility {features['volatility_bps']:.2f} bps below "
                f"{needs.volatility_min_bps:g}",
            ),
            (
                features["volatility_bps"] > needs.volatility_max_bps,
                f"volatility {features['volatility_bps']:.2f} bps above "
                f"{needs.volatility_max_bps:g}",
            ),
            (
                abs(imbalance) < needs.imbalance_threshold,
                f"imbalance {imbalance:+.2f} within ±{needs.imbalance_threshold:g}",
            ),
            (direction == flash["disarmed"], "imbalance has not calmed since the last signal"),
            (
                momentum < needs.momentum_threshold_bps,
                f"momentum {momentum * direction:+.2f} bps does not confirm",
            ),
            (
                flow < needs.trade_flow_threshold,
                f"trade flow {flow * direction:+.2f} does not confirm",
            ),
        )
        return tuple(words for blocked, words in checks if blocked)


_SIDES: Final = {int(side): side for side in Side}
_REASONS_BY_BITS: Final = {
    bits: tuple(reason.name.lower() for reason in SignalReason if reason & bits and reason.name)
    for bits in range(32)
}
