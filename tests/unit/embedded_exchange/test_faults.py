"""Scripted faults: which frames they befall and what becomes of them."""

from collections.abc import Sequence

import pytest
from pydantic import ValidationError

from tests.scripted_source import pair
from trading_agent.adapters.mexc.schema import PushDataV3ApiWrapper
from trading_agent.adapters.mexc.wire import Channel, Topic
from trading_agent.domain.units import Lots, Nanos, Ticks
from trading_agent.embedded_exchange.aggregation import Batch
from trading_agent.embedded_exchange.faults import (
    AnswerFault,
    AnswerFaultKind,
    Faults,
    FrameFault,
)
from trading_agent.embedded_exchange.frame_damage import FrameFaultKind
from trading_agent.embedded_exchange.frames import encode
from trading_agent.embedded_exchange.source import DepthChanged

DEPTH = Channel(Topic.AGGRE_DEPTH, "BTCUSDC", "100ms")
DEALS = Channel(Topic.AGGRE_DEALS, "BTCUSDC", "100ms")
OTHER = Channel(Topic.AGGRE_DEPTH, "ETHUSDC", "100ms")


def frame(version: int = 1, *, empty: bool = False) -> bytes:
    bids = () if empty else ((Ticks(10000), Lots(5)),)
    asks = () if empty else ((Ticks(10100), Lots(5)),)
    change = DepthChanged("BTCUSDC", Nanos(10**18), version, version, bids, asks)
    return encode(Batch(DEPTH, Nanos(10**18), change), pair())


def sent(faults: Faults, channel: Channel, frames: Sequence[bytes]) -> list[bytes]:
    return [out for frame in frames for out in faults.spoil(channel, frame)]


def scripted(kind: FrameFaultKind, count: int = 1, symbol: str | None = None) -> Faults:
    faults = Faults()
    faults.script(FrameFault(kind=kind, count=count, symbol=symbol))
    return faults


def test_without_a_script_frames_pass_untouched() -> None:
    assert sent(Faults(), DEPTH, [b"a", b"b"]) == [b"a", b"b"]


def test_drops_are_counted_and_used_up() -> None:
    faults = scripted(FrameFaultKind.DROP, 2)
    assert faults.pending == 2
    assert sent(faults, DEPTH, [b"a", b"b", b"c"]) == [b"c"]
    assert faults.pending == 0


def test_duplicate_and_reorder() -> None:
    assert sent(scripted(FrameFaultKind.DUPLICATE), DEPTH, [b"a", b"b"]) == [b"a", b"a", b"b"]
    assert sent(scripted(FrameFaultKind.REORDER), DEPTH, [b"a", b"b", b"c"]) == [b"b", b"a", b"c"]


def test_only_the_named_topic_and_pair_are_befallen() -> None:
    faults = scripted(FrameFaultKind.DROP, 1, "ETHUSDC")
    assert sent(faults, DEPTH, [b"a"]) == [b"a"]
    assert sent(faults, DEALS, [b"a"]) == [b"a"]
    assert sent(faults, OTHER, [b"a"]) == []


def test_faults_are_used_up_in_their_order() -> None:
    faults = scripted(FrameFaultKind.DROP)
    faults.script(FrameFault(kind=FrameFaultKind.DUPLICATE))
    assert sent(faults, DEPTH, [b"a", b"b", b"c"]) == [b"b", b"b", b"c"]


def test_silence_loses_frames_until_it_ends() -> None:
    faults = Faults()
    faults.silent = True
    assert sent(faults, DEPTH, [b"a"]) == []
    faults.silent = False
    assert sent(faults, DEPTH, [b"b"]) == [b"b"]


def damaged(kind: FrameFaultKind, *, empty: bool = False) -> bytes:
    (out,) = sent(scripted(kind), DEPTH, [frame(empty=empty)])
    return out


def test_garbage_and_truncation_cannot_be_read() -> None:
    assert len(damaged(FrameFaultKind.TRUNCATED)) == len(frame()) // 2
    for kind in (FrameFaultKind.GARBAGE, FrameFaultKind.TRUNCATED):
        with pytest.raises(Exception, match="Error parsing message"):
            PushDataV3ApiWrapper.FromString(damaged(kind))


def test_a_wrong_symbol_is_in_channel_and_symbol() -> None:
    content = PushDataV3ApiWrapper.FromString(damaged(FrameFaultKind.WRONG_SYMBOL))
    assert content.symbol == "XYZUSDC"
    assert content.channel.endswith("@XYZUSDC")


@pytest.mark.parametrize("empty", [False, True])
def test_off_tick_has_a_decimal_too_many_and_crossed_a_bid_too_high(empty: bool) -> None:
    off = PushDataV3ApiWrapper.FromString(damaged(FrameFaultKind.OFF_TICK, empty=empty))
    price = off.publicAggreDepths.bids[0].price
    assert len(price.partition(".")[2]) > 2
    assert price[-1] == "5"
    crossed = PushDataV3ApiWrapper.FromString(damaged(FrameFaultKind.CROSSED, empty=empty))
    body = crossed.publicAggreDepths
    highest = max(float(bid.price) for bid in body.bids)
    assert highest > max([float(ask.price) for ask in body.asks], default=90.0)


def test_huge_passes_every_sensible_limit() -> None:
    assert len(damaged(FrameFaultKind.HUGE)) > 4 * 1024 * 1024


def test_what_needs_levels_is_refused_for_other_topics() -> None:
    with pytest.raises(ValidationError, match="crossed needs depth frames"):
        FrameFault(kind=FrameFaultKind.CROSSED, topic=Topic.AGGRE_DEALS)


def test_answer_faults_befall_paths() -> None:
    faults = Faults()
    faults.script(AnswerFault(kind=AnswerFaultKind.UNWELL, path="/api/v3/depth", count=2))
    assert faults.answer_fault("/api/v3/time") is None
    kinds = [faults.answer_fault("/api/v3/depth") for _ in range(3)]
    assert [fault and fault.kind for fault in kinds] == ["unwell", "unwell", None]


def test_clearing_forgets_everything() -> None:
    faults = scripted(FrameFaultKind.DROP, 5)
    faults.script(AnswerFault(kind=AnswerFaultKind.HTML))
    faults.silent = True
    faults.close_sockets()
    faults.clear()
    assert (faults.pending, faults.silent, faults.take_close_code()) == (0, False, None)


def test_a_close_is_ordered_once() -> None:
    faults = Faults()
    faults.close_sockets(1011)
    assert (faults.take_close_code(), faults.take_close_code()) == (1011, None)
