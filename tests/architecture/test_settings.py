"""Every setting says what it is and in which unit."""

import importlib
import inspect
import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic.fields import FieldInfo

from tests.architecture.sources import PROJECT, modules, name_of
from trading_agent.config.flash_trading_config import FlashTradingConfig
from trading_agent.config.schema import SCHEMA_FILE, schema_text
from trading_agent.domain.settings_slice import SettingsSlice

UNITS = re.compile(
    r"milliseconds?|seconds?|minutes?|hours?|days?|basis points?|ratio|counts?|factor|number"
    r"|quote asset|base asset|units? of the asset|fraction|bytes?|levels?|UTC|decimals?|ticks?"
    r"|weight|port|percent|dollars?|tokens?|degrees?|mebibytes?|MiB|rows?",
    re.IGNORECASE,
)
OVERRIDES, PARAMETERS = "Overrides", "Parameters"


def rooms_with_settings() -> list[Path]:
    return [path for path in modules("trading_agent") if path.stem.endswith("settings")]


def slices() -> list[type[SettingsSlice]]:
    found: set[type[SettingsSlice]] = {FlashTradingConfig}
    for path in rooms_with_settings():
        name = name_of(path).removesuffix(".py").replace("/", ".")
        for _, kind in inspect.getmembers(importlib.import_module(name), inspect.isclass):
            if issubclass(kind, SettingsSlice) and kind.__module__ == name:
                found.add(kind)
    return sorted(found, key=lambda kind: f"{kind.__module__}.{kind.__name__}")


def parts(annotation: Any) -> list[Any]:
    inner = [part for argument in get_args(annotation) for part in parts(argument)]
    return [annotation, *inner]


def is_group(field: FieldInfo) -> bool:
    """The members of a group are described where the group is."""
    return any(
        isinstance(it, type) and issubclass(it, SettingsSlice) for it in parts(field.annotation)
    )


def is_number(field: FieldInfo) -> bool:
    kinds = parts(field.annotation)
    return bool({int, float, Decimal} & {it for it in kinds if isinstance(it, type)})


def undescribed(kind: type[SettingsSlice]) -> list[str]:
    fields = kind.model_fields.items()
    return [
        name
        for name, field in fields
        if not is_group(field)
        and (not field.description or (is_number(field) and not UNITS.search(field.description)))
    ]


@pytest.mark.parametrize("kind", slices(), ids=lambda kind: kind.__name__)
def test_every_setting_is_described_with_its_unit(kind: type[SettingsSlice]) -> None:
    if kind.__name__.endswith(OVERRIDES):
        module = importlib.import_module(kind.__module__)
        parameters = getattr(module, kind.__name__.removesuffix(OVERRIDES) + PARAMETERS)
        assert list(kind.model_fields) == list(parameters.model_fields)
        assert all(field.default is None for field in kind.model_fields.values())
    else:
        assert undescribed(kind) == []


def test_a_setting_without_words_or_unit_is_found() -> None:
    class Bad(SettingsSlice):
        silent: bool = True
        unitless: int = 3
        """How many."""
        good: int = 3
        """How long; seconds."""

    assert undescribed(Bad) == ["silent", "unitless"]


def words_of_the_product() -> set[str]:
    """Every name read by a module that is not itself one of settings."""
    sources = [
        it.read_text("utf-8") for it in modules("trading_agent") if "settings" not in it.stem
    ]
    return set(re.findall(r"\w+", "\n".join(sources)))


def test_no_setting_is_idle() -> None:
    read = words_of_the_product()
    idle = [
        f"{kind.__name__}.{name}"
        for kind in slices()
        for name in kind.model_fields
        if name not in read
    ]
    assert idle == []


def test_every_room_with_settings_is_in_the_configuration() -> None:
    reached = {kind.__module__ for kind in reachable(FlashTradingConfig)}
    expected = {
        name_of(path).removesuffix(".py").replace("/", ".") for path in rooms_with_settings()
    }
    assert expected - reached == set()


def reachable(kind: type[SettingsSlice]) -> set[type[SettingsSlice]]:
    found = {kind}
    for field in kind.model_fields.values():
        for part in parts(field.annotation):
            if isinstance(part, type) and issubclass(part, SettingsSlice):
                found |= reachable(part)
    return found


def test_the_published_schema_is_current() -> None:
    assert SCHEMA_FILE.is_relative_to(PROJECT)
    assert SCHEMA_FILE.read_text("utf-8") == schema_text(), (
        "python -m trading_agent.config.schema writes it anew"
    )


def test_every_setting_in_the_published_schema_is_described() -> None:
    schema = json.loads(schema_text())
    groups = [schema, *schema["$defs"].values()]
    silent = [
        name
        for group in groups
        for name, setting in group.get("properties", {}).items()
        if "description" not in setting and "$ref" not in setting
    ]
    assert silent == []
