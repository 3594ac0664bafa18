"""The engine's settings as one line of JSON, for recordings."""

import json

from trading_agent.domain.errors import StorageError
from trading_agent.engine.desk_state import EngineSettings
from trading_agent.execution.settings import PaperSettings
from trading_agent.portfolio.settings import PortfolioSettings
from trading_agent.risk.settings import RiskLimits
from trading_agent.signals.settings import SessionPlan


def settings_to_text(settings: EngineSettings) -> str:
    slices = (settings.plan, settings.limits, settings.paper, settings.portfolio)
    return json.dumps([each.model_dump(mode="json") for each in slices], separators=(",", ":"))


def settings_from_text(text: str) -> EngineSettings:
    """What `settings_to_text` wrote; StorageError for anything else."""
    try:
        plan, limits, paper, portfolio = json.loads(text)
        return EngineSettings(
            plan=SessionPlan.model_validate(plan),
            limits=RiskLimits.model_validate(limits),
            paper=PaperSettings.model_validate(paper),
            portfolio=PortfolioSettings.model_validate(portfolio),
        )
    except (ValueError, TypeError) as error:
        raise StorageError(f"the settings of this recording cannot be read: {error}") from error
