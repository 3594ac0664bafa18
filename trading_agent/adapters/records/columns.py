"""Columns whose kind is ours: exact decimals, and times."""

from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, Dialect, Numeric, Text
from sqlalchemy.types import TypeDecorator, TypeEngine


class ExactDecimal(TypeDecorator[Decimal]):
    """A decimal that comes back as it went in: NUMERIC without bounds, and in SQLite, which has
    no such thing, plain text (`CAST(column AS REAL)` where a query calculates or compares)."""

    impl = Numeric
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        kind: TypeEngine[Any] = Text() if dialect.name == "sqlite" else Numeric()
        return dialect.type_descriptor(kind)

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        if value is None or dialect.name != "sqlite":
            return value
        return f"{value:f}"

    def process_result_value(self, value: Any, _dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value)


class Moment(TypeDecorator[int]):
    """Nanoseconds UTC since 1970. As a date: `datetime(at / 1000000000, 'unixepoch')` in SQLite,
    `to_timestamp(at / 1e9)` in PostgreSQL."""

    impl = BigInteger
    cache_ok = True
