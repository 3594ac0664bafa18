"""Canonical JSON: sorted keys, fixed decimals, one form of every number; equal states give equal
bytes."""

import json
from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Final

from llm_overseer.brief import Unit

_PLACES: Final = {Unit.PERCENT: 2, Unit.RATIO: 3, Unit.COUNT: 0, Unit.MINUTES: 0}
_SIGNIFICANT: Final = Context(prec=5, rounding=ROUND_HALF_EVEN)
_WIDE: Final = Context(prec=60, rounding=ROUND_HALF_EVEN)
_LARGEST: Final = Decimal(10) ** 18

Tree = Mapping[str, "Tree"] | Sequence["Tree"] | str | int | Decimal | bool | None


def shown(value: Decimal, unit: Unit) -> Decimal:
    """As it will be read. A number beyond 10^18 is held there."""
    held = max(-_LARGEST, min(_LARGEST, value))
    if unit is Unit.PRICE:
        rounded = _SIGNIFICANT.plus(held)
    else:
        rounded = held.quantize(Decimal(1).scaleb(-_PLACES[unit]), context=_WIDE)
    return rounded or abs(rounded)


def canonical(tree: Tree) -> bytes:
    return _text(tree).encode()


def _text(tree: Tree) -> str:
    if isinstance(tree, Decimal):
        return f"{tree:f}"
    if isinstance(tree, Mapping):
        inside = (f"{json.dumps(key)}:{_text(tree[key])}" for key in sorted(tree))
        return "{" + ",".join(inside) + "}"
    if isinstance(tree, Sequence) and not isinstance(tree, str):
        return "[" + ",".join(_text(part) for part in tree) + "]"
    return json.dumps(tree)
