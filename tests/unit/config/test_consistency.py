"""Settings that are each allowed but do not go together."""

import json
from pathlib import Path
from typing import Any

import pytest

from trading_agent.config import consistency
from trading_agent.config.loading import load
from trading_agent.domain.errors import ConfigError
from trading_agent.signals import sessions


def session(start: int = 0, end: int = 8, **more: Any) -> dict[str, Any]:
    return {"start_hour": start, "end_hour": end, **more}


def plan(**more: Any) -> dict[str, Any]:
    return {"trading": more}


def conflicts(folder: Path, content: dict[str, Any]) -> list[str]:
    path = folder / "base.json"
    path.write_text(json.dumps(content, indent=1))
    try:
        load(path, [], {})
    except ConfigError as error:
        return [line.split(": ", 1)[1] for line in str(error).splitlines()]
    return []


@pytest.mark.parametrize(
    ("content", "path"),
    [
        (
            plan(signal={"spread_full_size_bps": 70.0}),
            "trading.signal.spread_full_size_bps",
        ),
        (plan(signal={"volatility_min_bps": 30.0}), "trading.signal.volatility_min_bps"),
        (
            plan(sessions={"A": session(signal={"spread_limit_bps": 1.0})}),
            "trading.sessions.A.signal.spread_limit_bps",
        ),
        (
            plan(sessions={"A": session(signal={"volatility_max_bps": 1.0})}),
            None,
        ),
        (
            plan(
                signal={"volatility_min_bps": 5.0},
                sessions={"A": session(signal={"volatility_max_bps": 1.0})},
            ),
            "trading.sessions.A.signal.volatility_max_bps",
        ),
        (
            plan(execution={"stop_bps": 0, "take_profit_bps": 0, "hold_seconds": 0}),
            "trading.execution.stop_bps",
        ),
        (
            plan(
                execution={"stop_bps": 0, "take_profit_bps": 0},
                sessions={"A": session(execution={"hold_seconds": 0})},
            ),
            "trading.sessions.A.execution.hold_seconds",
        ),
        ({"risk": {"max_order_notional": 249}}, "trading.execution.order_notional"),
        (
            plan(sessions={"A": session(execution={"size_factor": 4.1})}),
            "trading.sessions.A.execution.size_factor",
        ),
        (plan(sessions={"A": session(execution={"size_factor": 4.0})}), None),
        (
            {"portfolio": {"starting_balances": {"USDC": 100}}},
            "trading.execution.order_notional",
        ),
        (plan(sessions={"OFF_HOURS": session()}), "trading.sessions.OFF_HOURS"),
        (plan(sessions={"asia": session()}), "trading.sessions.asia"),
        (plan(sessions={"A": session(weekdays=[])}), "trading.sessions.A.weekdays"),
        (
            plan(sessions={"A": session(weekdays=["MON", "MON"])}),
            "trading.sessions.A.weekdays",
        ),
        (
            plan(sessions={"A": session(3, 8), "B": session(3, 5)}),
            "trading.sessions.B.start_hour",
        ),
        (
            plan(
                sessions={
                    "A": session(3, 8, weekdays=["MON"]),
                    "B": session(3, 5, weekdays=["TUE"]),
                }
            ),
            None,
        ),
        (plan(sessions={"A": session(22, 6), "B": session(8, 8)}), None),
        (plan(sessions={}), None),
        (
            plan(sessions={f"S{n}": session(n, n + 1) for n in range(16)}),
            "trading.sessions",
        ),
        (
            {"portfolio": {"starting_balances": {"USDT": 10000}}},
            "portfolio.starting_balances",
        ),
        (
            {"portfolio": {"starting_balances": {"USDC": 10000, "usdt": 1}}},
            "portfolio.starting_balances.usdt",
        ),
        ({"venue": "mexc", "symbols": ["BTCUSDC", "ETHUSDT"]}, "symbols.1"),
        ({"venue": "mexc", "symbols": ["SOLUSDC"]}, None),
        ({"mexc": {"dead_after_seconds": 5}}, "mexc.ping_seconds"),
        ({"mexc": {"reconnect_most_seconds": 0.1}}, "mexc.reconnect_first_seconds"),
    ],
)
def test_a_conflict_is_named_at_the_setting_to_change(
    tmp_path: Path, content: dict[str, Any], path: str | None
) -> None:
    found = conflicts(tmp_path, content)
    assert [line.split(": ", 1)[0] for line in found] == ([path] if path else [])


def test_another_quote_needs_its_own_pairs_and_balance(tmp_path: Path) -> None:
    found = conflicts(tmp_path, {"venue": "mexc", "portfolio": {"quote": "USDT"}})
    assert [line.split(": ", 1)[0] for line in found] == [
        "symbols.0",
        "symbols.1",
        "portfolio.starting_balances",
    ]
    whole = {"quote": "USDT", "starting_balances": {"USDT": "10000"}}
    assert conflicts(tmp_path, {"venue": "mexc", "symbols": ["BTC/USDT"], "portfolio": whole}) == []


def test_the_sum_behind_a_refused_order_value_is_shown(tmp_path: Path) -> None:
    asia = session(execution={"order_notional": 900.5, "size_factor": 1.2})
    (line,) = conflicts(tmp_path, plan(sessions={"ASIA": asia}))
    assert "1080.60 (order_notional 900.5 * size_factor 1.2)" in line
    assert "risk.max_order_notional allows 1000" in line


def test_the_bounds_are_those_of_the_session_table() -> None:
    assert consistency.MOST_SESSIONS + 1 == sessions.MOST_SESSIONS
    assert consistency.OFF_HOURS == sessions.OFF_HOURS
