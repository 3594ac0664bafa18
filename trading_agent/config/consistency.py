"""Settings that are each allowed but do not go together."""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Final, NamedTuple

from trading_agent.adapters.mexc.settings import MexcSettings
from trading_agent.config.flash_trading_config import FlashTradingConfig
from trading_agent.config.places import Conflict, Path
from trading_agent.domain.settings_slice import SettingsSlice
from trading_agent.signals.settings import (
    ExecutionParameters,
    SessionSettings,
    SignalParameters,
)
from trading_agent.signals.timeframe_settings import TimeframeSettings
from trading_agent.strategies.settings import StrategySettings

OFF_HOURS: Final = "OFF_HOURS"
MOST_SESSIONS: Final = 15
"""Beside OFF_HOURS; the compiled loop's table has one place more."""
_SESSION_NAME: Final = re.compile(r"[A-Z][A-Z0-9_]{0,23}", re.ASCII)
_ASSET: Final = re.compile(r"[A-Z0-9]{1,16}", re.ASCII)


class _Resolved(NamedTuple):
    """One session's parameters as they will hold; `path` is where its own are written."""

    path: Path
    signal: SignalParameters
    execution: ExecutionParameters
    own: frozenset[str]
    """Parameters the session states itself; for the base, all of them."""


def conflicts(config: FlashTradingConfig) -> Iterator[Conflict]:
    """Every conflict, at the setting a person would change."""
    for resolved in _resolved(config):
        yield from _bands(resolved)
        yield from _exits(resolved)
        yield from _order_value(resolved, config)
    yield from _sessions(config.trading.sessions)
    yield from _account(config)
    yield from _patience(config.mexc)
    for name in config.enhanced.sessions:
        if name not in (*config.trading.sessions, OFF_HOURS):
            known = ", ".join((*config.trading.sessions, OFF_HOURS))
            yield ("enhanced", "sessions", name), f"there is no such session; there are {known}"
    if config.strategies != StrategySettings() or config.timeframes != TimeframeSettings():
        # Compiled rooms know what there is; nobody who has chosen nothing waits for them.
        from trading_agent.config.trading_choices import choice_conflicts

        yield from choice_conflicts(config)


def _resolved(config: FlashTradingConfig) -> Iterator[_Resolved]:
    plan = config.trading
    everything = frozenset((*SignalParameters.model_fields, *ExecutionParameters.model_fields))
    yield _Resolved(("trading",), plan.signal, plan.execution, everything)
    for name, session in plan.sessions.items():
        signal, execution = _stated(session.signal), _stated(session.execution)
        yield _Resolved(
            ("trading", "sessions", name),
            plan.signal.model_copy(update=signal),
            plan.execution.model_copy(update=execution),
            frozenset((*signal, *execution)),
        )


def _stated(overrides: SettingsSlice) -> dict[str, object]:
    return {key: value for key, value in overrides if value is not None}


def _bands(resolved: _Resolved) -> Iterator[Conflict]:
    pairs = (
        ("spread_full_size_bps", "spread_limit_bps"),
        ("volatility_min_bps", "volatility_max_bps"),
    )
    for low, high in pairs:
        least, most = getattr(resolved.signal, low), getattr(resolved.signal, high)
        where = _first_own(resolved, low, high)
        if where is not None and least > most:
            text = f"{low} is {least:g} but {high} is only {most:g}"
            yield (*resolved.path, "signal", where), text


def _exits(resolved: _Resolved) -> Iterator[Conflict]:
    execution = resolved.execution
    where = _first_own(resolved, "stop_bps", "take_profit_bps", "hold_seconds")
    if where and not (execution.stop_bps or execution.take_profit_bps or execution.hold_seconds):
        yield (
            (*resolved.path, "execution", where),
            "stop_bps, take_profit_bps and hold_seconds are all 0: nothing closes a position",
        )


def _order_value(resolved: _Resolved, config: FlashTradingConfig) -> Iterator[Conflict]:
    where = _first_own(resolved, "order_notional", "size_factor")
    if where is None:
        return
    execution = resolved.execution
    notional, factor = Decimal(str(execution.order_notional)), Decimal(str(execution.size_factor))
    value = notional * factor
    path = (*resolved.path, "execution", where)
    sum_of = f"an entry is worth {value:f} (order_notional {notional:f} * size_factor {factor:f})"
    limit = config.risk.max_order_notional
    if value > limit:
        yield path, f"{sum_of}; risk.max_order_notional allows {limit:f}"
    balance = config.portfolio.starting_balances.get(config.portfolio.quote)
    if balance is not None and value > balance:
        yield path, f"{sum_of}; the account starts with {balance:f} {config.portfolio.quote}"


def _first_own(resolved: _Resolved, *names: str) -> str | None:
    return next((name for name in names if name in resolved.own), None)


def _sessions(sessions: dict[str, SessionSettings]) -> Iterator[Conflict]:
    if len(sessions) > MOST_SESSIONS:
        yield ("trading", "sessions"), f"at most {MOST_SESSIONS} sessions can be told apart"
    seen: dict[tuple[int, str], str] = {}
    for name, session in sessions.items():
        path = ("trading", "sessions", name)
        if name == OFF_HOURS:
            yield path, f"{OFF_HOURS} is what holds outside all sessions: see trading.signal"
        elif _SESSION_NAME.fullmatch(name) is None:
            yield path, "a session's name is 1 to 24 capital letters, digits and _"
        if not session.weekdays or len(set(session.weekdays)) < len(session.weekdays):
            yield (*path, "weekdays"), "must name at least one day, and each day once"
        for day in dict.fromkeys(session.weekdays):
            other = seen.setdefault((session.start_hour, day), name)
            if other != name:
                text = f"starts in the same hour as {other} on {day}: which one holds is open"
                yield (*path, "start_hour"), text
                break


def _account(config: FlashTradingConfig) -> Iterator[Conflict]:
    portfolio = config.portfolio
    balances: Path = ("portfolio", "starting_balances")
    for asset in portfolio.starting_balances:
        if _ASSET.fullmatch(asset) is None:
            yield (*balances, asset), "is not an asset; capital letters such as USDC are"
    if portfolio.quote not in portfolio.starting_balances:
        yield (
            balances,
            f"must say how much {portfolio.quote} (portfolio.quote) the account starts with",
        )
    for index, pair in enumerate(config.symbols):
        if not pair.endswith(portfolio.quote) or pair == portfolio.quote:
            yield ("symbols", index), f"{pair} is not quoted in {portfolio.quote} (portfolio.quote)"


def _patience(mexc: MexcSettings) -> Iterator[Conflict]:
    orders = (
        ("ping_seconds", "dead_after_seconds"),
        ("reconnect_first_seconds", "reconnect_most_seconds"),
        ("snapshot_first_seconds", "snapshot_most_seconds"),
        ("connect_timeout_seconds", "call_deadline_seconds"),
    )
    for low, high in orders:
        least, most = getattr(mexc, low), getattr(mexc, high)
        if least > most:
            yield ("mexc", low), f"{least:g} is more than {high}, which is {most:g}"
