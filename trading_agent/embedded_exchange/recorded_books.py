"""Recordings that tell the whole visible book each time: as one that begins empty, and changes."""

import heapq
from collections.abc import Iterator, Sequence
from operator import attrgetter
from typing import Final

import numpy as np
from msgspec import Struct

from trading_agent.domain.errors import FeedError
from trading_agent.domain.units import Lots, Nanos, Ticks
from trading_agent.embedded_exchange.recorded_formats import (
    Decimals,
    RecordedDiff,
    RecordedRow,
    RecordedSnapshot,
    RecordedTrade,
)
from trading_agent.embedded_exchange.recorded_table import Counts, Floats, Integers
from trading_agent.embedded_exchange.source import Level

_MOST_DECIMALS: Final = 12
_EXACT: Final = 1e-12
"""How far a decimal number lies from its float, as a share of it."""


class ToldLevels(Struct, frozen=True):
    """One side of every book: an entry a level, `book` counts the books it was told in."""

    book: Counts
    price: Floats
    size: Floats


class ToldBooks(Struct, frozen=True):
    """`at`: of each book, the exchange's time, never falling."""

    at: Integers
    bids: ToldLevels
    asks: ToldLevels


class ToldPrints(Struct, frozen=True):
    """By time."""

    at: Integers
    price: Floats
    size: Floats
    bought: np.ndarray[tuple[int], np.dtype[np.bool_]]


class _Changes(Struct, frozen=True):
    """Of one side, by book: absolute sizes, zero removes."""

    book: Counts
    levels: list[Level]

    def of(self, book: int) -> tuple[Level, ...]:
        first, end = np.searchsorted(self.book, (book, book + 1)).tolist()
        return tuple(self.levels[first:end])


def decimals_of(books: ToldBooks, prints: ToldPrints) -> Decimals:
    """The fewest that every number has. Raises FeedError where one is no price or size."""
    prices = (books.bids.price, books.asks.price, prints.price)
    sizes = (books.bids.size, books.asks.size, prints.size)
    return Decimals(_decimals("price", prices), _decimals("size", sizes))


def _decimals(what: str, parts: Sequence[Floats]) -> int:
    found = 0
    for numbers in parts:
        if not (np.isfinite(numbers) & (numbers > 0)).all():
            raise FeedError(f"damaged: a {what} that is not above zero")
        distinct = np.unique(numbers)
        while found < _MOST_DECIMALS and not _whole(distinct * 10.0**found).all():
            found += 1
    return found


def _whole(numbers: Floats) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    near: np.ndarray[tuple[int], np.dtype[np.bool_]] = (
        np.abs(numbers - np.rint(numbers)) <= _EXACT * numbers
    )
    return near


def rows_of(books: ToldBooks, prints: ToldPrints, decimals: Decimals) -> Iterator[RecordedRow]:
    """By time. Of a book only what changed; one that stayed the same is not told."""
    return heapq.merge(
        _book_rows(books, decimals), _print_rows(prints, decimals), key=attrgetter("at")
    )


def _book_rows(books: ToldBooks, decimals: Decimals) -> Iterator[RecordedRow]:
    # Without a time: it stands where the recording begins.
    yield RecordedSnapshot(Nanos(0), 0, (), ())
    bids = _changes(books.bids, len(books.at), decimals)
    asks = _changes(books.asks, len(books.at), decimals)
    told = np.union1d(bids.book, asks.book)
    times = books.at[told].tolist()
    for version, (book, at) in enumerate(zip(told.tolist(), times, strict=True), 1):
        yield RecordedDiff(Nanos(at), version, version, bids.of(book), asks.of(book), Nanos(at))


def _changes(told: ToldLevels, books: int, decimals: Decimals) -> _Changes:
    price, size = _integers(told.price, decimals.price), _integers(told.size, decimals.size)
    order = np.lexsort((told.book, price))
    price, size, book = price[order], size[order], told.book[order]
    same = price[1:] == price[:-1]
    stays = np.append(same & (book[1:] == book[:-1] + 1), False)
    twice = np.append(same & (book[1:] == book[:-1]), False)
    before = np.roll(stays, 1)
    changed = ~(before & (size == np.roll(size, 1))) & ~np.roll(twice, 1)
    gone = ~stays & ~twice & (book + 1 < books)
    at_book = np.concatenate([book[changed], book[gone] + 1])
    levels = np.concatenate(
        [
            np.column_stack([price[changed], size[changed]]),
            np.column_stack([price[gone], np.zeros(int(gone.sum()), np.int64)]),
        ]
    )
    by_book = np.argsort(at_book, kind="stable")
    told_levels = [(Ticks(each), Lots(lots)) for each, lots in levels[by_book].tolist()]
    return _Changes(at_book[by_book], told_levels)


def _print_rows(prints: ToldPrints, decimals: Decimals) -> Iterator[RecordedRow]:
    cells = zip(
        prints.at.tolist(),
        _integers(prints.price, decimals.price).tolist(),
        _integers(prints.size, decimals.size).tolist(),
        prints.bought.tolist(),
        strict=True,
    )
    for at, price, size, bought in cells:
        yield RecordedTrade(Nanos(at), Ticks(price), Lots(size), bought, Nanos(at))


def _integers(numbers: Floats, decimals: int) -> Integers:
    return np.rint(numbers * 10.0**decimals).astype(np.int64)
