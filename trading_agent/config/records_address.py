"""Where a run, or who looks at one afterwards, finds its records."""

from collections.abc import Mapping
from pathlib import Path

from trading_agent.adapters.records.address import RecordsAddress, find_address, passwords_in
from trading_agent.adapters.records.settings import RECORDS_URL
from trading_agent.adapters.storage.secrets import load_secrets
from trading_agent.config.flash_trading_config import FlashTradingConfig


def records_secrets(config: FlashTradingConfig, environment: Mapping[str, str]) -> tuple[str, ...]:
    """What must never be shown of the database that environment or file of secrets name, one
    that cannot be used included: its URL and every password in it. Raises ConfigError."""
    secrets = load_secrets(Path(config.storage.secrets_file), environment, (RECORDS_URL,))
    return tuple(text for url in secrets.all_values() for text in (url, *passwords_in(url)))


def records_address(
    config: FlashTradingConfig, environment: Mapping[str, str], data_directory: Path
) -> RecordsAddress:
    """Environment, file of secrets, settings, in this order. Raises ConfigError."""
    secrets = load_secrets(Path(config.storage.secrets_file), environment, (RECORDS_URL,))
    return find_address(
        config.records.url.get_secret_value(), secrets.get(RECORDS_URL), data_directory
    )
