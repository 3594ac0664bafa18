"""Rules of pairs, recorded and made up, and the judgement on them."""

import json
from decimal import Decimal
from typing import Any

import pytest

from tests.mexc_vectors import BTCUSDT, document, gocryptotrader
from trading_agent.adapters.mexc.exchange_info import exchange_info, listed_pair
from trading_agent.adapters.mexc.json_reader import read_json
from trading_agent.adapters.mexc.listing import FindingKind, judge_listing
from trading_agent.domain.errors import FeedError
from trading_agent.domain.order import OrderKind, Side


def entry(**changes: Any) -> dict[str, Any]:
    """A pair as it should be, but for the changes."""
    return {
        "symbol": "BTCUSDC",
        "status": "1",
        "baseAsset": "BTC",
        "baseAssetPrecision": 6,
        "quoteAsset": "USDC",
        "quoteAssetPrecision": 2,
        "isSpotTradingAllowed": True,
        "quoteAmountPrecision": "1",
        "baseSizePrecision": "0.000001",
        "permissions": ["SPOT"],
        "maxQuoteAmount": "4000000",
        "makerCommission": "0",
        "takerCommission": "0",
        "tradeSideType": 1,
        **changes,
    }


def without(key: str) -> dict[str, Any]:
    return {name: value for name, value in entry().items() if name != key}


def kinds(entries: list[Any], wanted: list[str], open_to_api: set[str]) -> list[FindingKind]:
    info = exchange_info({"symbols": entries})
    findings = judge_listing(info, open_to_api, wanted, expect_zero_fee=True)
    assert all(finding.symbol in finding.words for finding in findings)
    return [finding.kind for finding in findings]


def test_recorded_btcusdt_is_listed_but_closed_to_the_api() -> None:
    info = exchange_info(read_json(gocryptotrader("GET /api/v3/exchangeInfo?symbol=BTCUSDT")))
    pair = info.pairs["BTCUSDT"]
    assert pair.instrument == BTCUSDT
    assert pair.obstacles == ("the exchange does not let the API trade it",)


def test_recorded_snapshot_of_nine_markets() -> None:
    markets = document("markets.json")
    entries = [json.loads(json.dumps(market["info"])) for market in markets.values()]
    spot = [given for given in entries if "baseAssetPrecision" in given]
    assert len(spot) == len(entries) == 9
    info = exchange_info({"symbols": spot})
    assert not info.unreadable
    for market in markets.values():
        instrument = info.pairs[market["id"]].instrument
        assert float(instrument.lot) == pytest.approx(market["precision"]["amount"])
        assert float(instrument.tick) == pytest.approx(market["precision"]["price"])
        least = market["limits"]["amount"].get("min", 0.0)
        whole_lots = max(least, float(instrument.lot) if least else 0.0)
        assert float(instrument.size(instrument.min_size)) == pytest.approx(whole_lots)
        assert float(instrument.min_notional) == market["limits"]["cost"]["min"]
        assert float(instrument.max_notional) == market["limits"]["cost"]["max"]
        assert float(instrument.taker_fee or 0) == market["taker"]
        assert instrument.tradable is market["active"]


def test_kinds_and_bands_are_read_where_they_are_said() -> None:
    silent = listed_pair(entry()).instrument
    assert (silent.kinds, silent.price_band) == (None, None)
    band = {"filterType": "PERCENT_PRICE_BY_SIDE", "bidMultiplierUp": "0.2"}
    pair = listed_pair(entry(orderTypes=["LIMIT", "NEW"], filters=[{}, band]))
    assert pair.instrument.kinds == (OrderKind.LIMIT, OrderKind.IOC, OrderKind.FOK)
    assert pair.instrument.price_band == Decimal("0.2")
    narrower = band | {"askMultiplierDown": "0.1"}
    assert listed_pair(entry(filters=[narrower])).instrument.price_band == Decimal("0.1")
    assert listed_pair(entry(filters=None, orderTypes=[])).instrument.kinds == ()


def test_step_and_least_size_are_two_things() -> None:
    pair = listed_pair(entry(baseAssetPrecision=4, baseSizePrecision="0.001"))
    assert pair.instrument.lot == Decimal("0.0001")
    assert pair.instrument.min_size == 10


