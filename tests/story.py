"""A market script told to one core, step by step, with its books audited after every step."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any, TypeVar

from tests.builders import (
    START,
    Level,
    a_core,
    a_depth_message,
    a_loss_message,
    a_snapshot_message,
    a_trades_message,
    an_instrument,
    an_opening,
    engine_settings,
)
from trading_agent.domain.commands import Command
from trading_agent.domain.facts import Fact
from trading_agent.domain.instrument import Instrument
from trading_agent.domain.market_rows import LossReason, Rows
from trading_agent.domain.message import (
    Closing,
    Input,
    InstrumentUpdated,
    MarketRows,
    Stamped,
    Woke,
)
from trading_agent.domain.order import Side
from trading_agent.domain.units import MILLISECOND, Nanos
from trading_agent.engine.core import Core
from trading_agent.engine.desk_state import EngineSettings
from trading_agent.strategies.strategy import Strategy

Kind = TypeVar("Kind")


class Story:
    """Wakes the core when it asks for it, as the live loop does, and keeps every fact."""

    def __init__(
        self,
        settings: EngineSettings | None = None,
        instruments: Sequence[Instrument] = (),
        history: Sequence[Fact] = (),
        at: int = START,
        seed: int = 7,
        own: Iterable[type[Strategy]] = (),
    ) -> None:
        self.settings = settings or engine_settings()
        self.instruments = tuple(instruments) or (an_instrument(),)
        self.at = at
        self.versions = [0] * len(self.instruments)
        self.inputs = 0
        opening = an_opening(*self.instruments, at=at, history=history, seed=seed)
        self.own = tuple(own)
        self.core = a_core(self.settings, opening, own={each.name: each for each in self.own})
        self.history = list(history)
        self.facts: list[Fact] = []
        self._keep(self.core.open())

    def step(self, body: Input) -> tuple[Fact, ...]:
        self.inputs += 1
        told = self.core.step(Stamped(self.inputs, Nanos(self.at), body))
        self._keep(told)
        return told

    def wait(self, milliseconds: float) -> list[Fact]:
        """Let time pass without a row."""
        first = len(self.facts)
        until = self.at + int(milliseconds * MILLISECOND)
        while (due := self.core.wakeup()) is not None and due <= until:
            self.at = max(self.at, due)
            self.step(Woke())
        self.at = until
        self.step(Woke())
        return self.facts[first:]

    def feed(self, rows: Rows) -> tuple[Fact, ...]:
        """Rows of one frame, read now."""
        rows["at"] = self.at
        return self.step(MarketRows(rows))

    def snapshot(self, *sides: Sequence[Level], symbol: int = 0) -> tuple[Fact, ...]:
        return self.feed(a_snapshot_message(*sides, **self._about(symbol)))

    def depth(
        self, bids: Sequence[Level] = (), asks: Sequence[Level] = (), symbol: int = 0
    ) -> tuple[Fact, ...]:
        return self.feed(a_depth_message(bids, asks, **self._about(symbol)))

    def trades(self, *prints: tuple[Side, int, int], symbol: int = 0) -> tuple[Fact, ...]:
        return self.feed(a_trades_message(*prints, symbol=symbol, venue_at=self.at))

    def lose(self, reason: LossReason = LossReason.GAP, symbol: int = 0) -> tuple[Fact, ...]:
        return self.feed(a_loss_message(reason, symbol=symbol))

    def tell(self, command: Command) -> tuple[Fact, ...]:
        return self.step(command)

    def relist(self, instrument: Instrument) -> tuple[Fact, ...]:
        return self.step(InstrumentUpdated(instrument))

    def warm_up(self, seconds: int = 7, symbol: int = 0) -> None:
        """A quiet, balanced book until signals may fire."""
        self.snapshot(symbol=symbol)
        for second in range(seconds):
            self.wait(1_000)
            self.depth(bids=[(9_999, 50 + second % 2)], symbol=symbol)

    def buy_signal(self, symbol: int = 0) -> tuple[Fact, ...]:
        """Bids outweigh asks, then balance returns; the touch stays."""
        told = self.depth(bids=[(9_998, 400)], symbol=symbol)
        return told + self.depth(bids=[(9_998, 0)], symbol=symbol)

    def sell_signal(self, symbol: int = 0) -> tuple[Fact, ...]:
        told = self.depth(asks=[(10_003, 400)], symbol=symbol)
        return told + self.depth(asks=[(10_003, 0)], symbol=symbol)

    def close(self) -> tuple[Fact, ...]:
        return self.step(Closing())

    def restarted(self, after_ms: float = 1_000, **changes: Any) -> "Story":
        """The same desk opened anew from what its journal holds."""
        plain: dict[str, Any] = {
            "settings": self.settings,
            "instruments": self.instruments,
            "history": [*self.history, *self.facts],
            "at": self.at + int(after_ms * MILLISECOND),
            "own": self.own,
        }
        return Story(**(plain | changes))

    def of(self, kind: type[Kind]) -> list[Kind]:
        return [fact for fact in self.facts if isinstance(fact, kind)]

    def position(self, symbol: str = "BTCUSDC") -> int:
        return self.core.account.positions.size(symbol)

    def _about(self, symbol: int) -> dict[str, int]:
        self.versions[symbol] += 1
        return {"symbol": symbol, "version": self.versions[symbol]}

    def _keep(self, told: tuple[Fact, ...]) -> None:
        self.facts += told
        audit(self.core, self.at)


def audit(core: Core, at: int) -> None:
    """What must hold after every step."""
    account = core.account
    assert account.ledger.residual() == 0
    for asset in account.ledger.assets():
        assert account.ledger.free(asset) >= 0
        assert account.ledger.locked(asset) >= 0
    assert _locked_by_orders(core) == {
        asset: amount
        for asset in account.ledger.assets()
        if (amount := account.ledger.locked(asset)) != 0
    }
    for position in account.positions.all():
        instrument = account.instruments[position.symbol]
        assert position.size > 0
        assert account.ledger.total(instrument.base) == instrument.size(position.size)
    desk = core.snapshot(Nanos(at))
    deposited = account.deposited.get(desk.quote, Decimal(0))
    assert desk.equity == deposited + desk.realised_profit + desk.unrealised_profit
    assert len(desk.open_orders) == len(account.orders)


def _locked_by_orders(core: Core) -> dict[str, Decimal]:
    locked: dict[str, Decimal] = {}
    for working in core.account.orders.all():
        asset = working.sent.reserved_asset
        locked[asset] = locked.get(asset, Decimal(0)) + working.reserved
    return {asset: amount for asset, amount in locked.items() if amount != 0}
