"""A table of a recording, whatever it lies in: numbers and words by the names of its columns."""

from collections.abc import Collection
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from msgspec import Struct

Floats = np.ndarray[Any, np.dtype[np.float64]]
Integers = np.ndarray[Any, np.dtype[np.int64]]
Counts = np.ndarray[Any, np.dtype[np.int32]]
"""Rows and levels: half as wide, because there are millions of them."""


class Lists(Struct, frozen=True):
    """A column whose cells hold many numbers each: all of them, and the row that each is of."""

    row: Counts
    value: Floats


class RecordedTable(Protocol):
    """Every answer raises FeedError where the file is damaged."""

    @property
    def path(self) -> Path: ...

    @property
    def names(self) -> Collection[str]: ...

    def numbers(self, name: str) -> Floats:
        """A row each; not a number where the cell is empty."""
        ...

    def words(self, name: str) -> tuple[str, ...]:
        """A row each."""
        ...

    def lists(self, name: str) -> Lists: ...
