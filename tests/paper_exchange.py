"""The compiled loop and the paper venue without a desk: orders of any kind against any rows."""

from dataclasses import dataclass
from typing import Any, Final

from tests.builders import START, a_plan, a_proposal
from trading_agent.domain.decision import Approved
from trading_agent.domain.market_rows import Rows, empty_rows
from trading_agent.domain.order import CancelOrder, OrderId, OrderKind, Side, SubmitOrder, TriggerOn
from trading_agent.domain.outcome import OutcomeKind
from trading_agent.domain.units import MILLISECOND, Lots, Nanos
from trading_agent.engine.kernel import advance_live
from trading_agent.engine.state import open_state
from trading_agent.execution.latency import Latency
from trading_agent.execution.matching import END_REASONS
from trading_agent.execution.paper import PaperTradingSystem
from trading_agent.execution.settings import PaperSettings
from trading_agent.signals.enhanced.settings import EnhancedSettings
from trading_agent.signals.sessions import TradingSessionManager
from trading_agent.signals.settings import SessionPlan

_ORDER_KINDS: Final = (
    OutcomeKind.ACCEPTED,
    OutcomeKind.FILLED,
    OutcomeKind.CANCELED,
    OutcomeKind.REJECTED,
    OutcomeKind.TRIGGERED,
)


@dataclass(frozen=True)
class Said:
    """An outcome about an order. `word`: maker or taker of a fill, the reason of an end."""

    kind: OutcomeKind
    order: int
    at: int
    price: int
    size: int
    word: str
    bid: int = 0
    ask: int = 0


@dataclass(frozen=True)
class Shadows:
    """Lots an order had filled at its end under each model."""

    pessimistic: int
    central: int
    optimistic: int


class PaperExchange:
    """Time is given in milliseconds after START; every order travels `latency_ms`."""

    def __init__(
        self,
        *,
        latency_ms: float = 0.0,
        symbols: int = 1,
        plan: SessionPlan | None = None,
        scrutiny: EnhancedSettings | None = None,
        **paper_settings: Any,
    ) -> None:
        """What was taken never refills by itself, and no book is too old, unless a test asks for
        it."""
        self.state = open_state(symbols, TradingSessionManager(plan or a_plan()), scrutiny)
        self.desk: Any = self.state.desk[0]
        plain: dict[str, Any] = {
            "latency_ms": latency_ms,
            "latency_jitter_ms": 0.0,
            "refill_half_life_seconds": 0.0,
            "book_age_limit_seconds": 0.0,
        }
        paper = PaperSettings(**(plain | paper_settings))
        self.venue = PaperTradingSystem(self.state.desk["venue"], paper, Latency(paper, 1))
        self.orders = 0
        self.said: list[Said] = []
        self.shadows: dict[int, Shadows] = {}

    def market(self, symbol: int = 0) -> Any:
        return self.state.markets[symbol]

    def rows(self, rows: Rows, at: float = 0) -> list[Said]:
        """Rows of one message, all read at `at`; they happened then unless they say when."""
        rows["at"] = moment(at)
        rows["venue_at"][rows["venue_at"] == START] = moment(at)
        return self._advance(rows, moment(at))

    def recorded(self, rows: Rows) -> list[Said]:
        """Rows that carry their own times."""
        return self._advance(rows, int(rows["at"][0]))

    def until(self, at: float) -> list[Said]:
        return self._advance(empty_rows(0), moment(at))

    def submit(
        self,
        side: Side,
        kind: OrderKind,
        price: int,
        size: int,
        *,
        at: float = 0,
        rest_ms: float = 0,
        symbol: int = 0,
        **about: Any,
    ) -> int:
        """`about`: trigger, trigger_on as in Proposal; trail, group, budget as in SubmitOrder."""
        self.orders += 1
        proposal = a_proposal(
            side=side,
            kind=kind,
            price=price,
            size=size,
            trigger=about.pop("trigger", 0),
            trigger_on=about.pop("trigger_on", TriggerOn.LAST),
        )
        approved = Approved(proposal, Lots(size))
        request = SubmitOrder(order=OrderId(self.orders), decided_at=moment(at), **about)
        self.venue.submit(approved, request, symbol, Nanos(int(rest_ms * MILLISECOND)))
        return self.orders

    def cancel(self, order: int, *, at: float) -> None:
        self.venue.cancel(CancelOrder(order=OrderId(order), decided_at=moment(at)))

    def fills(self, order: int | None = None) -> list[tuple[int, int]]:
        """Price and size of every fill, of one order or of all."""
        return [
            (said.price, said.size)
            for said in self.said
            if said.kind is OutcomeKind.FILLED and order in (None, said.order)
        ]

    def _advance(self, rows: Rows, now: int) -> list[Said]:
        venue, position, said = self.desk["venue"], 0, []
        while True:
            position = advance_live(rows, position, now, self.state.markets, self.state.desk)
            count = int(venue["outcome_count"])
            for record in venue["outcomes"][:count]:
                self._note(record)
                said.append(_said(record))
            venue["outcome_count"] = 0
            if count == 0 and position >= len(rows):
                break
        told = [each for each in said if each.kind in _ORDER_KINDS]
        self.said += told
        return told

    def _note(self, record: Any) -> None:
        if record["kind"] == OutcomeKind.SHADOWED:
            order = int(record["order"])
            three = (int(record["price"]), int(record["size"]), int(record["detail"]))
            assert order not in self.shadows, "an order's shadows are told once"
            self.shadows[order] = Shadows(*three)


def moment(milliseconds: float) -> Nanos:
    return Nanos(START + round(milliseconds * MILLISECOND))


def _said(record: Any) -> Said:
    kind = OutcomeKind(int(record["kind"]))
    words = {
        OutcomeKind.FILLED: ("taker", "maker"),
        OutcomeKind.CANCELED: END_REASONS,
        OutcomeKind.REJECTED: END_REASONS,
    }.get(kind)
    return Said(
        kind=kind,
        order=int(record["order"]),
        at=int(record["at"]) - START,
        price=int(record["price"]),
        size=int(record["size"]),
        word=words[int(record["detail"])] if words else "",
        bid=int(record["bid"]),
        ask=int(record["ask"]),
    )
