"""From files and environment to one configuration, or to a list of everything wrong."""

import json
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from trading_agent.config.loading import LoadedConfig, load
from trading_agent.domain.errors import ConfigError


def written(folder: Path, name: str, content: object) -> Path:
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content, indent=1))
    return path


def loaded(folder: Path, content: object, *overlays: object, **environment: str) -> LoadedConfig:
    paths = [written(folder, f"overlay{n}.json", it) for n, it in enumerate(overlays)]
    return load(written(folder, "base.json", content), paths, environment)


def errors(
    folder: Path, content: object, *overlays: object, environment: Mapping[str, str] = {}
) -> list[str]:
    """Lines without the folder they speak of."""
    with pytest.raises(ConfigError) as caught:
        loaded(folder, content, *overlays, **environment)
    return str(caught.value).replace(f"{folder}/", "").split("\n")


def test_an_empty_file_is_the_defaults(tmp_path: Path) -> None:
    config = loaded(tmp_path, {}).config
    assert config.symbols == ("BTCUSDC", "ETHUSDC")
    assert config.venue == "embedded"
    assert config.data_directory == (tmp_path / "var").resolve()
    assert config.trading.sessions["US"].start_hour == 13


@pytest.mark.parametrize("pair", ["ETHUSDC", "eth/usdc", "Eth-Usdc", " ETH/USDC "])
def test_a_pair_may_be_written_as_people_do(tmp_path: Path, pair: str) -> None:
    assert loaded(tmp_path, {"symbols": [pair]}).config.symbols == ("ETHUSDC",)


@pytest.mark.parametrize(
    "pair", ["", "BTC", "BTC/", "BTC//USDC", "BTC USDC", "\u0412TC/USDC", "A" * 40]
)
def test_what_is_no_pair_is_refused(tmp_path: Path, pair: str) -> None:
    (line,) = errors(tmp_path, {"symbols": [pair]})
    assert line.startswith("base.json:3:3: symbols.0: ")
    assert "BTC/USDC" in line


def test_one_pair_written_twice_is_refused(tmp_path: Path) -> None:
    (line,) = errors(tmp_path, {"symbols": ["BTCUSDC", "btc/usdc"]})
    assert line == "base.json:2:2: symbols: BTCUSDC is given twice"


def test_overlays_go_over_the_file_in_order_and_the_environment_over_all(tmp_path: Path) -> None:
    config = loaded(
        tmp_path,
        {"risk": {"max_open_orders": 1, "max_book_age_ms": 100, "max_open_positions": 1}},
        {"risk": {"max_book_age_ms": 200, "max_open_positions": 2}},
        {"risk": {"max_open_positions": 3}, "symbols": ["ETHUSDC"]},
        FLASH_TRADING__RISK__MAX_OPEN_POSITIONS="4",
    ).config
    assert config.risk.max_open_orders == 1
    assert config.risk.max_book_age_ms == 200
    assert config.risk.max_open_positions == 4
    assert config.symbols == ("ETHUSDC",)


def test_null_takes_a_sessions_own_value_back(tmp_path: Path) -> None:
    base = {"trading": {"sessions": {"ASIA": {"start_hour": 0, "end_hour": 8}}}}
    own = {"trading": {"sessions": {"ASIA": {"signal": {"book_levels": 7}}}}}
    back = {"trading": {"sessions": {"ASIA": {"signal": {"book_levels": None}}}}}
    asia = loaded(tmp_path, base, own).config.trading.sessions["ASIA"]
    assert asia.signal.book_levels == 7
    asia = loaded(tmp_path, base, own, back).config.trading.sessions["ASIA"]
    assert asia.signal.book_levels is None


def test_money_is_exact_however_it_is_written(tmp_path: Path) -> None:
    for text in ("0.1", '"0.1"'):
        config = loaded(tmp_path, f'{{"paper": {{"unknown_fee": {text}}}}}').config
        assert config.paper.unknown_fee == Decimal("0.1")


