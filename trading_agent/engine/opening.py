"""The first facts of a run: start and recovery are one path."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from trading_agent.domain.command_facts import OverlayReverted, ParameterSet
from trading_agent.domain.errors import ConfigError
from trading_agent.domain.facts import (
    BreakerRearmed,
    CashDeposited,
    DeskOpened,
    DeskRearmed,
    EntriesResumed,
    Fact,
    InstrumentListed,
    PositionsRemarked,
)
from trading_agent.domain.instrument import Instrument
from trading_agent.domain.order_facts import EndReason, OrderCanceled
from trading_agent.domain.units import Nanos
from trading_agent.engine import breaker_flow, lock_flow, overlay_flow, parameter_flow
from trading_agent.engine.account import Account
from trading_agent.engine.account_image import AccountImage, restored
from trading_agent.engine.change_flow import retune
from trading_agent.engine.desk_state import DeskState
from trading_agent.engine.storage_pause import by_storage


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """How a run begins. `history`: every fact of the journal so far, oldest first, or those
    behind the `folded` first ones, which `image` adds up."""

    at: Nanos
    venue: str
    source: str
    simulated: bool
    seed: int
    settings_digest: str
    version: str
    instruments: tuple[Instrument, ...]
    history: tuple[Fact, ...]
    image: AccountImage | None = None
    folded: int = 0
    rearmed: str = ""
    """Why a person lifts a kill and every tripped breaker; empty when nobody does."""


def open_desk(state: DeskState, opening: Opening) -> None:
    """Fold the past, then say what a start changes. ConfigError: something is held that this
    run could not watch."""
    account = _remember(state, opening)
    _refuse_what_cannot_be_watched(account, opening.instruments)
    first_run = account.runs == 0
    state.columns.now[0] = state.now = opening.at
    state.columns.fills[0] = account.last_fill
    state.emit(
        DeskOpened(
            at=opening.at,
            venue=opening.venue,
            source=opening.source,
            simulated=opening.simulated,
            seed=opening.seed,
            settings_digest=opening.settings_digest,
            version=opening.version,
        )
    )
    if first_run:
        for asset, amount in state.settings.portfolio.starting_balances.items():
            state.emit(CashDeposited(at=opening.at, asset=asset, amount=amount))
    _bring_up_to_date(state, opening)
    _change_what_is_over(state)
    # Nobody knows what happened to a resting order while we were away.
    for working in account.orders.all():
        state.emit(
            OrderCanceled(
                at=opening.at,
                order=working.sent.order,
                unfilled=working.leaves,
                reason=EndReason.RESTART,
            )
        )
    if opening.rearmed:
        breaker_flow.rearm_all(state, opening.rearmed)
    held = tuple(position.symbol for position in account.positions.all())
    if held and opening.simulated:
        state.emit(PositionsRemarked(at=opening.at, symbols=held))


def told_at_opening(
    account: Account, facts: tuple[Fact, ...], starting_balances: dict[str, Decimal]
) -> tuple[str, ...]:
    """What a person might not expect of a start, in words."""
    words = []
    if account.deposited != starting_balances:
        began = ", ".join(f"{amount:f} {asset}" for asset, amount in account.deposited.items())
        words.append(
            f"the account goes on as it is: it began with {began}, and "
            "portfolio.starting_balances counts for a new data directory only"
        )
    words.extend(
        f"breaker {fact.breaker} is re-armed: {fact.why}"
        for fact in facts
        if isinstance(fact, BreakerRearmed)
    )
    words.extend(
        f"the desk is re-armed: {fact.why}" for fact in facts if isinstance(fact, DeskRearmed)
    )
    if account.killed:
        words.append(f"the desk stays killed until flash-trading rearm: {account.killed}")
    if account.paused:
        words.append(f"the last run did not end in order; entries stay paused: {account.paused}")
    words.extend(
        f"{tripped}; until flash-trading rearm" for tripped in account.risk.breakers.words()
    )
    words.extend(_told_of_changes(account, facts))
    words.extend(
        f"the simulated market began anew: the position in {', '.join(fact.symbols)} is valued "
        "at its new prices"
        for fact in facts
        if isinstance(fact, PositionsRemarked)
    )
    return tuple(words)


def _told_of_changes(account: Account, facts: tuple[Fact, ...]) -> Iterator[str]:
    changes = account.changes
    for fact in facts:
        if isinstance(fact, ParameterSet):
            yield f"{fact.key} is as configured again, not {fact.before}: {fact.why}"
        elif isinstance(fact, OverlayReverted):
            yield f"overlay {fact.overlay} is over: {fact.why}"
    for key, value in changes.parameters.items():
        yield f"{key} stays {value}, as a person set it"
    for symbol in changes.locks:
        yield f"{symbol} stays locked"
    for strategy in changes.off:
        yield f"strategy {strategy} stays switched off"
    for overlay in changes.overlays:
        yield f"overlay {overlay} holds on"


def _remember(state: DeskState, opening: Opening) -> Account:
    if opening.image is not None:
        state.own(restored(opening.image))
    for fact in opening.history:
        state.account.apply(fact)
    return state.account


def _bring_up_to_date(state: DeskState, opening: Opening) -> None:
    for instrument in opening.instruments:
        if state.account.instruments.get(instrument.symbol) != instrument:
            state.emit(InstrumentListed(at=opening.at, instrument=instrument))
    if by_storage(state.account.paused):
        # This start has read the journal; if it cannot be written, that is found out anew.
        state.emit(EntriesResumed(at=opening.at))


def _change_what_is_over(state: DeskState) -> None:
    """Before the first row: what was changed before holds on, or is told to be over."""
    parameter_flow.reopen(state)
    lock_flow.expire(state, state.now)
    retune(state)
    overlay_flow.reopen(state, state.now)


def _refuse_what_cannot_be_watched(account: Account, listed: tuple[Instrument, ...]) -> None:
    """A position of a pair without rows has no exits; one counted in other ticks and lots would
    change its meaning, and so would its exits."""
    now = {each.symbol: each for each in listed}
    for position in account.positions.all():
        symbol = position.symbol
        if symbol not in now:
            raise ConfigError(
                f"the journal holds a position in {symbol}, which this run does not follow: "
                "name it in symbols, or use another --data-dir"
            )
        before, after = _decimals(account.instruments[symbol]), _decimals(now[symbol])
        if before != after:
            raise ConfigError(
                f"the journal holds a position in {symbol} counted in {before[0]} and {before[1]} "
                f"decimals of price and size, and the exchange now counts in {after[0]} and "
                f"{after[1]}: use another --data-dir"
            )


def _decimals(instrument: Instrument) -> tuple[int, int]:
    return instrument.price_decimals, instrument.size_decimals
