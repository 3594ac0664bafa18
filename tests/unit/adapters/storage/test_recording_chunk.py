import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading_agent.adapters.storage.recording_chunk import decode, encode
from trading_agent.domain.commands import Origin, PauseEntries
from trading_agent.domain.errors import InvariantError, StorageError
from trading_agent.domain.market_rows import Rows, empty_rows
from trading_agent.domain.message import Closing, MarketRows, Stamped, Woke
from trading_agent.domain.units import Nanos

INT64 = st.one_of(
    st.integers(-(2**63), 2**63 - 1), st.integers(-200, 200), st.just(2**63 - 1), st.just(-(2**63))
)
INT16 = st.integers(-(2**15), 2**15 - 1)
ROW_VALUES = st.tuples(INT64, INT64, INT64, INT64, INT16, INT16, st.integers(0, 2**31 - 1))
BODIES = st.one_of(
    st.lists(ROW_VALUES, max_size=12),
    st.sampled_from([Woke(), Closing(), PauseEntries(origin=Origin.OVERSEER, why="№ 7\n|")]),
)


def rows_of(values: list[tuple[int, ...]], at: int) -> Rows:
    rows = empty_rows(len(values))
    for index, row in enumerate(values):
        rows[index] = (at, *row)
    return rows


def same(left: Stamped, right: Stamped) -> bool:
    if isinstance(left.body, MarketRows) and isinstance(right.body, MarketRows):
        equal = np.array_equal(left.body.rows, right.body.rows)
        return equal and (left.sequence, left.at) == (right.sequence, right.at)
    return left == right


@given(st.lists(st.tuples(st.integers(0, 2**62), BODIES), min_size=1, max_size=15))
def test_every_input_comes_back_exactly_and_grouped_as_it_was(
    script: list[tuple[int, list[tuple[int, ...]] | Woke | Closing | PauseEntries]],
) -> None:
    inputs = []
    for sequence, (at, body) in enumerate(script, 5):
        content = MarketRows(rows_of(body, at)) if isinstance(body, list) else body
        inputs.append(Stamped(sequence, Nanos(at), content))
    rows = sum(len(each.body.rows) for each in inputs if isinstance(each.body, MarketRows))
    back = list(decode(encode(inputs), 5, len(inputs), rows))
    assert len(back) == len(inputs)
    assert all(same(left, right) for left, right in zip(inputs, back, strict=True))


def test_rows_without_their_stamp_are_refused() -> None:
    rows = empty_rows(2)
    with pytest.raises(InvariantError, match="stamp"):
        encode([Stamped(1, Nanos(9), MarketRows(rows))])


def test_inputs_with_a_hole_are_refused() -> None:
    with pytest.raises(InvariantError, match="consecutive"):
        encode([Stamped(1, Nanos(9), Woke()), Stamped(3, Nanos(9), Woke())])


@pytest.mark.parametrize("body", [b"", b"garbage", encode([Stamped(1, Nanos(1), Woke())])[:-4]])
def test_bytes_that_are_no_chunk_are_an_error(body: bytes) -> None:
    with pytest.raises(StorageError, match="cannot be read"):
        list(decode(body, 1, 1, 0))


def test_counts_that_do_not_belong_to_the_bytes_are_an_error() -> None:
    body = encode([Stamped(1, Nanos(0), MarketRows(empty_rows(3)))])
    with pytest.raises(StorageError):
        list(decode(body, 1, 1, 500))
