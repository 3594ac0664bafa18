"""The first tables."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from trading_agent.adapters.records.columns import ExactDecimal, Moment

revision: Final = "0001"
down_revision: Final = None
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    _progress()
    _runs()
    _deposits()
    _instruments()
    _orders()
    _fills()
    _positions()
    _decisions()
    _shortfalls()
    _equity()
    _incidents()


def downgrade() -> None:
    op.drop_table("incidents")
    op.drop_table("equity")
    op.drop_table("shortfalls")
    op.drop_table("decisions")
    op.drop_table("positions")
    op.drop_table("fills")
    op.drop_table("orders")
    op.drop_table("instruments")
    op.drop_table("deposits")
    op.drop_table("runs")
    op.drop_table("progress")


def _progress() -> None:
    progress = op.create_table(
        "progress",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("journal", sa.Text, nullable=False),
        sa.Column("projection", sa.Integer, nullable=False),
    )
    op.bulk_insert(progress, [{"id": 1, "sequence": 0, "journal": "", "projection": 0}])


def _runs() -> None:
    op.create_table(
        "runs",
        sa.Column("run", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("opened_at", Moment, nullable=False),
        sa.Column("venue", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("simulated", sa.Boolean, nullable=False),
        sa.Column("seed", sa.BigInteger, nullable=False),
        sa.Column("settings_digest", sa.Text, nullable=False),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("closed_at", Moment),
        sa.Column("frames", sa.BigInteger),
        sa.Column("market_rows", sa.BigInteger),
        sa.Column("state_digest", sa.Text),
    )


def _deposits() -> None:
    op.create_table(
        "deposits",
        sa.Column("sequence", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("at", Moment, nullable=False),
        sa.Column("asset", sa.Text, nullable=False),
        sa.Column("amount", ExactDecimal, nullable=False),
    )


def _instruments() -> None:
    op.create_table(
        "instruments",
        sa.Column("symbol", sa.Text, primary_key=True),
        sa.Column("base", sa.Text, nullable=False),
        sa.Column("quote", sa.Text, nullable=False),
        sa.Column("price_decimals", sa.Integer, nullable=False),
        sa.Column("size_decimals", sa.Integer, nullable=False),
        sa.Column("min_size", ExactDecimal, nullable=False),
        sa.Column("min_notional", ExactDecimal, nullable=False),
        sa.Column("max_notional", ExactDecimal, nullable=False),
        sa.Column("maker_fee", ExactDecimal),
        sa.Column("taker_fee", ExactDecimal),
        sa.Column("tradable", sa.Boolean, nullable=False),
        sa.Column("listed_at", Moment, nullable=False),
    )


def _orders() -> None:
    op.create_table(
        "orders",
        sa.Column("order_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("run", sa.BigInteger, nullable=False),
        sa.Column("symbol", sa.Text, nullable=False),
        sa.Column("strategy", sa.Text, nullable=False),
        sa.Column("side", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("price", ExactDecimal, nullable=False),
        sa.Column("trigger_price", ExactDecimal),
        sa.Column("trail", ExactDecimal),
        sa.Column("pair", sa.BigInteger),
        sa.Column("size", ExactDecimal, nullable=False),
        sa.Column("filled", ExactDecimal, nullable=False),
        sa.Column("notional", ExactDecimal, nullable=False),
        sa.Column("average_price", ExactDecimal),
        sa.Column("fee", ExactDecimal, nullable=False),
        sa.Column("fee_asset", sa.Text),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("end_reason", sa.Text),
        sa.Column("sent_at", Moment, nullable=False),
        sa.Column("arrives_at", Moment, nullable=False),
        sa.Column("arrived_at", Moment),
        sa.Column("triggered_at", Moment),
        sa.Column("ended_at", Moment),
        sa.Column("sent_bid", ExactDecimal),
        sa.Column("sent_ask", ExactDecimal),
        sa.Column("arrived_bid", ExactDecimal),
        sa.Column("arrived_ask", ExactDecimal),
        sa.Column("take_profit_bps", sa.Double, nullable=False),
        sa.Column("stop_bps", sa.Double, nullable=False),
        sa.Column("hold_for", sa.BigInteger, nullable=False),
        sa.Column("filled_pessimistic", ExactDecimal),
        sa.Column("filled_central", ExactDecimal),
        sa.Column("filled_optimistic", ExactDecimal),
    )
    op.create_index("ix_orders_sent_at", "orders", ["sent_at"])


def _fills() -> None:
    op.create_table(
        "fills",
        sa.Column("fill_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("order_id", sa.BigInteger, nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.Column("symbol", sa.Text, nullable=False),
        sa.Column("side", sa.Text, nullable=False),
        sa.Column("price", ExactDecimal, nullable=False),
        sa.Column("size", ExactDecimal, nullable=False),
        sa.Column("notional", ExactDecimal, nullable=False),
        sa.Column("liquidity", sa.Text, nullable=False),
        sa.Column("fee", ExactDecimal, nullable=False),
        sa.Column("fee_asset", sa.Text, nullable=False),
        sa.Column("after_1s_bps", sa.Double),
        sa.Column("after_5s_bps", sa.Double),
        sa.Column("after_30s_bps", sa.Double),
    )
    op.create_index("ix_fills_order_id", "fills", ["order_id"])
    op.create_index("ix_fills_at", "fills", ["at"])


def _positions() -> None:
    op.create_table(
        "positions",
        sa.Column("position_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("run", sa.BigInteger, nullable=False),
        sa.Column("symbol", sa.Text, nullable=False),
        sa.Column("opened_at", Moment, nullable=False),
        sa.Column("closed_at", Moment),
        sa.Column("bought", ExactDecimal, nullable=False),
        sa.Column("sold", ExactDecimal, nullable=False),
        sa.Column("buy_value", ExactDecimal, nullable=False),
        sa.Column("sell_value", ExactDecimal, nullable=False),
        sa.Column("fees", ExactDecimal, nullable=False),
        sa.Column("average_entry", ExactDecimal),
        sa.Column("average_exit", ExactDecimal),
        sa.Column("profit", ExactDecimal),
        sa.Column("exit_reason", sa.Text),
    )
    op.create_index("ix_positions_opened_at", "positions", ["opened_at"])


def _decisions() -> None:
    op.create_table(
        "decisions",
        sa.Column("sequence", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("at", Moment, nullable=False),
        sa.Column("run", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("symbol", sa.Text, nullable=False),
        sa.Column("side", sa.Text, nullable=False),
        sa.Column("session", sa.Text),
        sa.Column("strategy", sa.Text),
        sa.Column("purpose", sa.Text),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("detail", sa.Text),
        sa.Column("strength", sa.Double),
        sa.Column("bid", ExactDecimal),
        sa.Column("ask", ExactDecimal),
        sa.Column("imbalance", sa.Double),
        sa.Column("momentum_bps", sa.Double),
        sa.Column("volatility_bps", sa.Double),
    )
    op.create_index("ix_decisions_at", "decisions", ["at"])


def _shortfalls() -> None:
    op.create_table(
        "shortfalls",
        sa.Column("order_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("at", Moment, nullable=False),
        sa.Column("symbol", sa.Text, nullable=False),
        sa.Column("side", sa.Text, nullable=False),
        sa.Column("filled_share", ExactDecimal, nullable=False),
        sa.Column("notional", ExactDecimal, nullable=False),
        sa.Column("spread", ExactDecimal, nullable=False),
        sa.Column("impact", ExactDecimal, nullable=False),
        sa.Column("drift", ExactDecimal, nullable=False),
        sa.Column("opportunity", ExactDecimal, nullable=False),
        sa.Column("fees", ExactDecimal, nullable=False),
        sa.Column("total", ExactDecimal, nullable=False),
    )


def _equity() -> None:
    op.create_table(
        "equity",
        sa.Column("minute", Moment, primary_key=True, autoincrement=False),
        sa.Column("at", Moment, nullable=False),
        sa.Column("run", sa.BigInteger, nullable=False),
        sa.Column("equity", ExactDecimal, nullable=False),
        sa.Column("realised", ExactDecimal, nullable=False),
        sa.Column("unrealised", ExactDecimal, nullable=False),
        sa.Column("day_start", ExactDecimal, nullable=False),
        sa.Column("high_water", ExactDecimal, nullable=False),
        sa.Column("drawdown", ExactDecimal, nullable=False),
    )


def _incidents() -> None:
    op.create_table(
        "incidents",
        sa.Column("sequence", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("at", Moment, nullable=False),
        sa.Column("run", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("subject", sa.Text),
        sa.Column("level", sa.Text),
        sa.Column("detail", sa.Text),
    )
