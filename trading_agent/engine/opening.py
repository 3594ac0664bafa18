"""The first facts of a run: start and recovery are one path."""

from dataclasses import dataclass

from trading_agent.domain.errors import ConfigError
from trading_agent.domain.facts import (
    CashDeposited,
    DeskOpened,
    EndReason,
    Fact,
    InstrumentListed,
    OrderCanceled,
    PositionsRemarked,
)
from trading_agent.domain.instrument import Instrument
from trading_agent.domain.units import Nanos
from trading_agent.engine.account import Account
from trading_agent.engine.desk_state import DeskState


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """How a run begins. `history`: every fact of the journal so far, oldest first."""

    at: Nanos
    venue: str
    source: str
    simulated: bool
    seed: int
    settings_digest: str
    version: str
    instruments: tuple[Instrument, ...]
    history: tuple[Fact, ...]


def open_desk(state: DeskState, opening: Opening) -> None:
    """Fold the past, then say what a start changes. ConfigError: something is held that this
    run could not watch."""
    account = state.account
    for fact in opening.history:
        account.apply(fact)
    _refuse_what_cannot_be_watched(account, opening.instruments)
    first_run = account.runs == 0
    state.columns.now[0] = state.now = opening.at
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
    for instrument in opening.instruments:
        if account.instruments.get(instrument.symbol) != instrument:
            state.emit(InstrumentListed(at=opening.at, instrument=instrument))
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
    held = tuple(position.symbol for position in account.positions.all())
    if held and opening.simulated:
        state.emit(PositionsRemarked(at=opening.at, symbols=held))


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
