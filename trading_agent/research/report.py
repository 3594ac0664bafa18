"""What a journal adds up to: the account as it stands, every fill, and whether it is sound."""

from collections import Counter
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Final

from msgspec import Struct

from trading_agent.adapters.storage.journal import JournalReader
from trading_agent.domain.errors import InvariantError, StorageError
from trading_agent.domain.facts import DeskOpened, ExitsArmed, Fact, ProposalRefused
from trading_agent.domain.money import MONEY
from trading_agent.domain.snapshot import FillTriple, MarkOutView, ShortfallView
from trading_agent.domain.units import Nanos
from trading_agent.engine.account import Account
from trading_agent.execution.orders import WorkingOrder
from trading_agent.portfolio.attribution import Attribution, Earned
from trading_agent.portfolio.execution_quality import ExecutionQuality
from trading_agent.portfolio.ledger import ZERO
from trading_agent.portfolio.positions import profit_of
from trading_agent.research.reconciliation import Evidence, Fill, disagreements

JOURNAL_NAME: Final = "journal.sqlite"


class BalanceLine(Struct, frozen=True):
    free: Decimal
    locked: Decimal


class PositionLine(Struct, frozen=True, kw_only=True):
    """`cost`: spent less earned so far, fees included, in the quote asset."""

    symbol: str
    size: Decimal
    opened_at: Nanos
    average_price: Decimal
    cost: Decimal


class ExitLine(Struct, frozen=True, kw_only=True):
    """What a position waits for; prices are None and `deadline` 0 where nothing of the kind."""

    symbol: str
    take_profit: Decimal | None
    stop: Decimal | None
    deadline: Nanos


class OrderLine(Struct, frozen=True, kw_only=True):
    """An order that has not ended. `reserved` is what is left of what it holds back."""

    order: int
    symbol: str
    side: str
    kind: str
    purpose: str
    state: str
    price: Decimal
    size: Decimal
    filled: Decimal
    reserved: Decimal
    reserved_asset: str


class ReportDocument(Struct, frozen=True, kw_only=True):
    """Money is exact. `fees` and `realised_profit` are in `quote`, over the life of the
    journal; `by_strategy` and `by_evidence` of the positions that are closed. `disagreements` is
    empty exactly when `reconciles`."""

    journal: Path
    venue: str
    source: str
    simulated: bool
    runs: int
    first_at: Nanos
    last_at: Nanos
    last_fact_sequence: int
    quote: str
    deposits: dict[str, Decimal]
    balances: dict[str, BalanceLine]
    positions: tuple[PositionLine, ...]
    open_exits: tuple[ExitLine, ...]
    open_orders: tuple[OrderLine, ...]
    fills: tuple[Fill, ...]
    fees: Decimal
    realised_profit: Decimal
    by_strategy: dict[str, Earned]
    by_evidence: dict[str, Decimal]
    fill_triple: dict[str, FillTriple]
    shortfall: ShortfallView
    mark_outs_bps: dict[str, MarkOutView]
    refusals: dict[str, int]
    reconciles: bool
    disagreements: tuple[str, ...]


class FoundJournal(Struct, frozen=True):
    """`changed_at`: when its files were last written, seconds UTC."""

    path: Path
    changed_at: float


def find_journals(folder: Path) -> tuple[FoundJournal, ...]:
    """Those in the folder itself and in the folders directly below it, newest first."""
    candidates = (folder / JOURNAL_NAME, *folder.glob(f"*/{JOURNAL_NAME}"))
    found = [FoundJournal(path, _changed_at(path)) for path in candidates if path.is_file()]
    return tuple(sorted(found, key=lambda each: (-each.changed_at, each.path)))


