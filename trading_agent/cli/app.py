"""The command line: which verbs there are. Each verb imports its own weight when it is called."""

import typer

from trading_agent.cli.bench import bench
from trading_agent.cli.decode import decode
from trading_agent.cli.doctor import doctor
from trading_agent.cli.exchange import exchange
from trading_agent.cli.replay import replay
from trading_agent.cli.report import report
from trading_agent.cli.run import run

app = typer.Typer(
    name="flash-trading",
    help="A deterministic paper-trading engine for the MEXC spot market.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for verb in (run, replay, report, exchange, decode, doctor, bench):
    app.command()(verb)
