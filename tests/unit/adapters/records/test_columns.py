"""Numbers come back as they went in, from either database."""

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Column, Integer, MetaData, Table, insert, select, text

from tests.records_databases import KINDS, address_of, opened
from trading_agent.adapters.records.columns import ExactDecimal

MEASURES = Table(
    "measures", MetaData(), Column("id", Integer, primary_key=True), Column("exact", ExactDecimal)
)
EDGES = (
    "0",
    "-0.000000000000000001",
    "99999999999999999999.999999999999999999",
    "0.1",
    "1E-30",
    "123456789012345678901234567890123456789012.000000000000000000000000000001",
    "1E+5",
)


@pytest.mark.parametrize("kind", KINDS)
def test_a_decimal_survives_exactly(tmp_path: Path, kind: str) -> None:
    database = opened(address_of(kind, tmp_path))
    with database.transaction() as connection:
        MEASURES.metadata.create_all(connection)

    @given(st.lists(st.decimals(allow_nan=False, allow_infinity=False, places=18), min_size=1))
    def survive(numbers: list[Decimal]) -> None:
        numbers = [*numbers, *map(Decimal, EDGES)]
        with database.transaction() as connection:
            connection.execute(text("DELETE FROM measures"))
            rows = [{"id": place, "exact": number} for place, number in enumerate(numbers)]
            connection.execute(insert(MEASURES), rows)
        with database.transaction() as connection:
            query = select(MEASURES.c.exact).order_by(MEASURES.c.id)
            assert list(connection.execute(query).scalars()) == numbers

    survive()
    database.close()


@pytest.mark.parametrize("kind", KINDS)
def test_a_query_can_calculate(tmp_path: Path, kind: str) -> None:
    database = opened(address_of(kind, tmp_path))
    with database.transaction() as connection:
        MEASURES.metadata.create_all(connection)
        connection.execute(insert(MEASURES), [{"exact": Decimal("9.5")}, {"exact": Decimal(10)}])
        query = text("SELECT SUM(exact) FROM measures WHERE CAST(exact AS REAL) > 9.6")
        assert connection.execute(query).scalar() == 10
    database.close()