def test_the_data_directory_is_relative_to_the_base_file(tmp_path: Path) -> None:
    over = written(tmp_path, "over.json", {"data_directory": "elsewhere/here"})
    inner = tmp_path / "inner"
    inner.mkdir()
    config = load(written(inner, "base.json", {}), [over], {}).config
    assert config.data_directory == (inner / "elsewhere" / "here").resolve()
    config = loaded(tmp_path, {"data_directory": str(tmp_path / "absolute")}).config
    assert config.data_directory == (tmp_path / "absolute").resolve()


def test_every_mistake_of_every_source_is_listed_at_once(tmp_path: Path) -> None:
    lines = errors(
        tmp_path,
        """{
  "venue": "binance",
  "risk": {
    "max_order_notional": -5,
    "max_opn_orders": 3
  },
  "trading": {"sessions": {"ASIA": {"start_hour": 25, "end_hour": "8"}}}
}""",
        {"mexc": {"pace_ms": 50}},
        "{ broken",
        environment={"FLASH_TRADING__PAPER__LATENCY_MS": "fast"},
    )
    assert lines == [
        'base.json:2:3: venue: "binance" is not allowed; it must be one of embedded, mexc',
        "base.json:4:5: risk.max_order_notional: -5 is not allowed; it must be a number above 0,"
        " for example 1000",
        "base.json:5:5: risk.max_opn_orders: is not a setting; did you mean max_open_orders?",
        "base.json:7:37: trading.sessions.ASIA.start_hour: 25 is not allowed; it must be"
        " a whole number from 0 to 23",
        'base.json:7:55: trading.sessions.ASIA.end_hour: "8" is not allowed; it must be'
        " a whole number from 1 to 24",
        "overlay0.json:3:3: mexc.pace_ms: 50 is not allowed; it must be one of 10, 100",
        'overlay1.json:1:3: a key in "double quotes" is expected, not b',
        'FLASH_TRADING__PAPER__LATENCY_MS: paper.latency_ms: "fast" is not allowed; it must be'
        " a number from 0 to 60000, for example 15.0",
    ]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"risk": {"max_open_orders": "5"}}, '"5" is not allowed'),
        ({"risk": {"max_open_orders": 5.0}}, "5.0 is not allowed"),
        ({"risk": {"max_open_orders": True}}, "true is not allowed"),
        ({"risk": {"max_open_orders": None}}, "null is not allowed"),
        ({"risk": {"max_open_orders": [5]}}, "a list is not allowed"),
        ({"risk": {"max_open_orders": 0}}, "a whole number from 1 to 200"),
        ({"risk": 5}, "5 is not allowed; it must be an object"),
        ({"paper": {"latency_ms": "15"}}, '"15" is not allowed'),
        ({"paper": {"unknown_fee": "1e-3"}}, '"1e-3" is not allowed'),
        ({"paper": {"unknown_fee": "-1"}}, '"-1" is not allowed'),
        ({"paper": {"unknown_fee": "\u0663"}}, "is not allowed"),
        ({"paper": {"unknown_fee": True}}, "true is not allowed"),
        ({"mexc": {"expect_zero_fee": 1}}, "1 is not allowed; it must be true or false"),
        ({"symbols": []}, "a list is not allowed; it must be a list of 1 to 100"),
        ({"symbols": "BTCUSDC"}, "it must be a list"),
        ({"symbols": [5]}, "symbols.0: 5 is not allowed; it must be a text"),
        ({"data_directory": " "}, "is not the name of a directory"),
        ({"data_directory": "a\0b"}, "is not the name of a directory"),
        ({"trading": {"sessions": {"A": {"end_hour": 5}}}}, "start_hour: is missing"),
        ({"portfolio": {"starting_balances": {"USDC": "many"}}}, '"many" is not allowed'),
        ({"runtime": {"collect_seconds": 900}}, "collect_latest_seconds must not be less"),
        ({"embedded": {"pairs": ["XYZUSDC"]}}, "no preset for XYZUSDC"),
    ],
)
def test_a_value_of_the_wrong_kind_or_size_is_refused(
    tmp_path: Path, content: dict[str, Any], words: str
) -> None:
    (line,) = errors(tmp_path, content)
    assert words in line


