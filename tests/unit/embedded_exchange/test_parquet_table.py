"""Columns of Parquet files, and what is said about files that cannot be read."""

from pathlib import Path

import numpy as np
import pytest

from tests.parquet_files import need_zstd, write_parquet
from trading_agent.domain.errors import ConfigError, FeedError
from trading_agent.embedded_exchange import zstandard
from trading_agent.embedded_exchange.parquet_table import ParquetTable

PACKED = bytes.fromhex("28b52ffd6040005d00002074657374010039ab8e08")
"""Eighty times `test`, packed by the zstd command."""


@pytest.mark.parametrize("codec", ["none", "gzip", "zstd"])
def test_numbers_words_and_lists_come_back(tmp_path: Path, codec: str) -> None:
    columns = {
        "at": [1_771_214_400_019, None, 1_771_214_400_121],
        "price": [68_392.5, 0.1, None],
        "side": ["sell", None, "buy"],
        "levels": [[1.5], [2.5, 3.5], [4.5, 5.5, 6.5]],
    }
    table = ParquetTable(write_parquet(tmp_path / "a.parquet", columns, codec))
    assert list(table.names) == list(columns)
    assert np.array_equal(
        table.numbers("at"), [1_771_214_400_019.0, np.nan, 1_771_214_400_121.0], equal_nan=True
    )
    assert np.array_equal(table.numbers("price"), [68_392.5, 0.1, np.nan], equal_nan=True)
    assert table.words("side") == ("sell", "", "buy")
    lists = table.lists("levels")
    assert lists.row.tolist() == [0, 1, 1, 2, 2, 2]
    assert lists.value.tolist() == [1.5, 2.5, 3.5, 4.5, 5.5, 6.5]


def test_many_words_are_told_apart_by_their_place_in_the_dictionary(tmp_path: Path) -> None:
    words = [f"word {number % 37}" for number in range(500)]
    table = ParquetTable(write_parquet(tmp_path / "a.parquet", {"word": words}, "zstd"))
    assert table.words("word") == tuple(words)


def test_what_another_tool_packs_is_unpacked() -> None:
    need_zstd()
    assert zstandard.unpack(PACKED, 320) == b"test" * 80
    with pytest.raises(FeedError, match="damaged compression"):
        zstandard.unpack(PACKED[:-6], 320)


def test_a_codec_that_is_not_read_is_named(tmp_path: Path) -> None:
    table = ParquetTable(write_parquet(tmp_path / "a.parquet", {"price": [1.0]}, "snappy"))
    with pytest.raises(ConfigError, match=r"a\.parquet: price: it is packed by codec 1"):
        table.numbers("price")


@pytest.mark.parametrize("left", [0, 7, 30, 100])
def test_a_file_that_breaks_off_is_damaged(tmp_path: Path, left: int) -> None:
    path = write_parquet(tmp_path / "a.parquet", {"price": [1.0, 2.0], "side": ["buy", "sell"]})
    path.write_bytes(path.read_bytes()[:left])
    with pytest.raises(FeedError, match=r"a\.parquet: damaged: the footer"):
        ParquetTable(path)


@pytest.mark.parametrize("flipped", [0x01, 0x7F, 0xFF])
def test_a_damaged_file_is_refused_or_read_never_anything_else(
    tmp_path: Path, flipped: int
) -> None:
    """One byte after the other."""
    columns = {"side": ["buy", "sell", "buy"] * 5, "levels": [[1.5], [2.5, 3.5]] * 4}
    path = write_parquet(tmp_path / "a.parquet", columns, "zstd")
    sound = path.read_bytes()
    refused = 0
    for place in range(len(sound)):
        path.write_bytes(sound[:place] + bytes([sound[place] ^ flipped]) + sound[place + 1 :])
        try:
            table = ParquetTable(path)
            if "side" in table.names:
                table.words("side")
            if "levels" in table.names:
                table.lists("levels")
        except (FeedError, ConfigError):
            refused += 1
    assert refused > len(sound) // 4
