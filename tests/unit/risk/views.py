"""What the gate is shown in tests: a healthy desk, and a pair whose every look can be set."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from tests.builders import START, an_instrument
from trading_agent.domain.order import Side
from trading_agent.domain.units import Lots, Ticks
from trading_agent.risk.desk_view import DeskView, Holding
from trading_agent.risk.history import Entry


class PlainSight:
    """Answers what it was given."""

    def __init__(self, **changes: Any) -> None:
        plain: dict[str, Any] = {
            "depth": 100_000.0,
            "lots_within": None,
            "minute_volume": 1_000_000,
            "holdings": (),
            "tail_loss": 0.01,
            "equity": Decimal(10_000),
            "results": (),
            "volatility": 0.5,
            "recent_entries": (),
            "worst_fee": Decimal("0.0005"),
            "reserve": Decimal(101),
        }
        self._answers = plain | changes

    def _answer(self, name: str) -> Any:
        answer = self._answers[name]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def depth(self, side: Side, price: Ticks, enough: float) -> float:
        return self._answer("depth")  # type: ignore[no-any-return]

    def lots_within(self, price: Ticks, size: Lots, most_bps: float) -> Lots:
        within = self._answer("lots_within")
        return size if within is None else min(size, within)

    def minute_volume(self) -> int:
        return self._answer("minute_volume")  # type: ignore[no-any-return]

    def holdings(self) -> Sequence[Holding]:
        return self._answer("holdings")  # type: ignore[no-any-return]

    def tail_loss(self, symbol: str) -> float:
        answer = self._answer("tail_loss")
        return answer[symbol] if isinstance(answer, dict) else answer  # type: ignore[no-any-return]

    def equity(self) -> Decimal | None:
        return self._answer("equity")  # type: ignore[no-any-return]

    def results(self) -> Sequence[float]:
        return self._answer("results")  # type: ignore[no-any-return]

    def volatility(self) -> float:
        return self._answer("volatility")  # type: ignore[no-any-return]

    def worst_fee(self) -> Decimal:
        return self._answer("worst_fee")  # type: ignore[no-any-return]

    def reserve(self, value: Decimal) -> Decimal:
        return self._answer("reserve")  # type: ignore[no-any-return]

    def recent_entries(self) -> Sequence[Entry]:
        return self._answer("recent_entries")  # type: ignore[no-any-return]


def a_desk(**changes: Any) -> DeskView:
    """Flat, healthy and rich; for an exit: `position` and what it holds. `seen`: what the pair's
    sight answers otherwise."""
    seen = changes.pop("seen", {})
    plain: dict[str, Any] = {
        "at": START,
        "instrument": an_instrument(min_size=Lots(2), min_notional=Decimal(5)),
        "paused": "",
        "killed": "",
        "barred": "",
        "size_factor": 1.0,
        "stress": False,
        "session_ending": False,
        "book_ready": True,
        "book_crossed": False,
        "book_at": START,
        "bid": Ticks(10_000),
        "ask": Ticks(10_001),
        "last_trade": Ticks(10_000),
        "spread_bps": 1.0,
        "spread_limit_bps": 5.0,
        "position": Lots(0),
        "open_positions": 0,
        "pending_entries": 0,
        "max_open_positions": 5,
        "symbol_has_entry": False,
        "symbol_has_exit": False,
        "open_orders": 0,
        "last_order": 0,
        "free_quote": Decimal(1_000),
        "sight": PlainSight(**seen),
    }
    return DeskView(**(plain | changes))
