"""Pages of the provider's account, read with suspicion: what is not there, or of another kind, is
nothing."""

from decimal import Decimal
from typing import Any


def part_of(document: Any, key: str) -> dict[str, Any]:
    part = document.get(key) if isinstance(document, dict) else None
    return part if isinstance(part, dict) else {}


def dollars_of(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return Decimal(repr(value))


def count_of(data: dict[str, Any], key: str) -> int:
    value = data.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