def read_report(path: Path) -> ReportDocument:
    """The report of one journal; a run may be writing to it meanwhile.

    Raises StorageError when it cannot be read or its facts contradict one another, and
    ConfigError when a newer version wrote it.
    """
    if not path.is_file():
        raise StorageError(f"there is no journal at {path}")
    reader = JournalReader(path)
    identity = reader.identity()
    told = _fold(path, reader.read(), simulated=identity.venue == "embedded")
    evidence, account = told.evidence, told.account
    wrong = disagreements(evidence, account)
    return ReportDocument(
        journal=path,
        venue=identity.venue,
        source=identity.source,
        simulated=told.simulated,
        runs=account.runs,
        first_at=told.first_at,
        last_at=told.last_at,
        last_fact_sequence=told.last_fact,
        quote=_quote(account),
        deposits=dict(sorted(evidence.deposits.items())),
        balances={
            asset: BalanceLine(account.ledger.free(asset), account.ledger.locked(asset))
            for asset in account.ledger.assets()
        },
        positions=tuple(_positions(account)),
        open_exits=tuple(_exit(account, exits) for exits in account.exits.values()),
        open_orders=tuple(_order(account, working) for working in account.orders.all()),
        fills=tuple(evidence.fills),
        fees=_total(fill.fee for fill in evidence.fills),
        realised_profit=account.positions.realised_profit,
        by_strategy=dict(sorted(told.attribution.by_strategy.items())),
        by_evidence=dict(sorted(told.attribution.by_evidence.items())),
        fill_triple=told.quality.triple_views(account.instruments),
        shortfall=told.quality.shortfall_view(account.instruments),
        mark_outs_bps=told.quality.mark_out_views(),
        refusals=dict(sorted(told.refusals.items())),
        reconciles=not wrong,
        disagreements=wrong,
    )


class _Told(Struct):
    """The facts of a journal, heard once."""

    account: Account
    evidence: Evidence
    quality: ExecutionQuality
    attribution: Attribution
    refusals: Counter[str]
    simulated: bool
    first_at: Nanos
    last_at: Nanos
    last_fact: int = 0

    def hear(self, sequence: int, fact: Fact) -> None:
        self.account.apply(fact)
        self.evidence.hear(fact)
        self.quality.hear(fact)
        self.attribution.hear(fact)
        if isinstance(fact, ProposalRefused):
            self.refusals[fact.reason] += 1
        if isinstance(fact, DeskOpened):
            self.simulated = fact.simulated
        if not self.last_fact:
            self.first_at = fact.at
        self.last_at, self.last_fact = fact.at, sequence


def _fold(path: Path, facts: Iterable[tuple[int, Fact]], *, simulated: bool) -> _Told:
    told = _Told(
        *(Account(), Evidence(), ExecutionQuality(), Attribution(), Counter()),
        simulated=simulated,
        first_at=Nanos(0),
        last_at=Nanos(0),
    )
    for sequence, fact in facts:
        try:
            told.hear(sequence, fact)
        except (InvariantError, KeyError) as error:
            raise StorageError(
                f"{path}: fact {sequence} ({type(fact).__name__}) contradicts those before "
                f"it: {error}"
            ) from error
    return told


def _positions(account: Account) -> Iterator[PositionLine]:
    for position in account.positions.all():
        instrument = account.instruments[position.symbol]
        yield PositionLine(
            symbol=position.symbol,
            size=instrument.size(position.size),
            opened_at=position.opened_at,
            average_price=position.spent / instrument.size(position.bought),
            cost=-profit_of(position),
        )


def _exit(account: Account, exits: ExitsArmed) -> ExitLine:
    instrument = account.instruments[exits.symbol]
    return ExitLine(
        symbol=exits.symbol,
        take_profit=instrument.price(exits.take_profit) if exits.take_profit else None,
        stop=instrument.price(exits.stop) if exits.stop else None,
        deadline=exits.deadline,
    )


def _order(account: Account, working: WorkingOrder) -> OrderLine:
    sent = working.sent
    instrument = account.instruments[sent.symbol]
    return OrderLine(
        order=sent.order,
        symbol=sent.symbol,
        side=sent.side.name,
        kind=sent.kind.name,
        purpose=sent.purpose.name,
        state=working.state.name,
        price=instrument.price(sent.price),
        size=instrument.size(sent.size),
        filled=instrument.size(working.filled),
        reserved=working.reserved,
        reserved_asset=sent.reserved_asset,
    )


def _quote(account: Account) -> str:
    return ", ".join(dict.fromkeys(each.quote for each in account.instruments.values()))


def _total(amounts: Iterable[Decimal]) -> Decimal:
    total = ZERO
    for amount in amounts:
        total = MONEY.add(total, amount)
    return total


def _changed_at(path: Path) -> float:
    """Writing goes to the log beside a journal first."""
    files = (path, path.with_name(f"{path.name}-wal"))
    return max(file.stat().st_mtime for file in files if file.exists())
