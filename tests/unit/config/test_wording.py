"""How problems are worded."""

import pytest

from trading_agent.config.wording import HIDDEN, dotted, meant, shown


@pytest.mark.parametrize(
    ("value", "text"),
    [(5, "5"), (0.1, "0.1"), (True, "true"), (None, "null"), ("a", '"a"'), ({}, "an object")],
)
def test_values_are_shown_as_they_are_written(value: object, text: str) -> None:
    assert shown(value) == text


@pytest.mark.parametrize(
    "key", ["api_key", "apiKey", "secret", "bot_token", "password", "passphrase", "key", "auth"]
)
def test_a_key_that_says_secret_hides_its_value(key: str) -> None:
    assert shown("x", ("mexc", key)) == HIDDEN
    assert shown(5, (key, "inner")) == HIDDEN


@pytest.mark.parametrize(
    "value",
    [
        "123456789:AAbbccddeeffgghhiijjkkllmmnnooppqqr",
        "sk-or-v1-abcdef0123456789",
        "mx0vglabcdef12345678",
        "wss://name:word@host/path",
        "0f8fad5bd9cb469fa16570867728950e",
    ],
)
def test_a_value_that_looks_like_a_secret_is_hidden(value: str) -> None:
    assert shown(value) == HIDDEN
    assert HIDDEN in dotted(("a", value))


@pytest.mark.parametrize("value", ["BTCUSDC", "embedded", "a long text without any digit in it"])
def test_an_ordinary_value_is_shown(value: str) -> None:
    assert value in shown(value)


@pytest.mark.parametrize("key", ["keyboard", "monkey_count", "author_name"])
def test_an_ordinary_key_hides_nothing(key: str) -> None:
    assert (shown("x", (key,)) == HIDDEN) == (key == "author_name")


def test_what_is_meant_is_near_or_nothing() -> None:
    choices = ("max_open_orders", "venue")
    assert meant("max_opn_orders", choices) == "max_open_orders"
    assert meant("VENUE", choices) == "venue"
    assert meant("zzz", choices) is None
