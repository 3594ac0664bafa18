"""A password in the configuration file is refused, with the way to mend it, unseen."""

import json
from pathlib import Path
from urllib.parse import quote

import pytest

from trading_agent.config.loading import load
from trading_agent.config.records_address import records_address, records_secrets
from trading_agent.domain.errors import ConfigError
from trading_agent.runtime.redaction import Redactor


def config_with(tmp_path: Path, **records: object) -> Path:
    path = tmp_path / "flash_trading_config.json"
    path.write_text(json.dumps({"records": records}))
    return path


@pytest.mark.parametrize(
    "url", ["postgresql://desk:geheim@host/d", "postgresql://host/d?password=geheim"]
)
def test_a_password_in_the_file_is_refused_unseen(tmp_path: Path, url: str) -> None:
    with pytest.raises(ConfigError) as refused:
        load(config_with(tmp_path, url=url), (), {})
    words = str(refused.value)
    assert "FLASH_TRADING_RECORDS_URL" in words
    assert ".env-secure/.env" in words
    assert "geheim" not in words


def test_the_environment_goes_before_the_file_of_secrets(tmp_path: Path) -> None:
    secrets = tmp_path / "secrets"
    secrets.write_text("FLASH_TRADING_RECORDS_URL=sqlite:///from-file.sqlite\n")
    secrets.chmod(0o600)
    path = tmp_path / "flash_trading_config.json"
    document = {
        "storage": {"secrets_file": str(secrets)},
        "records": {"url": "sqlite:///from-config.sqlite"},
    }
    path.write_text(json.dumps(document))
    config = load(path, (), {}).config
    environment = {"FLASH_TRADING_RECORDS_URL": "sqlite:///from-environment.sqlite"}

    def name(environment: dict[str, str]) -> str:
        file = records_address(config, environment, tmp_path).file
        assert file is not None
        return file.name

    assert name(environment) == "from-environment.sqlite"
    assert name({}) == "from-file.sqlite"
    secrets.unlink()
    assert name({}) == "from-config.sqlite"


@pytest.mark.parametrize("password", ["se/cret", "p@ss word"])
def test_the_log_knows_what_it_must_never_show(tmp_path: Path, password: str) -> None:
    config = load(config_with(tmp_path), (), {}).config
    url = f"postgresql://desk:{quote(password, safe='')}@host/trades"
    redactor = Redactor(records_secrets(config, {"FLASH_TRADING_RECORDS_URL": url}))
    for text in (url, password, quote(password, safe="")):
        assert text not in redactor.redact(f"driver: {text} failed")
    assert records_secrets(config, {}) == ()
    nonsense = "postgresql://[desk:secret"
    assert records_secrets(config, {"FLASH_TRADING_RECORDS_URL": nonsense}) == (nonsense,)
