"""The benchmark's market: the same every time, sound as a market, and readable by the peers."""

from pathlib import Path

import numpy as np
import pytest

from trading_agent.domain.errors import CommandError
from trading_agent.domain.market_rows import RowFlag, RowKind, Rows
from trading_agent.research.bench_market import (
    PEER_ROW,
    generate_rows,
    load_rows,
    save_for_peers,
)

MESSAGES = 400


@pytest.fixture(scope="module")
def rows() -> Rows:
    return generate_rows(MESSAGES, levels=40, seed=3)


def test_the_same_seed_gives_the_same_rows_and_another_gives_others(rows: Rows) -> None:
    assert generate_rows(MESSAGES, levels=40, seed=3).tobytes() == rows.tobytes()
    assert generate_rows(MESSAGES, levels=40, seed=4).tobytes() != rows.tobytes()


def test_time_never_falls_and_every_message_has_one_end(rows: Rows) -> None:
    assert (np.diff(rows["at"]) >= 0).all()
    levels = rows[rows["kind"] <= RowKind.ASK]
    ends = levels[levels["flags"] & RowFlag.LAST != 0]
    assert ends["sequence"].tolist() == list(range(MESSAGES + 1))


def test_the_book_is_never_crossed_or_empty(rows: Rows) -> None:
    sides: dict[int, dict[int, int]] = {RowKind.BID: {}, RowKind.ASK: {}}
    for row in rows[rows["kind"] <= RowKind.ASK]:
        side = sides[int(row["kind"])]
        side[int(row["price"])] = int(row["size"])
        if row["size"] == 0:
            del side[int(row["price"])]
        if row["flags"] & RowFlag.LAST:
            assert 0 < min(sides[RowKind.ASK]) - max(sides[RowKind.BID]) <= 2


def test_the_flow_is_as_busy_as_the_peers_is(rows: Rows) -> None:
    depth = rows[(rows["kind"] <= RowKind.ASK) & (rows["flags"] & RowFlag.SNAPSHOT == 0)]
    prints = rows[(rows["kind"] == RowKind.BUY) | (rows["kind"] == RowKind.SELL)]
    assert 30 < len(depth) / MESSAGES < 37
    assert 0.2 < (depth["size"] == 0).mean() < 0.3
    assert 0.35 < len(prints) / MESSAGES < 0.65


def test_what_is_saved_for_the_peers_comes_back(rows: Rows, tmp_path: Path) -> None:
    save_for_peers(rows, tmp_path / "ev.npy")
    assert np.load(tmp_path / "ev.npy").dtype == PEER_ROW
    back = load_rows(tmp_path / "ev.npy")
    assert back["kind"][0] == RowKind.CLEAR
    assert np.array_equal(back[1:], rows[1:])


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "other.npy", np.zeros(3))
    (tmp_path / "text.npy").write_text("no rows")
    for name in ("other.npy", "text.npy", "missing.npy"):
        with pytest.raises(CommandError, match=name):
            load_rows(tmp_path / name)