def test_a_least_size_between_two_lots_is_rounded_up() -> None:
    assert listed_pair(entry(baseSizePrecision="0.0000015")).instrument.min_size == 2


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"status": "2"}, "paused"),
        ({"status": "3"}, "offline"),
        ({"status": "ENABLED"}, "unknown state ENABLED"),
        ({"isSpotTradingAllowed": False}, "does not let the API"),
        ({"isSpotTradingAllowed": None}, "does not let the API"),
        ({"isSpotTradingAllowed": "true"}, "does not let the API"),
        ({"permissions": []}, "no permission"),
        ({"permissions": None}, "no permission"),
        ({"tradeSideType": "2"}, "buying only"),
        ({"tradeSideType": 4}, "closed on both sides"),
        ({"tradeSideType": None}, "unknown sides"),
        ({"maxQuoteAmount": None}, "how small or large"),
        ({"quoteAmountPrecision": "-"}, "how small or large"),
    ],
)
def test_what_stands_between_a_pair_and_a_trade(changes: dict[str, Any], words: str) -> None:
    pair = listed_pair(entry(**changes))
    assert not pair.instrument.tradable
    assert words in " ".join(pair.obstacles)


@pytest.mark.parametrize(
    ("changes", "sold"),
    [
        ({"tradeSideType": 3}, True),
        ({"tradeSideType": "3"}, True),
        ({"tradeSideType": 2}, False),
        ({"tradeSideType": 4}, False),
        ({"tradeSideType": 3, "status": "2"}, False),
        ({"tradeSideType": 3, "maxQuoteAmount": None}, False),
    ],
)
def test_a_pair_open_to_selling_alone_lets_what_is_held_go(
    changes: dict[str, Any], sold: bool
) -> None:
    instrument = listed_pair(entry(**changes)).instrument
    assert not instrument.lets(Side.BUY)
    assert instrument.lets(Side.SELL) is sold


def test_a_side_as_text_is_as_good_as_a_number() -> None:
    assert listed_pair(entry(tradeSideType="1")).instrument.tradable


@pytest.mark.parametrize("fee", [None, "", "free", "-0.1", "NaN"])
def test_a_fee_that_is_not_said_is_not_zero(fee: Any) -> None:
    instrument = listed_pair(entry(takerCommission=fee)).instrument
    assert instrument.taker_fee is None
    assert not instrument.zero_fee


def test_a_fee_as_a_json_number_is_exact() -> None:
    body = json.dumps({"symbols": [entry(takerCommission=0.0005)]}).encode()
    instrument = exchange_info(read_json(body)).pairs["BTCUSDC"].instrument
    assert instrument.taker_fee == Decimal("0.0005")


@pytest.mark.parametrize(
    "bad",
    [
        entry(baseAssetPrecision=19),
        entry(baseAssetPrecision="many"),
        without("quoteAssetPrecision"),
        without("baseAsset"),
        without("baseSizePrecision"),
    ],
)
def test_a_pair_whose_rules_cannot_be_used(bad: dict[str, Any]) -> None:
    with pytest.raises(FeedError):
        listed_pair(bad)
    other = entry(symbol="ETHUSDC")
    info = exchange_info({"symbols": [None, bad, "junk", {"symbol": 5}, other]})
    assert set(info.unreadable) == {"BTCUSDC"}
    assert set(info.pairs) == {"ETHUSDC"}


def test_a_pair_as_wanted_has_no_findings() -> None:
    assert kinds([entry()], ["BTCUSDC"], {"BTCUSDC"}) == []


def test_findings_come_in_the_order_wanted() -> None:
    entries = [
        entry(),
        entry(symbol="ETHUSDC", isSpotTradingAllowed=False, takerCommission="0.0005"),
        entry(symbol="XRPUSDC", makerCommission=None),
        entry(symbol="SOLUSDC", baseAssetPrecision=None),
    ]
    wanted = ["XRPUSDC", "NOSUCHPAIR", "ETHUSDC", "SOLUSDC", "BTCUSDC"]
    assert kinds(entries, wanted, {"XRPUSDC"}) == [
        FindingKind.NOT_ZERO_FEE,
        FindingKind.NOT_LISTED,
        FindingKind.NOT_TRADABLE,
        FindingKind.NOT_ZERO_FEE,
        FindingKind.UNREADABLE,
        FindingKind.NOT_OPEN_TO_API,
    ]


def test_fees_are_stated_in_percent() -> None:
    info = exchange_info({"symbols": [entry(takerCommission="0.0005", makerCommission=None)]})
    (finding,) = judge_listing(info, {"BTCUSDC"}, ["BTCUSDC"], expect_zero_fee=True)
    assert "takers 0.05 %" in finding.words
    assert "makers an UNKNOWN share" in finding.words
    assert not finding.fatal


def test_fees_do_not_matter_to_whoever_does_not_expect_none() -> None:
    info = exchange_info({"symbols": [entry(takerCommission="0.0005")]})
    assert judge_listing(info, {"BTCUSDC"}, ["BTCUSDC"], expect_zero_fee=False) == ()


def test_only_what_leaves_no_instrument_is_fatal() -> None:
    info = exchange_info({"symbols": [entry(status="3")]})
    findings = judge_listing(info, set(), ["BTCUSDC", "GONE"], expect_zero_fee=True)
    assert [finding.fatal for finding in findings] == [False, True]
