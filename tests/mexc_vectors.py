"""The recorded answers and requests of the exchange, when they are beside the repository."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from trading_agent.domain.instrument import Instrument
from trading_agent.domain.order import OrderKind
from trading_agent.domain.units import Lots

_FOLDER = Path(__file__).resolve().parents[1] / ".." / "shared" / "vectors" / "mexc_rest"

BTCUSDT = Instrument(
    symbol="BTCUSDT",
    base="BTC",
    quote="USDT",
    price_decimals=2,
    size_decimals=8,
    min_size=Lots(100),
    min_notional=Decimal(1),
    max_notional=Decimal(4_000_000),
    maker_fee=Decimal(0),
    taker_fee=Decimal("0.0005"),
    tradable=False,
    kinds=(
        OrderKind.LIMIT,
        OrderKind.IOC,
        OrderKind.FOK,
        OrderKind.MARKET,
        OrderKind.LIMIT_MAKER,
    ),
    price_band=Decimal("0.005"),
)


def document(name: str) -> Any:
    """A file of vectors; the test is skipped, visibly, when it is not there."""
    path = _FOLDER / name
    if not path.is_file():
        pytest.skip(f"no vectors: {name} is not beside the repository")
    return json.loads(path.read_text(encoding="utf-8"))


def gocryptotrader(request: str) -> bytes:
    """What the live server answered to `request`, as it would come over the wire."""
    recorded = document("gocryptotrader_http_spot_2025-12-31.json")["responses"]
    return json.dumps(recorded[request]).encode()


def ccxt_answers(method: str) -> list[bytes]:
    """Recorded by a client that turns every JSON number into a string."""
    recorded = document("response.json")["methods"][method]
    return [json.dumps(case["httpResponse"]).encode() for case in recorded]


def renamed(instrument: Instrument, symbol: str) -> Instrument:
    return replace(instrument, symbol=symbol)
