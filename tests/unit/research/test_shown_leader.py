"""The overlay of the documentation has the leader of recordings tried."""

from pathlib import Path

import numpy as np
from msgspec.structs import replace

from tests.unit.research.evaluations import a_request, settings_of
from tests.unit.research.planted_market import walking_tape
from trading_agent.config.engine_parts import engine_settings, own_parts
from trading_agent.config.loading import load
from trading_agent.research.signal_evaluation import evaluation_of

PROJECT = Path(__file__).parents[3]
OVERLAY = PROJECT / "docs" / "examples" / "follow_btcusdt.json"
EPISODE = 100


def steps(*, late: int) -> list[int]:
    """Ten ticks up every ten seconds, `late` tenths of a second into them, then down again."""
    bids = np.full(60 * EPISODE, 10_000)
    for start in range(0, len(bids), EPISODE):
        bids[start + 30 + late : start + 80] += 10
    return bids.tolist()


def test_the_leader_is_followed() -> None:
    config = load(PROJECT / "flash_trading_config.json", [OVERLAY], {}).config
    settings = engine_settings(config)
    strategies, own = settings.strategies, own_parts(settings)
    leader, follower = (
        walking_tape(steps(late=0), "BTCUSDT"),
        walking_tape(steps(late=15), "ETHUSDT"),
    )
    request = replace(a_request(own=own), settings=settings_of(strategies=strategies))
    found = evaluation_of((leader, follower), request, lambda _: None, (leader, follower))
    by = {each.symbol: each for each in found.strategies}
    assert by["BTCUSDT"].proposals == 0, "a leader is not traded"
    figure = by["ETHUSDT"]
    assert figure.strategy == "follow_btcusdt"
    assert figure.proposals > 30, figure.why
    alone = evaluation_of((follower,), request, lambda _: None, (follower,))
    (figure,) = alone.strategies
    assert figure.why == "no trade: it follows BTCUSDT, which the data does not hold"
