"""Facts and inputs survive being written down."""

from decimal import Decimal
from typing import Any, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct

from tests.builders import START, an_instrument
from trading_agent.domain.chart_facts import ChartPoint, PatternSeen
from trading_agent.domain.commands import (
    ApplyOverlay,
    CancelEntries,
    CancelOrder,
    CloseAll,
    ClosePosition,
    EnterPosition,
    Kill,
    LockSymbol,
    Origin,
    PauseEntries,
    Rearm,
    RevertLoosening,
    RevertOverlay,
    SetParameter,
    SwitchStrategy,
    UndoParameter,
    UnlockSymbol,
)
from trading_agent.domain.documents import fact_from_text, input_from_text, to_text
from trading_agent.domain.errors import StorageError
from trading_agent.domain.facts import CashDeposited, Fact, InstrumentListed, SignalRaised
from trading_agent.domain.message import (
    CandlesKnown,
    Closing,
    Input,
    InstrumentUpdated,
    KnownCandle,
    MarketRows,
    RoundTripMeasured,
    Woke,
)
from trading_agent.domain.order import Side
from trading_agent.domain.overlays import Overlay, OverlayKind
from trading_agent.domain.units import Lots, Nanos, Ticks

FACTS: tuple[type[Any], ...] = get_args(Fact)
INPUTS = [kind for kind in get_args(Input) if kind is not MarketRows]

OVERLAY = Overlay(
    overlay="o1",
    kind=OverlayKind.RISK_MULTIPLIER,
    scope="BTCUSDC",
    value=Decimal("0.50"),
    ttl_seconds=600,
    baseline="b",
    snapshot_at=START,
    why='quotes " and ünicode',
)
PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    Decimal: st.decimals("-1e12", "1e12", places=12),
    float: st.floats(allow_nan=False, allow_infinity=False),
}


def some(kind: Any) -> st.SearchStrategy[Any]:
    """Values of a field's type; numbers as money and features are."""
    if kind in PLAIN:
        return PLAIN[kind]
    if kind == Decimal | None:
        return st.none() | some(Decimal)
    if get_origin(kind) is tuple and get_args(kind)[1:] == (...,):
        return st.lists(some(get_args(kind)[0]), max_size=4).map(tuple)
    if isinstance(kind, type) and issubclass(kind, Struct):
        return st.builds(kind, **{name: some(hint) for name, hint in get_type_hints(kind).items()})
    return st.from_type(kind)


@pytest.mark.parametrize("kind", FACTS)
@given(data=st.data())
@settings(max_examples=15)
def test_every_fact_is_read_back_as_it_was_written(kind: type[Any], data: st.DataObject) -> None:
    fact = data.draw(some(kind))
    assert fact_from_text(kind.__name__, to_text(fact)) == fact


@pytest.mark.parametrize(
    "body",
    [
        Woke(),
        Closing(),
        InstrumentUpdated(an_instrument(taker_fee=None)),
        Kill(origin=Origin.OVERSEER, why='quotes " and ünicode'),
        CloseAll(origin=Origin.PERSON),
        PauseEntries(origin=Origin.SYSTEM),
        ClosePosition(origin=Origin.CLI, symbol="BTCUSDC"),
        Rearm(origin=Origin.PERSON, breaker="daily_loss"),
        EnterPosition(origin=Origin.PERSON, symbol="BTCUSDC"),
        EnterPosition(origin=Origin.PERSON, symbol="BTCUSDC", notional=Decimal("0.10")),
        CancelOrder(origin=Origin.CLI, order=7),
        CancelEntries(origin=Origin.PERSON),
        LockSymbol(origin=Origin.PERSON, symbol="BTCUSDC", until=Nanos(5), why="№"),
        UnlockSymbol(origin=Origin.PERSON, symbol="BTCUSDC"),
        SwitchStrategy(origin=Origin.PERSON, strategy="flash", on=False),
        SetParameter(origin=Origin.PERSON, key="US.stop_bps", value="12.5"),
        UndoParameter(origin=Origin.PERSON),
        ApplyOverlay(origin=Origin.OVERSEER, overlay=OVERLAY),
        RevertOverlay(origin=Origin.PERSON, overlay="o1"),
        RevertLoosening(origin=Origin.SYSTEM, why="silent"),
        RoundTripMeasured(Nanos(12_345_678)),
        CandlesKnown(
            "BTCUSDC",
            "1m",
            (KnownCandle(START, Ticks(1), Ticks(3), Ticks(1), Ticks(2), Lots(9)),),
        ),
    ],
)
def test_every_input_but_rows_is_read_back(body: Any) -> None:
    assert input_from_text(type(body).__name__, to_text(body)) == body


def test_money_keeps_its_digits() -> None:
    fact = CashDeposited(at=START, asset="USDC", amount=Decimal("0.100000000000000000"))
    again = fact_from_text("CashDeposited", to_text(fact))
    assert isinstance(again, CashDeposited)
    assert str(again.amount) == "0.100000000000000000"


def test_an_unknown_fee_stays_unknown() -> None:
    fact = InstrumentListed(at=START, instrument=an_instrument(taker_fee=None))
    assert fact_from_text("InstrumentListed", to_text(fact)) == fact


def test_one_text_for_one_fact() -> None:
    one = CashDeposited(at=START, asset="USDC", amount=Decimal("1.0"))
    assert to_text(one) == f'{{"at":{START},"asset":"USDC","amount":"1.0"}}'


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("NoSuchFact", "{}"),
        ("CashDeposited", "{}"),
        ("CashDeposited", "not json"),
        ("CashDeposited", '{"at":1,"asset":"USDC","amount":"much"}'),
        ("CashDeposited", '{"at":"x","asset":"USDC","amount":"1"}'),
        ("BookLost", '{"at":1,"symbol":"BTCUSDC","reason":99}'),
        ("CashDeposited", "[]"),
    ],
)
def test_what_cannot_be_read_is_a_storage_error(kind: str, text: str) -> None:
    with pytest.raises(StorageError):
        fact_from_text(kind, text)


def test_a_number_that_is_none_is_not_written() -> None:
    signal = SignalRaised(
        at=START,
        symbol="BTCUSDC",
        session="US",
        direction=1,  # type: ignore[arg-type]
        strength=float("nan"),
        reasons=(),
        sequence=0,
        bid=1,  # type: ignore[arg-type]
        ask=2,  # type: ignore[arg-type]
        imbalance=0.0,
        momentum_bps=0.0,
        volatility_bps=0.0,
    )
    with pytest.raises(ValueError, match="nan cannot be written"):
        to_text(signal)


def test_rows_do_not_travel_as_text() -> None:
    assert MarketRows not in INPUTS
    assert {kind.__name__ for kind in INPUTS} >= {"Woke", "Closing", "Kill"}


@pytest.mark.parametrize("price", [float("nan"), float("inf")])
def test_a_number_that_is_none_is_refused_however_deep_it_lies(price: float) -> None:
    seen = PatternSeen(
        at=START,
        symbol="BTCUSDC",
        timeframe="1m",
        kind="double_top",
        name="double top",
        direction=Side.SELL,
        target=1.0,
        invalidation=2.0,
        quality=0.5,
        points=(ChartPoint(START, price, "top"),),
        experience="",
    )
    with pytest.raises(ValueError, match="cannot be written"):
        to_text(seen)
