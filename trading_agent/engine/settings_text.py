"""The engine's settings as one line of JSON, for recordings."""

import json
from typing import Final

from trading_agent.domain.errors import StorageError
from trading_agent.engine.desk_state import EngineSettings
from trading_agent.execution.settings import PaperSettings
from trading_agent.portfolio.settings import PortfolioSettings
from trading_agent.risk.settings import RiskLimits
from trading_agent.signals.patterns.settings import PatternSettings
from trading_agent.signals.settings import SessionPlan
from trading_agent.signals.timeframe_settings import TimeframeSettings
from trading_agent.strategies.settings import StrategySettings

_BEFORE_CHARTS: Final = 4
_NO_CHARTS: Final[dict[str, object]] = {"timeframes": [], "patterns": [], "regime": None}


def settings_to_text(settings: EngineSettings) -> str:
    slices = (
        *(settings.plan, settings.limits, settings.paper, settings.portfolio),
        *(settings.strategies, settings.timeframes, settings.patterns),
    )
    return json.dumps([each.model_dump(mode="json") for each in slices], separators=(",", ":"))


def settings_from_text(text: str) -> EngineSettings:
    """What `settings_to_text` wrote; StorageError for anything else."""
    try:
        # Recordings from before there were strategies to choose from have four, and no charts.
        given = json.loads(text)
        plan, limits, paper, portfolio, strategies, timeframes, patterns = (
            given if len(given) > _BEFORE_CHARTS else [*given, {}, _NO_CHARTS, {}]
        )
        return EngineSettings(
            plan=SessionPlan.model_validate(plan),
            limits=RiskLimits.model_validate(limits),
            paper=PaperSettings.model_validate(paper),
            portfolio=PortfolioSettings.model_validate(portfolio),
            strategies=StrategySettings.model_validate(strategies),
            timeframes=TimeframeSettings.model_validate(timeframes),
            patterns=PatternSettings.model_validate(patterns),
        )
    except (ValueError, TypeError) as error:
        raise StorageError(f"the settings of this recording cannot be read: {error}") from error
