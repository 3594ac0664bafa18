import base64
from urllib.parse import quote

import pytest

from trading_agent.runtime.redaction import Redactor

TOKEN = "123456789:AAF-canary_Canary-canary_canary1234"
KEY = "sk-or-v1-0123456789abcdef0123456789abcdef"
ODD = "p@ss/word+with=signs"


@pytest.mark.parametrize(
    "form",
    [
        ODD,
        quote(ODD),
        quote(ODD, safe=""),
        base64.b64encode(ODD.encode()).decode(),
        base64.urlsafe_b64encode(ODD.encode()).decode().rstrip("="),
    ],
)
def test_an_exact_secret_is_hidden_in_every_form_it_travels_in(form: str) -> None:
    text = Redactor([ODD]).redact(f"before {form} after")
    assert form not in text
    assert text == "before [redacted] after"


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        (f"POST https://api.telegram.org/bot{TOKEN}/getMe", TOKEN),
        (f"the token is {TOKEN}.", TOKEN),
        ("GET /api/v3/order?symbol=X&signature=deadbeef01&a=1", "deadbeef01"),
        (f"Authorization: Bearer {KEY}", KEY),
        (f"key {KEY}, quota spent", KEY),
        ("postgresql://trader:hunter22@db/trades", "hunter22"),
        ("postgresql:///trades?user=t&password=hunter22&x=1", "hunter22"),
        ("https://x/?api_key=abcdef123&b", "abcdef123"),
    ],
)
def test_the_shapes_of_secrets_are_hidden_though_nobody_named_them(text: str, secret: str) -> None:
    assert secret not in Redactor([]).redact(text)


@pytest.mark.parametrize(
    "text",
    [
        "Bought 1,250 BTCUSDC at 61234.5",
        "the lane feed-1 is full: 20000 messages",
        "GET /api/v3/depth?symbol=BTCUSDC&limit=1000",
    ],
)
def test_innocent_text_stays_as_it_is(text: str) -> None:
    assert Redactor([TOKEN, KEY, ""]).redact(text) == text


def test_the_longer_of_two_secrets_is_hidden_whole() -> None:
    assert Redactor(["canary", "canary-and-more"]).redact("x canary-and-more y") == "x [redacted] y"
