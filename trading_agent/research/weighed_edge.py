"""Whether the weighed signal predicts and pays, which family of evidence foretells anything, and
whether more strength, by which entries are sized, came with better outcomes."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from trading_agent.research.signal_blocks import TimeBlocks
from trading_agent.research.signal_edge import EdgeFigure, Ground, measure_edge
from trading_agent.research.signal_fills import lots_of, round_trips
from trading_agent.research.signal_groups import span_of
from trading_agent.research.signal_information import information, said_by_sample
from trading_agent.research.signal_samples import Flags, Floats
from trading_agent.research.signal_shifts import EVERYTHING, moves_after
from trading_agent.research.signal_statistics import Estimate, corrected
from trading_agent.research.weighed_signal import FAMILIES, Weighed

THIRDS: Final = ("weakest", "middle", "strongest")


class FamilyFigure(Struct, frozen=True, kw_only=True):
    """What one family's share in the opinions foretold, `horizon` seconds ahead. `n`: opinions it
    had a share in. `ic`: rank correlation with the mid's move over all samples. `false_share`: see
    `false_discoveries`, over all families of the evaluation."""

    family: str
    horizon: float
    n: int
    ic: Estimate | None
    false_share: float | None = None


class ThirdFigure(Struct, frozen=True, kw_only=True):
    """A third of the opinions by their strength, from `least` to `most`. Figures as in
    `EdgeFigure`; without a number where nothing is known. `false_share`: see `false_discoveries`,
    of a net above nothing, over all thirds of the evaluation."""

    horizon: float
    third: str
    least: float
    most: float
    n: int
    hit: Estimate | None
    move_bps: Estimate | None
    net_bps: Estimate | None
    false_share: float | None = None


class StrengthOrder(Struct, frozen=True, kw_only=True):
    """`order`: rank correlation of strength with the move in the opinion's direction; above 0 where
    more strength came with more."""

    horizon: float
    n: int
    order: Estimate | None


class WeighedFigures(Struct, frozen=True, kw_only=True):
    """Of one symbol. `silent` of the `occasions` had no direction."""

    symbol: str
    occasions: int
    silent: int
    edge: tuple[EdgeFigure, ...]
    families: tuple[FamilyFigure, ...]
    thirds: tuple[ThirdFigure, ...]
    orders: tuple[StrengthOrder, ...]


def measure_weighed(ground: Ground, weighed: Weighed) -> WeighedFigures:
    by_strength = _ByStrength(ground, weighed)
    horizons = ground.terms.horizons if len(weighed.said.at) else ()
    return WeighedFigures(
        symbol=ground.samples.symbol,
        occasions=weighed.occasions,
        silent=weighed.silent,
        edge=measure_edge(ground, weighed.said).figures,
        families=tuple(_families(ground, weighed)) if horizons else (),
        thirds=tuple(each for place in range(len(horizons)) for each in by_strength.thirds(place)),
        orders=tuple(by_strength.order(place) for place in range(len(horizons))),
    )


def judged_weighed(found: Sequence[WeighedFigures]) -> tuple[WeighedFigures, ...]:
    """With the share of false finds, over all of whole recordings, and over all of groups."""
    edge = corrected(
        [each for one in found for each in one.edge],
        lambda each: each.chance,
        lambda each: each.group == EVERYTHING,
    )
    families = corrected(
        [each for one in found for each in one.families],
        lambda each: None if each.ic is None else each.ic.chance,
    )
    thirds = corrected(
        [each for one in found for each in one.thirds],
        lambda each: None if each.net_bps is None else each.net_bps.chance_above,
    )
    edges, of_families, of_thirds = iter(edge), iter(families), iter(thirds)
    return tuple(
        replace(
            one,
            edge=tuple(islice(edges, len(one.edge))),
            families=tuple(islice(of_families, len(one.families))),
            thirds=tuple(islice(of_thirds, len(one.thirds))),
        )
        for one in found
    )


def _families(ground: Ground, weighed: Weighed) -> Iterator[FamilyFigure]:
    samples, terms = ground.samples, ground.terms
    for family in FAMILIES:
        shares = weighed.shares[family]
        spoken = int(np.count_nonzero(shares))
        if not spoken:
            continue
        said = said_by_sample(samples, weighed.said.at, shares)
        for horizon in terms.horizons:
            ic = information(samples, said, horizon, terms.seed)
            yield FamilyFigure(family=family, horizon=horizon, n=spoken, ic=ic)


class _ByStrength:
    """Outcomes of the opinions, and which third each is in."""

    def __init__(self, ground: Ground, weighed: Weighed) -> None:
        self._ground = ground
        self._said = said = weighed.said
        ranks = np.argsort(np.argsort(said.strength, kind="stable"), kind="stable")
        self._third = ranks * len(THIRDS) // max(len(ranks), 1)
        self._nets = self._net()

    def _net(self) -> Floats:
        samples, terms, said = self._ground.samples, self._ground.terms, self._said
        if not len(said.at):
            return np.empty((0, len(terms.horizons)))
        size = lots_of(terms.notional, float(np.median(samples.mid)), samples.instrument)
        return round_trips(self._ground.rows, said.at, said.direction, size, terms)

    def thirds(self, place: int) -> Iterator[ThirdFigure]:
        """At the horizon of that place."""
        strength = self._said.strength
        moves, blocks = self._moves(place)
        nets = self._nets[:, place]
        for number, third in enumerate(THIRDS):
            inside = self._third == number
            if not inside.any():
                continue
            known = inside & np.isfinite(moves)
            told = known & (moves != 0)
            yield ThirdFigure(
                horizon=self._ground.terms.horizons[place],
                third=third,
                least=float(strength[inside].min()),
                most=float(strength[inside].max()),
                n=int(known.sum()),
                hit=blocks.share(moves > 0, told) if told.any() else None,
                move_bps=_mean(blocks, moves, known),
                net_bps=_mean(blocks, nets, inside & np.isfinite(nets)),
            )

    def order(self, place: int) -> StrengthOrder:
        moves, blocks = self._moves(place)
        known = np.isfinite(moves)
        order = None
        if known.sum() > 1:
            order = blocks.rank_correlation(self._said.strength, moves, known)
        horizon = self._ground.terms.horizons[place]
        return StrengthOrder(horizon=horizon, n=int(known.sum()), order=order)

    def _moves(self, place: int) -> tuple[Floats, TimeBlocks]:
        """Of the mid toward the opinion, basis points."""
        samples, terms, said = self._ground.samples, self._ground.terms, self._said
        horizon = terms.horizons[place]
        moves = moves_after(samples, said.at, horizon) * said.direction
        return moves, TimeBlocks(said.at, span_of(samples), horizon, terms.seed)


def _mean(blocks: TimeBlocks, values: Floats, chosen: Flags) -> Estimate | None:
    return blocks.mean(values, chosen) if chosen.any() else None
