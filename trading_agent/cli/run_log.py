"""What the log keeps of a run beside warnings: how it began, every fact, how it ended."""

import json
import logging
from collections.abc import Iterable

from trading_agent import __version__
from trading_agent.cli.closing import closing_document
from trading_agent.config.loading import LoadedConfig
from trading_agent.domain.documents import to_text
from trading_agent.domain.errors import TradingError
from trading_agent.flash_trading import FlashTradingSystem
from trading_agent.run_terms import RunStatus
from trading_agent.runtime.crew import End
from trading_agent.runtime.subscription import Published

_log = logging.getLogger(__name__)


def log_start(system: FlashTradingSystem, loaded: LoadedConfig) -> None:
    _log.info(
        "run starts",
        extra={
            "version": __version__,
            "venue": system.identity.venue,
            "source": system.identity.source,
            "simulated": system.simulated,
            "settings": loaded.digest,
            "settings_from": list(loaded.sources),
        },
    )


def log_facts(told: Iterable[Published]) -> None:
    """A line for each, as the journal has it."""
    for item in told:
        document = json.loads(to_text(item.fact))
        extra = {"sequence": item.sequence, "fact": document}
        _log.info(type(item.fact).__name__, extra=extra)


def log_failure(error: TradingError) -> None:
    _log.error("run does not start: %s", error)


def log_end(end: End, status: RunStatus | None) -> None:
    """`status`: None when the run never began to trade."""
    closing = {}
    if status is not None and status.snapshot is not None:
        closing = closing_document(status, end.why)
    _log.info("run ends: %s", end.why, extra={"exit_code": int(end.code), "closing": closing})
