"""`flash-trading report` for programs and for people."""

import json
import os
from pathlib import Path
from typing import Any

from tests.trade_facts import changed, history, write_journal
from tests.unit.cli.verbs import call
from trading_agent.cli.report import report
from trading_agent.domain.order_facts import OrderFilled
from trading_agent.domain.units import Nanos
from trading_agent.interfaces.oversight.outcomes import Decider, Outcome, OutcomeStore
from trading_agent.interfaces.oversight.settings import AttributionSettings


def as_json(*arguments: str, code: int = 0) -> dict[str, Any]:
    result = call(report, "--json", *arguments)
    assert result.exit_code == code, result.stderr
    document: dict[str, Any] = json.loads(result.stdout)
    return document


def test_json_holds_money_as_decimal_strings(tmp_path: Path) -> None:
    path = write_journal(tmp_path / "journal.sqlite", history())
    told = as_json("--data-dir", str(tmp_path))
    assert told == {
        "journal": str(path),
        "venue": "embedded",
        "source": "synthetic",
        "simulated": True,
        "runs": 2,
        "first_at": 1_763_643_600_000_000_000,
        "last_at": 1_763_643_632_000_000_000,
        "last_fact_sequence": 20,
        "quote": "USDC",
        "deposits": {"USDC": "10000"},
        "balances": {
            "BTC": {"free": "0.0002", "locked": "0"},
            "USDC": {"free": "9970.0201501", "locked": "18.014"},
        },
        "positions": [
            {
                "symbol": "BTCUSDC",
                "size": "0.0002",
                "opened_at": 1_763_643_632_000_000_000,
                "average_price": "60030",
                "cost": "12.006",
            }
        ],
        "open_exits": [
            {
                "symbol": "BTCUSDC",
                "take_profit": "60150",
                "stop": "59940",
                "deadline": 1_763_643_752_000_000_000,
            }
        ],
        "open_orders": [
            {
                "order": 3,
                "symbol": "BTCUSDC",
                "side": "BUY",
                "kind": "IOC",
                "purpose": "ENTRY",
                "state": "RESTING",
                "price": "60000",
                "size": "0.0005",
                "filled": "0.0002",
                "reserved": "18.014",
                "reserved_asset": "USDC",
            }
        ],
        "fills": told["fills"],
        "fills_count": 4,
        "fees": "0.0660499",
        "realised_profit": "0.0401501",
        "fill_triple": {
            "BTCUSDC": {"pessimistic": "0.0022", "central": "0.0022", "optimistic": "0.0022"}
        },
        "shortfall": {
            "orders": 0,
            **dict.fromkeys(
                (
                    "notional",
                    "spread",
                    "impact",
                    "drift",
                    "opportunity",
                    "fees",
                    "total",
                    "expected_impact",
                ),
                "0",
            ),
        },
        "mark_outs_bps": {},
        "refusals": {},
        "reconciles": True,
        "by_strategy": {"": {"positions": 1, "won": 1, "profit": "0.0401501"}},
        "by_evidence": {},
        "disagreements": [],
        "overseer": [],
        "other_journals": [],
    }
    assert told["fills"][2] == {
        "at": 1_763_643_622_000_000_000,
        "fill": 3,
        "order": 2,
        "symbol": "BTCUSDC",
        "base": "BTC",
        "quote": "USDC",
        "side": "SELL",
        "price": "60100",
        "size": "0.001",
        "value": "60.1",
        "fee": "0.03005",
        "fee_asset": "USDC",
        "liquidity": "taker",
    }


def test_people_see_tables_and_that_the_market_is_simulated(tmp_path: Path) -> None:
    write_journal(tmp_path / "journal.sqlite", history())
    result = call(report, "--data-dir", str(tmp_path))
    assert result.exit_code == 0
    lines = [" ".join(line.split()) for line in result.stdout.splitlines()]
    assert "SIMULATED MARKET" in lines[0]
    assert "runs 2, facts 20, 2025-11-20 13:00:00 UTC to 2025-11-20 13:00:32 UTC" in lines
    assert "USDC 9970.0201501 18.014 10000" in lines
    assert "BTCUSDC 0.000200 60030.00 12.006 60150.00 59940.00 2025-11-20 13:02:32 UTC" in lines
    assert "3 BTCUSDC BUY ioc entry resting 60000.00 0.000500 0.000200" in lines
    assert "realised profit +0.0401501" in lines
    assert any(line.startswith("reconciles") for line in lines)
    assert all(len(line) <= 140 for line in result.stdout.splitlines())


