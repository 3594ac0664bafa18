"""Every strategy alone on every recording, judged together."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from msgspec import Struct

from trading_agent.domain.instrument import Instrument
from trading_agent.engine.desk_state import EngineSettings
from trading_agent.research.recorded_money import money_of
from trading_agent.research.recorded_tape import RecordedTape
from trading_agent.research.signal_decay import Speaker, speaker
from trading_agent.research.signal_edge import Ground, coarse_terms
from trading_agent.research.signal_shifts import EVERYTHING
from trading_agent.research.signal_statistics import LEAST_BLOCKS, corrected
from trading_agent.research.strategy_edge import (
    ProposalFigure,
    StrategyFigure,
    Subject,
    TripFigure,
    idle_figure,
    proposal_figures,
    strategy_figure,
    trip_figures,
)
from trading_agent.research.strategy_trials import Fees, Stage, stage_of, try_strategy
from trading_agent.strategies.own_parts import OwnParts
from trading_agent.strategies.roster import roster
from trading_agent.strategies.settings import ActiveStrategy, StrategySettings
from trading_agent.strategies.standard import STANDARD

NOT_HELD: Final = "which the data does not hold"


class Troupe(Struct, frozen=True, kw_only=True):
    """Whom to try, and under which settings. `own`: what a person has written. `notional`: see
    `money_of`."""

    chosen: tuple[ActiveStrategy, ...]
    settings: EngineSettings
    own: OwnParts
    fees: Callable[[Instrument], Fees]
    seed: int
    notional: float | None = None


def chosen_strategies(
    configured: StrategySettings, *, standard: bool
) -> tuple[ActiveStrategy, ...]:
    """Those that are enabled; `standard`: and the others that come with the engine, each with its
    defaults."""
    names = {each.name for each in configured.active}
    others = [name for name in STANDARD if standard and name not in names]
    return (*configured.active, *(ActiveStrategy(name=name) for name in others))


class RecordedStrategies:
    """What the recordings have said so far of each."""

    def __init__(self, troupe: Troupe) -> None:
        self._troupe = troupe
        self._figures: list[StrategyFigure] = []
        self._proposals: list[ProposalFigure] = []
        self._trips: list[TripFigure] = []

    def look_at(
        self,
        tape: RecordedTape,
        ground: Ground,
        closes: Mapping[str, int],
        band: Sequence[RecordedTape],
    ) -> list[Speaker]:
        """What they proposed. `closes`: candles that finished, by timeframe. `band`: all recordings
        that are at hand, to look for leaders in. ConfigError for a strategy that cannot be made."""
        proposed: list[Speaker] = []
        for active in self._troupe.chosen:
            one = StrategySettings(active=(active,))
            requires = roster(one, self._troupe.own.strategies)[0].strategy.requires
            held = {each.symbol: each for each in band}
            missing = [each for each in requires.leaders if each not in held]
            why = ""
            if active.symbols and tape.symbol not in active.symbols:
                why = f"it trades {', '.join(active.symbols)} alone"
            elif missing:
                why = f"it follows {', '.join(missing)}, {NOT_HELD}"
            subject = Subject(
                strategy=active.name,
                timeframe=requires.timeframe,
                closes=closes.get(requires.timeframe, 0),
                quotes=requires.refresh is not None,
            )
            if why:
                self._figures.append(idle_figure(tape.symbol, subject, why))
                continue
            others = [held[each] for each in requires.leaders if each != tape.symbol]
            proposed += self._try(active, subject, self._stage([tape, *others]), ground)
        return proposed

    def figures(self) -> tuple[StrategyFigure, ...]:
        return corrected(self._figures, lambda each: each.chance)

    def proposals(self) -> tuple[ProposalFigure, ...]:
        return corrected(
            self._proposals, lambda each: each.chance, lambda each: each.group == EVERYTHING
        )

    def trips(self) -> tuple[TripFigure, ...]:
        return corrected(self._trips, lambda each: each.net_bps.chance_above)

    def _stage(self, tapes: Sequence[RecordedTape]) -> Stage:
        troupe = self._troupe
        money = money_of(tapes[0], troupe.settings, troupe.notional)
        return stage_of(tapes, money.settings, troupe.fees, troupe.own, troupe.seed)

    def _try(
        self, active: ActiveStrategy, subject: Subject, stage: Stage, ground: Ground
    ) -> Iterator[Speaker]:
        slower = coarse_terms(ground.samples, ground.terms).paper.latency_ms
        trial, late = try_strategy(active, stage), try_strategy(active, stage, slower)
        self._figures.append(strategy_figure(subject, trial, late, ground))
        self._proposals += proposal_figures(subject, trial, ground)
        if len(trial.net_bps) >= LEAST_BLOCKS:
            self._trips += trip_figures(subject.strategy, trial, ground)
        return speaker(f"proposals of {active.name}", trial.at, trial.direction, ground.samples)
