import os
from pathlib import Path

import pytest

from trading_agent.adapters.storage.secrets import (
    OPENROUTER_API_KEY,
    PAPER_SECRETS,
    TELEGRAM_BOT_TOKEN,
    load_secrets,
)
from trading_agent.domain.errors import ConfigError

KEY = "sk-or-v1-canary0123456789"
TOKEN = "123456789:canary-canary"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / ".env-secure" / ".env"
    path.parent.mkdir(mode=0o700)
    path.write_text(
        f"# keys\n{OPENROUTER_API_KEY}={KEY}\nexport {TELEGRAM_BOT_TOKEN}='{TOKEN}'\n"
        "MEXC_API_KEY=mx0never\nMEXC_SECRET_KEY=never\n"
    )
    path.chmod(0o600)
    return path


def test_secrets_come_from_the_file(path: Path) -> None:
    secrets = load_secrets(path, {})
    assert secrets.get(OPENROUTER_API_KEY) == KEY
    assert secrets.require(TELEGRAM_BOT_TOKEN) == TOKEN


def test_the_environment_goes_first_and_needs_no_file(path: Path, tmp_path: Path) -> None:
    environment = {OPENROUTER_API_KEY: "from-environment"}
    assert load_secrets(path, environment).get(OPENROUTER_API_KEY) == "from-environment"
    assert load_secrets(path, environment).get(TELEGRAM_BOT_TOKEN) == TOKEN
    alone = load_secrets(tmp_path / "none", environment)
    assert alone.all_values() == ("from-environment",)


def test_on_paper_no_key_of_an_exchange_is_read(path: Path) -> None:
    environment = {"MEXC_API_KEY": "mx0environment", "MEXC_SECRET_KEY": "environment"}
    secrets = load_secrets(path, environment)
    assert set(secrets.all_values()) == {KEY, TOKEN}
    assert not any("MEXC" in name for name in PAPER_SECRETS)


def test_no_value_is_ever_shown(path: Path) -> None:
    secrets = load_secrets(path, {})
    for shown in (repr(secrets), str(secrets), f"{secrets}", f"{[secrets]}"):
        assert KEY not in shown and TOKEN not in shown
        assert OPENROUTER_API_KEY in shown


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o610])
def test_a_file_that_others_can_use_is_refused_with_the_way_out(path: Path, mode: int) -> None:
    path.chmod(mode)
    with pytest.raises(ConfigError, match=f"chmod 600 {path}") as caught:
        load_secrets(path, {})
    assert KEY not in str(caught.value)


def test_a_file_of_another_user_is_refused(path: Path) -> None:
    if os.getuid() != 0:
        pytest.skip("only root can give files away")
    os.chown(path, 12_345, -1)
    with pytest.raises(ConfigError, match="another user"):
        load_secrets(path, {})


def test_what_is_no_file_of_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="not a file"):
        load_secrets(tmp_path, {})
    binary = tmp_path / "binary"
    binary.write_bytes(b"\xff\xfe" + KEY.encode("utf-16-le") + b"\xff")
    binary.chmod(0o600)
    with pytest.raises(ConfigError, match="UTF-8") as caught:
        load_secrets(binary, {})
    assert caught.value.__cause__ is None
    large = tmp_path / "large"
    large.write_bytes(b"#" * 100_000)
    large.chmod(0o600)
    with pytest.raises(ConfigError, match="too large"):
        load_secrets(large, {})


def test_a_pipe_is_refused_without_waiting(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe, 0o600)
    with pytest.raises(ConfigError, match="not a file"):
        load_secrets(pipe, {})


def test_empty_values_are_none(path: Path) -> None:
    path.write_text(f"{OPENROUTER_API_KEY}=\n{TELEGRAM_BOT_TOKEN}\n")
    secrets = load_secrets(path, {"DASHBOARD_PASSWORD": "  "})
    assert secrets.all_values() == ()
    with pytest.raises(ConfigError, match=str(path)):
        secrets.require(OPENROUTER_API_KEY)


def test_a_dollar_in_a_secret_stays_a_dollar(path: Path) -> None:
    path.write_text(f"{OPENROUTER_API_KEY}=ab${{HOME}}cd\n")
    assert load_secrets(path, {}).get(OPENROUTER_API_KEY) == "ab${HOME}cd"


def test_a_mark_at_the_beginning_of_the_file_is_no_part_of_a_name(path: Path) -> None:
    path.write_bytes(b"\xef\xbb\xbf" + f"{OPENROUTER_API_KEY}={KEY}\r\n".encode())
    assert load_secrets(path, {}).get(OPENROUTER_API_KEY) == KEY


def test_a_secret_with_control_characters_is_refused_without_showing_it() -> None:
    with pytest.raises(ConfigError, match=OPENROUTER_API_KEY) as caught:
        load_secrets(Path("nowhere"), {OPENROUTER_API_KEY: f"{KEY}\x1b[0m"})
    assert KEY not in str(caught.value)
