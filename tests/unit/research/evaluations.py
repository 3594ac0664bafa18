"""Requests to evaluate, and strategies whose worth is known."""

from typing import Any, ClassVar

from tests.unit.research.planted_market import IMPULSE
from trading_agent.domain.decision import Proposal
from trading_agent.domain.order import BUY
from trading_agent.domain.units import SECOND, Nanos
from trading_agent.engine.desk_state import EngineSettings
from trading_agent.execution.settings import PaperSettings
from trading_agent.portfolio.settings import PortfolioSettings
from trading_agent.research.signal_evaluation import EvaluationRequest
from trading_agent.risk.settings import RiskLimits
from trading_agent.signals.enhanced.settings import EnhancedSettings
from trading_agent.signals.indicators.indicator import Parameter, Values
from trading_agent.signals.patterns.settings import PatternSettings
from trading_agent.signals.settings import SessionPlan
from trading_agent.signals.timeframe_settings import TimeframeSettings
from trading_agent.strategies.entries import Barriers, enter
from trading_agent.strategies.own_parts import NOTHING_OWN, OwnParts
from trading_agent.strategies.settings import ActiveStrategy, StrategySettings
from trading_agent.strategies.strategy import Requirements, StrategyView


def settings_of(*names: str, plan: SessionPlan | None = None, **slices: Any) -> EngineSettings:
    """`names`: the strategies that are enabled. Nothing is weighed: their entries go to risk."""
    plain: dict[str, Any] = {
        "plan": plan or SessionPlan(),
        "limits": RiskLimits(),
        "paper": PaperSettings(),
        "portfolio": PortfolioSettings(),
        "strategies": StrategySettings(active=tuple(ActiveStrategy(name=each) for each in names)),
        "timeframes": TimeframeSettings(),
        "patterns": PatternSettings(),
        "enhanced": EnhancedSettings(enabled=False),
    }
    return EngineSettings(**(plain | slices))


def a_request(
    *names: str, plan: SessionPlan | None = None, own: OwnParts = NOTHING_OWN
) -> EvaluationRequest:
    """Without fees."""
    return EvaluationRequest(
        data=(), settings=settings_of(*names, plan=plan), own=own, taker_fee_bps=0.0
    )


class FollowSignal:
    """Buys at every flash signal to buy, and holds for two seconds."""

    name: ClassVar[str] = "follow_signal"
    parameters: ClassVar[tuple[Parameter, ...]] = ()

    def __init__(self, values: Values) -> None:
        self.values = values

    @property
    def requires(self) -> Requirements:
        return Requirements(signals=True)

    def propose(self, view: StrategyView) -> Proposal | None:
        if view.signal is None or view.signal.direction is not BUY or view.position > 0:
            return None
        return enter(view, self.name, Barriers(0.0, 0.0, Nanos(2 * SECOND)), "signal")


class FollowImpulse:
    """Buys after a second in which the price jumped up, and holds for six."""

    name: ClassVar[str] = "follow_impulse"
    parameters: ClassVar[tuple[Parameter, ...]] = ()
    sign: ClassVar[int] = 1

    def __init__(self, values: Values) -> None:
        self.values = values

    @property
    def requires(self) -> Requirements:
        return Requirements(timeframe="1s")

    def propose(self, view: StrategyView) -> Proposal | None:
        if view.position > 0:
            return None
        close = view.sight.last("1s", 2).close
        if len(close) < 2 or self.sign * (close[1] - close[0]) < 0.005 * IMPULSE:
            return None
        return enter(view, self.name, Barriers(0.0, 0.0, Nanos(6 * SECOND)), "impulse")


class FadeImpulse(FollowImpulse):
    """The same after a jump down."""

    name: ClassVar[str] = "fade_impulse"
    sign: ClassVar[int] = -1


class Broken(FollowImpulse):
    name: ClassVar[str] = "broken"

    def propose(self, view: StrategyView) -> Proposal | None:
        raise RuntimeError("no idea")


class BreaksLater(FollowImpulse):
    """After fifteen proposals."""

    name: ClassVar[str] = "breaks_later"
    told: int = 0

    def propose(self, view: StrategyView) -> Proposal | None:
        proposal = super().propose(view)
        self.told += proposal is not None
        if self.told > 15:
            raise RuntimeError("no idea any more")
        return proposal


OWN = OwnParts(
    {each.name: each for each in (FollowSignal, FollowImpulse, FadeImpulse, Broken, BreaksLater)}
)
