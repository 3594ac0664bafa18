"""What the exchange says beside the traded books."""

from dataclasses import dataclass
from decimal import Decimal

from trading_agent.domain.errors import CommandError
from trading_agent.doors.outside import OutsideWatch


@dataclass
class Quotes:
    bid: Decimal | None
    ask: Decimal | None


@dataclass
class Ticker:
    quote_volume: Decimal | None


class Exchange:
    def __init__(self) -> None:
        self.asked: list[str] = []
        self.away = False

    def best_quotes(self, symbol: str) -> tuple[Quotes, ...]:
        self.asked.append(symbol)
        if self.away:
            raise CommandError("no such pair")
        return (Quotes(Decimal("0.97"), Decimal("0.99")),)

    def day_tickers(self, symbol: str) -> tuple[Ticker, ...]:
        if self.away:
            raise CommandError("away")
        return (Ticker(Decimal(len(symbol))),)


def test_stable_pairs_that_are_not_traded_are_asked_for() -> None:
    exchange = Exchange()
    watch = OutsideWatch(exchange, ("BTCUSDC", "DAIUSDC"), ("USDCUSDT", "DAIUSDC"))  # type: ignore[arg-type]
    watch.look()
    assert exchange.asked == ["USDCUSDT"]
    assert watch.outside.mids == {"USDCUSDT": Decimal("0.98")}
    assert watch.outside.volumes == {"BTCUSDC": Decimal(7), "DAIUSDC": Decimal(7)}


def test_what_is_not_told_any_more_is_not_believed_any_more() -> None:
    exchange = Exchange()
    watch = OutsideWatch(exchange, ("BTCUSDC",), ("USDCUSDT",))  # type: ignore[arg-type]
    watch.look()
    exchange.away = True
    watch.look()
    assert watch.outside.mids == {}
    assert watch.outside.volumes == {"BTCUSDC": Decimal(7)}
