"""The command line: which verbs there are. Each verb imports its own weight when it is called."""

import typer

from trading_agent.cli.bench import bench
from trading_agent.cli.decode import decode
from trading_agent.cli.doctor import doctor
from trading_agent.cli.exchange import exchange
from trading_agent.cli.fake_openrouter import fake_openrouter
from trading_agent.cli.health import health
from trading_agent.cli.journal import journal
from trading_agent.cli.kill import kill
from trading_agent.cli.new_indicator import new_indicator
from trading_agent.cli.new_strategy import new_strategy
from trading_agent.cli.overseer import overseer
from trading_agent.cli.rearm import rearm
from trading_agent.cli.records import records
from trading_agent.cli.replay import replay
from trading_agent.cli.report import report
from trading_agent.cli.run import run
from trading_agent.cli.signals import signals
from trading_agent.cli.unpair import unpair
from trading_agent.cli.validate_fills import validate_fills

app = typer.Typer(
    name="flash-trading",
    help="A deterministic paper-trading engine for the MEXC spot market.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for verb in (
    run,
    replay,
    report,
    exchange,
    fake_openrouter,
    decode,
    doctor,
    bench,
    health,
    kill,
    rearm,
    unpair,
    validate_fills,
    new_strategy,
    new_indicator,
):
    app.command()(verb)
app.add_typer(records)
app.add_typer(journal)
app.add_typer(signals)
app.add_typer(overseer)
