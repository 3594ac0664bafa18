"""Where the records are, and what is never said about it."""

from pathlib import Path

import pytest

from tests.records_databases import PASSWORD
from trading_agent.adapters.records.address import find_address
from trading_agent.adapters.records.settings import RecordsSettings, has_password
from trading_agent.domain.errors import ConfigError

DATA = Path("/data")


def test_without_a_word_the_records_lie_among_the_data() -> None:
    address = find_address("", None, DATA)
    assert address.file == DATA / "records.sqlite"
    assert str(address) == "/data/records.sqlite"


def test_the_secret_goes_before_the_configuration() -> None:
    address = find_address("sqlite:///a.sqlite", "postgresql://desk:hidden@host/records", DATA)
    assert (address.file, address.url) == (None, "postgresql+psycopg://desk:hidden@host/records")


@pytest.mark.parametrize(
    ("url", "file"),
    [
        ("sqlite:///mine.sqlite", "/data/mine.sqlite"),
        ("sqlite:////else/where.sqlite", "/else/where.sqlite"),
        ("sqlite:///with%20space.sqlite", "/data/with space.sqlite"),
    ],
)
def test_a_file_is_relative_to_the_data(url: str, file: str) -> None:
    assert find_address(url, None, DATA).file == Path(file)


@pytest.mark.parametrize(
    "url", ["postgres://u@h/d", "postgresql://u@h/d", "postgresql+psycopg://u@h/d"]
)
def test_postgresql_goes_by_several_names(url: str) -> None:
    assert find_address(url, None, DATA).url == "postgresql+psycopg://u@h/d"


@pytest.mark.parametrize(
    "url",
    [
        "mysql://u:geheim@h/d",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite://host/file",
        "postgresql://u:geheim@h",
        "postgresql://u:geheim@h:port/d",
        "postgresql://u:geheim@[::1/d",
        "records.sqlite",
    ],
)
def test_what_is_no_database_of_ours_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(ConfigError) as refused:
        find_address("", url, DATA)
    assert "FLASH_TRADING_RECORDS_URL" in str(refused.value)
    assert "geheim" not in str(refused.value)
    assert refused.value.__cause__ is None


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://desk:horse%2Fbattery%40staple@host/d",
        "postgresql://desk@host/d?password=horse%2Fbattery%40staple",
        "postgresql://host/d?sslpassword=horse%2Fbattery%40staple",
    ],
)
def test_a_password_is_in_no_words_about_the_address(url: str) -> None:
    address = find_address("", url, DATA)
    words = f"{address} {address!r} {address.redact(f'driver: {url} {PASSWORD} is wrong')}"
    assert PASSWORD not in words
    assert "horse%2F" not in words
    assert "host" in words
    assert has_password(url)


@pytest.mark.parametrize("url", ["postgresql://desk@host/d", "sqlite:///a.sqlite", ""])
def test_a_url_without_password_may_stand_in_the_configuration(url: str) -> None:
    assert RecordsSettings.model_validate({"url": url}).url.get_secret_value() == url
