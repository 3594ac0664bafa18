"""What all evidence together said on a recording: the very opinion that entries are weighed by,
asked of the engine at every flash signal and at the close of every minute."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Final, get_args

import numpy as np
from msgspec import Struct

from trading_agent.domain.market_rows import Rows
from trading_agent.domain.message import MarketRows, Stamped
from trading_agent.domain.order import Side
from trading_agent.domain.units import MINUTE, Nanos
from trading_agent.engine.assembly import assemble
from trading_agent.engine.core import Core
from trading_agent.engine.desk_state import EngineSettings
from trading_agent.portfolio.settings import PortfolioSettings
from trading_agent.research.recorded_tape import RecordedTape
from trading_agent.research.signal_raised import Raised
from trading_agent.research.signal_samples import Floats, Integers
from trading_agent.research.strategy_trials import Stage, opening_of
from trading_agent.signals.enhanced.aggregator import Aggregate
from trading_agent.signals.enhanced.flash_signals import Flash
from trading_agent.signals.enhanced.settings import Family
from trading_agent.strategies.settings import StrategySettings

FAMILIES: Final[tuple[Family, ...]] = get_args(Family)
_BALANCE: Final = Decimal(10_000)


class Weighed(Struct, frozen=True, kw_only=True):
    """`said`: the opinions with a direction, oldest first. `shares`: what each family had in them,
    above 0 for a rise; an entry an opinion. `occasions`: how often it was asked; `silent`: how
    often it had no direction."""

    said: Raised
    shares: dict[Family, Floats]
    occasions: int
    silent: int


def beside(tape: RecordedTape, band: Sequence[RecordedTape]) -> list[RecordedTape]:
    """Recordings of other symbols at the same time: who may lead it."""
    first, last = _span(tape)
    return [
        each
        for each in band
        if each.symbol != tape.symbol and _span(each)[0] < last and first < _span(each)[1]
    ]


def _span(tape: RecordedTape) -> tuple[int, int]:
    """Of its prints and messages that have a time."""
    at = np.concatenate([tape.depth["at"], tape.prints["at"]])
    told = at[at > 0]
    return (int(told.min()), int(told.max())) if len(told) else (0, 0)


def weighed_signals(stage: Stage, raised: Raised) -> Weighed:
    """Of the stage's first instrument. `raised`: its flash signals. Nobody trades meanwhile, and
    no strategy has a say: what it wants is for it to say."""
    core, symbol = _core(stage), stage.instruments[0].symbol
    core.open()
    said: list[tuple[int, int, int, Aggregate]] = []
    occasions = position = 0
    for at, newest in _occasions(stage.rows, raised):
        end = int(np.searchsorted(stage.rows["at"], at, side="right"))
        if end > position:
            _step(core, occasions, stage.rows[position:end])
            position = end
        occasions += 1
        found = core.opinion(symbol, _flash(raised, newest))
        if found.direction is not None:
            session = int(raised.session[newest]) if newest >= 0 else 0
            said.append((at, int(found.direction), session, found))
    columns = np.array([each[:3] for each in said], np.int64).reshape(-1, 3).T
    opinions = [each[3] for each in said]
    return Weighed(
        said=Raised(
            at=columns[0],
            direction=columns[1],
            session=columns[2],
            strength=np.array([each.strength for each in opinions], np.float64),
        ),
        shares={family: _shares(opinions, family) for family in FAMILIES},
        occasions=occasions,
        silent=occasions - len(said),
    )


def _core(stage: Stage) -> Core:
    return assemble(_watching(stage), opening_of(stage), batch=True, own=stage.own)


def _watching(stage: Stage) -> EngineSettings:
    quote = stage.instruments[0].quote
    return replace(
        stage.settings,
        portfolio=PortfolioSettings(starting_balances={quote: _BALANCE}, quote=quote),
        strategies=StrategySettings(active=()),
    )


def _step(core: Core, number: int, rows: Rows) -> None:
    """Whole messages: all of one moment go together."""
    core.step(Stamped(number + 1, Nanos(int(rows["at"][0])), MarketRows(rows)))


def _occasions(rows: Rows, raised: Raised) -> Iterator[tuple[int, int]]:
    """When it is asked, and which flash signal is the newest then, -1 for none: at each, and at the
    first message of every minute, which closes the one before."""
    minutes = rows["at"] // MINUTE
    closings = rows["at"][1:][minutes[1:] > minutes[:-1]]
    moments: Integers = np.union1d(closings, raised.at)
    newest = np.searchsorted(raised.at, moments, side="right") - 1
    yield from zip(moments.tolist(), newest.tolist(), strict=True)


def _flash(raised: Raised, place: int) -> Flash | None:
    if place < 0:
        return None
    direction = Side(int(raised.direction[place]))
    return Flash(direction, float(raised.strength[place]), Nanos(int(raised.at[place])))


def _shares(opinions: list[Aggregate], family: Family) -> Floats:
    """Of one family in each opinion, above 0 for a rise."""
    return np.array(
        [
            sum(part.share for part in each.parts if part.evidence.family == family)
            * int(each.direction or 0)
            for each in opinions
        ],
        np.float64,
    )