def test_it_tells_whether_the_overseer_helped(tmp_path: Path) -> None:
    write_journal(tmp_path / "journal.sqlite", history())
    settings = AttributionSettings(least_decisions=2)
    store = OutcomeStore(tmp_path / "overseer" / "outcomes.sqlite", "USDC", settings)
    store.open()
    store.keep([decision(1, 900.0), decision(2, 1_100.0)])
    store.close()
    (worth, *_) = told = as_json("--data-dir", str(tmp_path))["overseer"]
    assert worth == (
        "worth: not enough evidence yet: +2000.00 ± ? USDC after 2 decisions, spent $0.00 (rules)"
    )
    assert "  applied: +1000.00 ± ? USDC a decision in 2" in told
    assert worth in call(report, "--data-dir", str(tmp_path)).stdout


def decision(number: int, effect: float) -> Outcome:
    return Outcome(
        decision=f"d{number}",
        arm="overseer",
        applied=True,
        began=Nanos(number * 10),
        ended=Nanos(number * 10 + 1),
        equity=10_000.0,
        effect=effect,
        drawdown=0.0,
        fees=0.0,
        cost_nano=0,
        decider=Decider(source="rules"),
        mode="rules",
    )


def test_a_live_venue_is_not_called_simulated(tmp_path: Path) -> None:
    write_journal(tmp_path / "journal.sqlite", (), venue="mexc", source="public streams")
    result = call(report, "--data-dir", str(tmp_path))
    assert "SIMULATED" not in result.stdout
    assert "mexc, public streams" in result.stdout


def test_many_fills_are_cut_for_people_and_whole_for_programs(tmp_path: Path) -> None:
    facts = list(history())
    (last,) = (fact for fact in facts if isinstance(fact, OrderFilled) and fact.fill == 4)
    for fill in range(5, 35):
        facts += changed([last], OrderFilled, 0, fill=fill, size=1)
    write_journal(tmp_path / "journal.sqlite", facts)
    assert "the last 20 of 34 fills" in call(report, "--data-dir", str(tmp_path)).stdout
    told = as_json("--data-dir", str(tmp_path))
    assert told["fills_count"] == len(told["fills"]) == 34
    assert told["reconciles"]


def test_a_journal_that_does_not_add_up_ends_with_one(tmp_path: Path) -> None:
    facts = changed(history(), OrderFilled, 0, fee_asset="MX")
    write_journal(tmp_path / "journal.sqlite", facts)
    told = as_json("--data-dir", str(tmp_path), code=1)
    assert told["reconciles"] is False
    assert "balance of MX is 0, deposits and fills make -0.018" in told["disagreements"]
    shown = call(report, "--data-dir", str(tmp_path))
    assert shown.exit_code == 1
    assert "DOES NOT RECONCILE" in shown.stdout
    assert "balance of MX" in shown.stdout


def test_of_several_markets_the_newest_is_reported_and_the_rest_named(tmp_path: Path) -> None:
    older = write_journal(tmp_path / "mexc-public" / "journal.sqlite", (), "mexc", "public")
    newer = write_journal(tmp_path / "embedded-synthetic" / "journal.sqlite", history())
    for path in older.parent.iterdir():
        os.utime(path, (1_000, 1_000))
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"data_directory": "."}))
    told = as_json("--config", str(config))
    assert told["journal"] == str(newer)
    assert told["other_journals"] == [str(older)]
    assert f"also there: {older.parent}" in call(report, "--config", str(config)).stdout


def test_without_a_journal_it_says_how_to_get_one(tmp_path: Path) -> None:
    result = call(report, "--data-dir", str(tmp_path))
    assert (result.exit_code, result.stdout) == (1, "")
    assert "no journal" in result.stderr
    assert "flash-trading run" in result.stderr


def test_a_damaged_journal_and_a_bad_configuration_have_codes_of_their_own(
    tmp_path: Path,
) -> None:
    (tmp_path / "journal.sqlite").write_bytes(b"not a journal at all" * 100)
    damaged = call(report, "--data-dir", str(tmp_path))
    assert damaged.exit_code == 1
    assert "damaged" in damaged.stderr
    missing = call(report, "--config", str(tmp_path / "nothing.json"))
    assert missing.exit_code == 2
    assert "no such file" in missing.stderr
