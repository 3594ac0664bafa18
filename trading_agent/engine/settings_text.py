"""The engine's settings as one line of JSON, for recordings."""

import json
from typing import Final

from trading_agent.domain.errors import StorageError
from trading_agent.engine.desk_state import EngineSettings
from trading_agent.engine.settings import OverlayBounds
from trading_agent.execution.settings import PaperSettings
from trading_agent.portfolio.settings import PortfolioSettings
from trading_agent.risk.settings import RiskLimits
from trading_agent.signals.enhanced.settings import EnhancedSettings
from trading_agent.signals.patterns.settings import PatternSettings
from trading_agent.signals.settings import SessionPlan
from trading_agent.signals.timeframe_settings import TimeframeSettings
from trading_agent.strategies.settings import StrategySettings

_SLICES: Final = 9
_NO_TAIL_LIMIT: Final[dict[str, object]] = {"max_tail_loss_percent": 0}
"""Of recordings from before there was such a limit."""
_NOT_YET: Final[tuple[dict[str, object], ...]] = (
    {},
    {"timeframes": [], "patterns": [], "regime": None},
    {},
    {"enabled": False},
    {},
)
"""What the last slices stand for in recordings from before there were such."""
_NO_CANDLESTICKS: Final[dict[str, object]] = {"candlesticks": []}


def settings_to_text(settings: EngineSettings) -> str:
    slices = (
        *(settings.plan, settings.limits, settings.paper, settings.portfolio),
        *(settings.strategies, settings.timeframes, settings.patterns, settings.enhanced),
        settings.overlays,
    )
    return json.dumps([each.model_dump(mode="json") for each in slices], separators=(",", ":"))


def settings_from_text(text: str) -> EngineSettings:
    """What `settings_to_text` wrote; StorageError for anything else."""
    try:
        given = json.loads(text)
        missing = _SLICES - len(given)
        given += _NOT_YET[len(_NOT_YET) - missing :] if 0 < missing <= len(_NOT_YET) else ()
        plan, limits, paper, portfolio, strategies, timeframes, patterns, enhanced, overlays = given
        return EngineSettings(
            plan=SessionPlan.model_validate(plan),
            limits=RiskLimits.model_validate(_NO_TAIL_LIMIT | limits),
            paper=PaperSettings.model_validate(paper),
            portfolio=PortfolioSettings.model_validate(portfolio),
            strategies=StrategySettings.model_validate(strategies),
            # Recordings from before candlesticks were told say nothing of them.
            timeframes=TimeframeSettings.model_validate(_NO_CANDLESTICKS | timeframes),
            patterns=PatternSettings.model_validate(patterns),
            enhanced=EnhancedSettings.model_validate(enhanced),
            overlays=OverlayBounds.model_validate(overlays),
        )
    except (ValueError, TypeError) as error:
        raise StorageError(f"the settings of this recording cannot be read: {error}") from error
