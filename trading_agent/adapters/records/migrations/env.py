"""What Alembic runs for every command: on the connection it is handed, a transaction a step."""

from alembic import context

from trading_agent.adapters.records.database import REVISIONS

context.configure(
    connection=context.config.attributes["connection"],
    version_table=REVISIONS,
    transactional_ddl=True,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
