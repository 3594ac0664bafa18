"""The tables people query, as this version knows them; `migrations` is how a database gets there.

Prices are in the quote asset, sizes in the base asset, both exact (`ExactDecimal`); times are
`Moment`s. Codes (`state`, `kind`, `reason`, ...) are the words of the desk in small letters.
"""

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Double, Integer, MetaData, Table, Text

from trading_agent.adapters.records.columns import ExactDecimal, Moment

SCHEMA: Final = "0001"
"""The last step in `migrations`."""
PROJECTION: Final = 2
"""Grows whenever facts are turned into rows in another way: the records are then made anew."""

metadata: Final = MetaData()


def _key(name: str) -> Column[int]:
    """Numbers the desk has given; none is made by the database."""
    return Column(name, BigInteger, primary_key=True, autoincrement=False)


progress: Final = Table(
    "progress",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("sequence", BigInteger, nullable=False),
    Column("journal", Text, nullable=False),
    Column("projection", Integer, nullable=False),
)
"""One row: the last fact that is in the rows, and of which journal it is (`journal_label`)."""

runs: Final = Table(
    "runs",
    metadata,
    _key("run"),
    Column("opened_at", Moment, nullable=False),
    Column("venue", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("simulated", Boolean, nullable=False),
    Column("seed", BigInteger, nullable=False),
    Column("settings_digest", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("closed_at", Moment),
    Column("frames", BigInteger),
    Column("market_rows", BigInteger),
    Column("state_digest", Text),
)
"""From start to orderly end; `closed_at` stays empty for a run that died."""

deposits: Final = Table(
    "deposits",
    metadata,
    _key("sequence"),
    Column("at", Moment, nullable=False),
    Column("asset", Text, nullable=False),
    Column("amount", ExactDecimal, nullable=False),
)

instruments: Final = Table(
    "instruments",
    metadata,
    Column("symbol", Text, primary_key=True),
    Column("base", Text, nullable=False),
    Column("quote", Text, nullable=False),
    Column("price_decimals", Integer, nullable=False),
    Column("size_decimals", Integer, nullable=False),
    Column("min_size", ExactDecimal, nullable=False),
    Column("min_notional", ExactDecimal, nullable=False),
    Column("max_notional", ExactDecimal, nullable=False),
    Column("maker_fee", ExactDecimal),
    Column("taker_fee", ExactDecimal),
    Column("tradable", Boolean, nullable=False),
    Column("listed_at", Moment, nullable=False),
)
"""The rules of each pair as last told. A fee is a share of the value; empty: not known."""

orders: Final = Table(
    "orders",
    metadata,
    _key("order_id"),
    Column("run", BigInteger, nullable=False),
    Column("symbol", Text, nullable=False),
    Column("strategy", Text, nullable=False),
    Column("side", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("price", ExactDecimal, nullable=False),
    Column("trigger_price", ExactDecimal),
    Column("trail", ExactDecimal),
    Column("pair", BigInteger),
    Column("size", ExactDecimal, nullable=False),
    Column("filled", ExactDecimal, nullable=False),
    Column("notional", ExactDecimal, nullable=False),
    Column("average_price", ExactDecimal),
    Column("fee", ExactDecimal, nullable=False),
    Column("fee_asset", Text),
    Column("state", Text, nullable=False),
    Column("end_reason", Text),
    Column("sent_at", Moment, nullable=False, index=True),
    Column("arrives_at", Moment, nullable=False),
    Column("arrived_at", Moment),
    Column("triggered_at", Moment),
    Column("ended_at", Moment),
    Column("sent_bid", ExactDecimal),
    Column("sent_ask", ExactDecimal),
    Column("arrived_bid", ExactDecimal),
    Column("arrived_ask", ExactDecimal),
    Column("take_profit_bps", Double, nullable=False),
    Column("stop_bps", Double, nullable=False),
    Column("hold_for", BigInteger, nullable=False),
    Column("filled_pessimistic", ExactDecimal),
    Column("filled_central", ExactDecimal),
    Column("filled_optimistic", ExactDecimal),
)
"""`pair`: orders of one number are alternatives. `notional`: value of what was filled, in the
quote asset. `average_price` is rounded to 12 decimals. `filled_...`: what each model of the queue
would have filled. `hold_for` in nanoseconds."""

fills: Final = Table(
    "fills",
    metadata,
    _key("fill_id"),
    Column("order_id", BigInteger, nullable=False, index=True),
    Column("at", Moment, nullable=False, index=True),
    Column("symbol", Text, nullable=False),
    Column("side", Text, nullable=False),
    Column("price", ExactDecimal, nullable=False),
    Column("size", ExactDecimal, nullable=False),
    Column("notional", ExactDecimal, nullable=False),
    Column("liquidity", Text, nullable=False),
    Column("fee", ExactDecimal, nullable=False),
    Column("fee_asset", Text, nullable=False),
    Column("after_1s_bps", Double),
    Column("after_5s_bps", Double),
    Column("after_30s_bps", Double),
)
"""`after_..._bps`: how far the mid went in favour of the fill."""

positions: Final = Table(
    "positions",
    metadata,
    _key("position_id"),
    Column("run", BigInteger, nullable=False),
    Column("symbol", Text, nullable=False),
    Column("opened_at", Moment, nullable=False, index=True),
    Column("closed_at", Moment),
    Column("bought", ExactDecimal, nullable=False),
    Column("sold", ExactDecimal, nullable=False),
    Column("buy_value", ExactDecimal, nullable=False),
    Column("sell_value", ExactDecimal, nullable=False),
    Column("fees", ExactDecimal, nullable=False),
    Column("average_entry", ExactDecimal),
    Column("average_exit", ExactDecimal),
    Column("profit", ExactDecimal),
    Column("exit_reason", Text),
)
"""From the first purchase to flat; the id is that of its first fill. `fees` and `profit` (after
fees, once closed) in the quote asset; averages are rounded to 12 decimals."""

decisions: Final = Table(
    "decisions",
    metadata,
    _key("sequence"),
    Column("at", Moment, nullable=False, index=True),
    Column("run", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("symbol", Text, nullable=False),
    Column("side", Text, nullable=False),
    Column("session", Text),
    Column("strategy", Text),
    Column("purpose", Text),
    Column("reason", Text, nullable=False),
    Column("detail", Text),
    Column("strength", Double),
    Column("bid", ExactDecimal),
    Column("ask", ExactDecimal),
    Column("imbalance", Double),
    Column("momentum_bps", Double),
    Column("volatility_bps", Double),
)
"""Signals (`reason`: what they were raised for, parted by commas) and refusals (`reason`: the
stable code). What became of the others are the orders."""

shortfalls: Final = Table(
    "shortfalls",
    metadata,
    _key("order_id"),
    Column("at", Moment, nullable=False),
    Column("symbol", Text, nullable=False),
    Column("side", Text, nullable=False),
    Column("filled_share", ExactDecimal, nullable=False),
    Column("notional", ExactDecimal, nullable=False),
    Column("spread", ExactDecimal, nullable=False),
    Column("impact", ExactDecimal, nullable=False),
    Column("drift", ExactDecimal, nullable=False),
    Column("opportunity", ExactDecimal, nullable=False),
    Column("fees", ExactDecimal, nullable=False),
    Column("total", ExactDecimal, nullable=False),
)
"""What an order cost against the mid at its decision; the parts sum to `total`."""

equity: Final = Table(
    "equity",
    metadata,
    Column("minute", Moment, primary_key=True, autoincrement=False),
    Column("at", Moment, nullable=False),
    Column("run", BigInteger, nullable=False),
    Column("equity", ExactDecimal, nullable=False),
    Column("realised", ExactDecimal, nullable=False),
    Column("unrealised", ExactDecimal, nullable=False),
    Column("day_start", ExactDecimal, nullable=False),
    Column("high_water", ExactDecimal, nullable=False),
    Column("drawdown", ExactDecimal, nullable=False),
)
"""The last mark of every UTC minute. `realised`: profit of the positions closed so far,
`unrealised`: of the open ones. `drawdown`: share of `high_water`, rounded to 12 decimals."""

incidents: Final = Table(
    "incidents",
    metadata,
    _key("sequence"),
    Column("at", Moment, nullable=False),
    Column("run", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("subject", Text),
    Column("level", Text),
    Column("detail", Text),
)
"""What stopped, limited, changed or released the desk: pauses, kills, breakers, refused commands,
locks, parameters, overlays."""

RECORDED: Final = tuple(table for table in metadata.sorted_tables if table is not progress)
"""Everything that is made from facts."""
