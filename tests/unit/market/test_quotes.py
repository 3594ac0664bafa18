from tests.builders import a_depth_message, a_quote_message, a_snapshot_message
from tests.paper_exchange import PaperExchange
from trading_agent.market.quotes import QUOTES


def counted(exchange: PaperExchange) -> tuple[int, int]:
    quotes = exchange.market()["quotes"]
    return int(quotes["checked"]), int(quotes["equal"])


def a_ready_book() -> PaperExchange:
    exchange = PaperExchange()
    exchange.rows(a_snapshot_message(version=10))
    return exchange


def a_touch(exchange: PaperExchange, version: int) -> None:
    """A depth message far from the touch."""
    exchange.rows(a_depth_message(bids=[(9_000, version)], version=version))


def test_a_book_without_quotes_is_not_checked() -> None:
    exchange = a_ready_book()
    a_touch(exchange, 11)
    assert counted(exchange) == (0, 0)


def test_a_quote_that_agrees_counts_as_equal() -> None:
    exchange = a_ready_book()
    exchange.rows(a_quote_message((10_000, 1), (10_001, 1), version=11))
    a_touch(exchange, 11)
    assert counted(exchange) == (1, 1)


def test_a_quote_that_disagrees_is_counted() -> None:
    exchange = a_ready_book()
    exchange.rows(a_quote_message((10_000, 1), (10_002, 1), version=11))
    a_touch(exchange, 11)
    assert counted(exchange) == (1, 0)


def test_a_quote_newer_than_the_book_waits_for_it() -> None:
    exchange = a_ready_book()
    exchange.rows(a_quote_message((10_000, 1), (10_001, 1), version=11))
    exchange.rows(a_quote_message((7, 1), (8, 1), version=13))
    a_touch(exchange, 12)
    assert counted(exchange) == (1, 1)
    a_touch(exchange, 13)
    assert counted(exchange) == (2, 1)


def test_a_quote_without_a_version_is_never_compared() -> None:
    exchange = a_ready_book()
    exchange.rows(a_quote_message((10_000, 1), (10_001, 1), version=0))
    a_touch(exchange, 11)
    assert counted(exchange) == (0, 0)


def test_quotes_older_than_are_remembered_are_forgotten() -> None:
    exchange = a_ready_book()
    exchange.rows(a_quote_message((10_000, 1), (10_001, 1), version=11))
    for version in range(100, 100 + QUOTES):
        exchange.rows(a_quote_message((10_000, 1), (10_001, 1), version=version))
    a_touch(exchange, 50)
    assert counted(exchange) == (0, 0)
