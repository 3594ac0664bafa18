"""Which market a run trades, as its journal knows it, and where its data are kept."""

from collections.abc import Sequence
from pathlib import Path

from trading_agent.adapters.mexc.settings import is_loopback
from trading_agent.adapters.storage.journal import JournalIdentity
from trading_agent.config.flash_trading_config import FlashTradingConfig


def market_identity(
    config: FlashTradingConfig, play: Sequence[Path], play_as: str
) -> JournalIdentity:
    """`play`: recordings that the embedded exchange plays as `play_as`."""
    if play:
        names = "+".join(path.name for path in play)
        return JournalIdentity("embedded", f"{names} as {play_as}")
    if config.venue == "embedded":
        return JournalIdentity("embedded", "synthetic")
    if is_loopback(config.mexc.rest_url) or is_loopback(config.mexc.stream_url):
        # MEXC itself is never on this machine, whatever it answers.
        return JournalIdentity("embedded", "an exchange on this machine")
    return JournalIdentity("mexc", "public streams")


def directory_of(identity: JournalIdentity, config: FlashTradingConfig) -> Path:
    """One of its own for every market."""
    name = f"{identity.venue}-{identity.source}"
    return config.data_directory / "".join(c if c.isalnum() else "-" for c in name)
