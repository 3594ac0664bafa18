"""The only door from a proposal to an order."""

from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from trading_agent.domain.decision import Approved, Proposal, RefusalReason, Refused
from trading_agent.domain.order import EXIT, SELL
from trading_agent.risk.breakers import BreakerRules
from trading_agent.risk.case import Case, EntryCase, EntryRule, Refusal
from trading_agent.risk.checks import ENTRY_RULES, EXIT_RULES, SIZE_RULES
from trading_agent.risk.desk_view import DeskView, PairView
from trading_agent.risk.exposure import Clusters, Promise
from trading_agent.risk.history import REMEMBERED, Entry
from trading_agent.risk.settings import RiskLimits
from trading_agent.risk.size_caps import caps_are_set, cut_to_size, cut_to_slippage, payable_size
from trading_agent.risk.throttle import Throttle, pace_of

_DESK: Final = ""

AnyCase = TypeVar("AnyCase", bound=Case)


class RiskGate:
    """Asks every rule in order; the first no is the answer.

    A yes to an entry is a promise: it holds its share of every limit until the order it became
    is in the account, which the view's `last_order` tells: promises become orders in their
    order. So no run of approvals exceeds a limit, however old the views are that it was given.
    One owner calls it, and sends what was approved before anything else; there is no lock.
    """

    def __init__(self, limits: RiskLimits) -> None:
        self._limits = limits
        self.breakers = BreakerRules(limits.breakers)
        self.judged = 0
        """How much of what breakers count has been judged."""
        self._rules: tuple[EntryRule, ...] = (*ENTRY_RULES, self._cut, *SIZE_RULES)
        self._capped = caps_are_set(limits.sizing)
        self._clusters = Clusters(limits)
        self._by_symbol = Throttle(
            pace_of(limits.symbol_orders_per_minute, limits.symbol_order_burst)
        )
        self._by_desk = Throttle(pace_of(limits.orders_per_minute, limits.order_burst))
        self._promises: tuple[Promise, ...] = ()
        self._last_order = 0

    def work_by(self, limits: RiskLimits) -> None:
        """Limits of value and count as they are from now on; paces, clusters and caps stay."""
        self._limits = limits

    def recall(self, entries: Sequence[Entry]) -> None:
        """After a restart: what was sent before counts towards the rates; oldest first. Where
        more were sent than are remembered, as many as was allowed."""
        if len(entries) >= REMEMBERED:
            self._by_symbol.assume_full(entries[0].at)
            self._by_desk.assume_full(entries[0].at)
        for sent in entries:
            self._by_symbol.recall(sent.symbol, sent.at)
            self._by_desk.recall(_DESK, sent.at)

    def review(self, proposal: Proposal, desk: DeskView) -> Approved | Refused:
        """Judge, and hold what is approved, in one step."""
        if reduces(proposal):
            return self.review_exit(proposal, desk)
        case = self._case(proposal, desk)
        refusal = _first(self._rules, case)
        if refusal is not None:
            self._withdraw_pair(proposal)
            return Refused(proposal, *refusal)
        self._hold(case)
        return Approved(proposal, case.size, case.bound_by, case.reserve)

    def review_exit(self, proposal: Proposal, pair: PairView) -> Approved | Refused:
        """The same for what only leaves a position: it uses up no limit."""
        refusal = _first(EXIT_RULES, Case(proposal, pair, proposal.size))
        if refusal is not None:
            return Refused(proposal, *refusal)
        return Approved(proposal, proposal.size)

    def objections(self, proposal: Proposal, desk: DeskView) -> tuple[Refused, ...]:
        """Every no to an entry, without holding anything: for people who ask why."""
        case = self._case(proposal, desk)
        found = (_first((rule,), case) for rule in self._rules)
        return tuple(Refused(proposal, *refusal) for refusal in found if refusal is not None)

    def withdraw(self, approved: Approved) -> None:
        """It will not be sent."""
        self._drop(lambda promise: promise.proposal is approved.proposal)

    def _case(self, proposal: Proposal, desk: DeskView) -> EntryCase:
        sent = desk.last_order - self._last_order
        if sent > 0:
            self._promises = self._promises[sent:]
            self._last_order = desk.last_order
        promises = self._promises
        if promises:
            # The other leg of a pair is the same exposure.
            promises = tuple(p for p in promises if p.proposal.alternative is not proposal)
        return EntryCase(
            proposal,
            desk,
            proposal.size,
            desk,
            self._limits,
            promises,
            self._clusters,
            self._by_symbol,
            self._by_desk,
            len(self._promises),
        )

    def _cut(self, case: EntryCase) -> Refusal | None:
        if case.proposal.quote_size is not None:
            case.size = payable_size(case, case.proposal.quote_size)
        refusal = cut_to_size(case, capped=self._capped)
        if refusal is None:
            cut_to_slippage(case)
        case.settle()
        return refusal

    def _hold(self, case: EntryCase) -> None:
        proposal, desk = case.proposal, case.desk
        promise = Promise(proposal, desk.instrument, case.value, case.reserve)
        self._promises = (*self._promises, promise)
        self._by_symbol.take(proposal.symbol, desk.at)
        self._by_desk.take(_DESK, desk.at)

    def _withdraw_pair(self, proposal: Proposal) -> None:
        """A pair goes together or not at all."""
        if self._promises:
            self._drop(lambda promise: promise.proposal.alternative is proposal)

    def _drop(self, broken: Callable[[Promise], bool]) -> None:
        """Nothing of them is held any more, and their turns are free again."""
        kept = []
        for promise in self._promises:
            if broken(promise):
                self._by_symbol.give_back(promise.proposal.symbol)
                self._by_desk.give_back(_DESK)
            else:
                kept.append(promise)
        self._promises = tuple(kept)


def reduces(proposal: Proposal) -> bool:
    """Anything that buys is judged as an entry, whatever it calls itself."""
    return proposal.purpose is EXIT and proposal.side is SELL


def _first(rules: tuple[Callable[[AnyCase], Refusal | None], ...], case: AnyCase) -> Refusal | None:
    rule = rules[0]
    try:
        for rule in rules:
            refusal = rule(case)
            if refusal is not None:
                return refusal
    except Exception as error:  # noqa: BLE001 - a rule that cannot be judged is a no
        return _failed(rule, error)
    return None


def _failed(rule: Callable[[AnyCase], Refusal | None], error: Exception) -> Refusal:
    """Decimal and float arithmetic raise on what is not a number."""
    bad = isinstance(error, ArithmeticError)
    reason = RefusalReason.BAD_NUMBER if bad else RefusalReason.RULE_FAILED
    return reason, f"{rule.__name__}: {type(error).__name__} {error}".rstrip()
