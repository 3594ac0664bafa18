"""CSV with a line of names above its numbers, packed or plain."""

import csv
from collections.abc import Collection, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Final

import numpy as np

from trading_agent.domain.errors import FeedError
from trading_agent.embedded_exchange.recorded_bytes import lines
from trading_agent.embedded_exchange.recorded_table import Floats, Lists

_TOGETHER: Final = 2_000
"""Lines held as text at once."""

_Cells = np.ndarray[Any, np.dtype[np.str_]]


class CsvTable:
    """Kept as numbers; a column that holds anything else is kept as its words."""

    def __init__(self, path: Path) -> None:
        self.path = path
        text = (line.decode("utf-8", errors="replace").rstrip("\r") for line in lines(path))
        rows = csv.reader(text)
        self._names = tuple(next(rows, ()))
        self._columns: dict[str, list[Floats | _Cells]] = {name: [] for name in self._names}
        for cells in self._pieces(rows):
            self._take(cells)

    @property
    def names(self) -> Collection[str]:
        return self._names

    def numbers(self, name: str) -> Floats:
        parts = self._columns[name]
        if any(part.dtype.kind == "U" for part in parts):
            raise FeedError(f"{self.path}: damaged: {name} holds what is no number")
        return np.concatenate([np.empty(0), *parts])

    def words(self, name: str) -> tuple[str, ...]:
        return tuple(str(cell) for part in self._columns[name] for cell in part.tolist())

    def lists(self, name: str) -> Lists:
        raise FeedError(f"{self.path}: {name} holds one number a line, not many")

    def _pieces(self, rows: Iterator[list[str]]) -> Iterator[_Cells]:
        first = 2
        while together := list(islice(rows, _TOGETHER)):
            for place, row in enumerate(together):
                if row and len(row) != len(self._names):
                    raise FeedError(
                        f"{self.path}, line {first + place}: damaged: {len(row)} cells under "
                        f"{len(self._names)} names"
                    )
            if whole := [row for row in together if row]:
                yield np.array(whole, np.str_)
            first += len(together)

    def _take(self, cells: _Cells) -> None:
        for name, column in zip(self._names, cells.T, strict=True):
            try:
                self._columns[name].append(np.where(column == "", "nan", column).astype(np.float64))
            except ValueError:
                self._columns[name].append(column.copy())