@pytest.mark.parametrize(
    ("content", "hint"),
    [
        ({"venu": "mexc"}, "did you mean venue?"),
        ({"max_order_notional": 5}, "did you mean risk.max_order_notional?"),
        ({"risk": {"MAX_OPEN_ORDERS": 5}}, "did you mean max_open_orders?"),
        ({"trading": {"signal": {"hysterese": 1}}}, "did you mean hysteresis?"),
        ({"portfolio": {"zzz": 1}}, "allowed here: starting_balances, quote"),
        (
            {"trading": {"sessions": {"A": {"start_hour": 0, "end_hour": 1, "signl": {}}}}},
            "did you mean signal?",
        ),
    ],
)
def test_an_unknown_key_says_what_was_meant(
    tmp_path: Path, content: dict[str, Any], hint: str
) -> None:
    (line,) = errors(tmp_path, content)
    assert line.endswith(f"is not a setting; {hint}")


def test_what_an_unreadable_file_would_have_said_is_not_missed_twice(tmp_path: Path) -> None:
    lines = errors(tmp_path, "{", {"trading": {"sessions": {"NIGHT": {"weekdays": ["MON"]}}}})
    assert len(lines) == 1
    assert lines[0].startswith("base.json:1:2: ")


def test_secrets_are_not_repeated(tmp_path: Path) -> None:
    token = "123456789:AAbbccddeeffgghhiijjkkllmmnnooppqqr"
    lines = errors(
        tmp_path,
        {
            token: 1,
            "telegram_token": {"a": token},
            "venue": token,
            "mexc": {"rest_url": "https://name:hunter2@example.com", "api_key": "short"},
            "risk": {"max_open_orders": "sk-or-v1-0123456789abcdef"},
        },
        environment={"FLASH_TRADING__PAPER__SECRET_KEY": "hunter2"},
    )
    text = "\n".join(lines)
    assert len(lines) == 7
    assert "(hidden)" in text
    for secret in (token, "hunter2", "short", "0123456789abcdef"):
        assert secret not in text


def test_every_error_is_one_line_whatever_the_text_holds(tmp_path: Path) -> None:
    lines = errors(tmp_path, {"venue": "a\nb\x1b[31m\u2028", "x\ny\x1b": 1, "\u202e": 2})
    assert len(lines) == 3
    assert all(line.isprintable() for line in lines)


def test_a_very_long_value_is_cut(tmp_path: Path) -> None:
    (line,) = errors(tmp_path, {"venue": "ab " * 1000})
    assert len(line) < 200


def test_a_flood_of_errors_is_counted_not_printed(tmp_path: Path) -> None:
    lines = errors(tmp_path, {f"key{n}": n for n in range(150)})
    assert len(lines) == 101
    assert lines[-1] == "and 50 more"


def test_the_digest_is_of_the_settings_and_not_of_their_spelling(tmp_path: Path) -> None:
    plain = loaded(tmp_path, {})
    spelt = loaded(
        tmp_path,
        '{"risk": {"max_order_notional": "1000.00"}, "symbols": ["btc/usdc", "ETH-USDC"]}',
        {"data_directory": "elsewhere"},
    )
    assert spelt.digest == plain.digest
    assert len(plain.digest) == 64
    other = loaded(tmp_path, {"risk": {"max_order_notional": 1001}})
    assert other.digest != plain.digest
    folder = tmp_path / "other"
    folder.mkdir()
    assert loaded(folder, {}).digest == plain.digest


def test_sources_are_files_and_variables_in_their_order(tmp_path: Path) -> None:
    found = loaded(tmp_path, {}, {}, FLASH_TRADING__VENUE="mexc", HOME="/nowhere")
    assert found.config.venue == "mexc"
    assert found.sources == (
        str(tmp_path / "base.json"),
        str(tmp_path / "overlay0.json"),
        "FLASH_TRADING__VENUE",
    )
