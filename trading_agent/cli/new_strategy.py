"""`flash-trading new-strategy`: a strategy of one's own to begin with, which works as it is."""

from pathlib import Path
from typing import Annotated, Final

import typer

FOLDER: Final = "strategies"
"""Beside the configuration file."""

TEMPLATE: Final = '''\
"""{name}: buys when a fast moving average crosses above a slow one, sells when it crosses below.

A strategy sees a frozen view of one symbol and answers with a proposal, or with None. It must be
pure: the same view gives the same answer, so it remembers nothing, reads no clock and no file,
and draws no dice. Risk decides afterwards whether the order may be sent.
"""

from typing import ClassVar

from trading_agent.domain.decision import Proposal
from trading_agent.domain.errors import ConfigError
from trading_agent.signals.indicators.indicator import Parameter, Values
from trading_agent.strategies.entries import barrier_parameters, enter, leave, read_barriers
from trading_agent.strategies.strategy import Need, Requirements, StrategyView


class {class_name}:
    name: ClassVar[str] = "{name}"
    # What can be set in the configuration: name, default, lowest, highest; whole numbers unless
    # it says otherwise. The barriers are take_profit_bps, stop_bps and hold_seconds.
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Parameter("fast", 10, 2, 500),
        Parameter("slow", 30, 3, 1_000),
        Parameter("least_gap_bps", 0.5, 0.0, 1_000.0, whole=False),
        *barrier_parameters(take_profit_bps=40.0, stop_bps=20.0, hold_seconds=1_800),
    )

    def __init__(self, values: Values) -> None:
        """Made once at the start; `values` holds every parameter, defaults filled in."""
        if values["fast"] >= values["slow"]:
            raise ConfigError("fast < slow must hold")
        # Indicators are named here and computed by the engine, over finished candles alone.
        self.fast = Need("1m", "ema", (("period", values["fast"]),))
        self.slow = Need("1m", "ema", (("period", values["slow"]),))
        self.least_gap_bps = values["least_gap_bps"]
        self.barriers = read_barriers(values)

    @property
    def requires(self) -> Requirements:
        """Asked whenever a candle of one minute has closed."""
        return Requirements(timeframe="1m", needs=(self.fast, self.slow))

    def propose(self, view: StrategyView) -> Proposal | None:
        if not 0 < view.bid < view.ask:
            return None
        # How far the fast average is above the slow one, now and at the candle before. Both are
        # NaN until there are enough candles; NaN compares as False, so nothing happens then.
        now = self.gap_bps(view.sight.value(self.fast)[0], view.sight.value(self.slow)[0])
        before = self.gap_bps(view.sight.before(self.fast)[0], view.sight.before(self.slow)[0])
        words = f"fast average {{now:+.2f}} bps from the slow one, {{before:+.2f}} before"
        if view.position > 0:
            # Something is held: sell all of it, or stay.
            return leave(view, words) if now < 0.0 <= before else None
        # Nothing is held: buy, or stay out. A pair that is not held cannot be sold. Size and kind
        # of the order follow the session's execution settings and this strategy's allocation.
        if before < self.least_gap_bps <= now:
            return enter(view, self.name, self.barriers, words)
        return None

    @staticmethod
    def gap_bps(fast: float, slow: float) -> float:
        return (fast / slow - 1.0) * 10_000.0
'''


def new_strategy(
    name: Annotated[
        str, typer.Argument(help="Small letters, digits and underscores: my_average_cross.")
    ],
    folder: Annotated[
        Path | None,
        typer.Option(help="Where to; the folder strategies beside the configuration file."),
    ] = None,
) -> None:
    """Write a small strategy that works, to be changed into one's own.

    Says how to switch it on. An existing file is never touched.
    """
    from trading_agent.cli.failures import say_failure
    from trading_agent.cli.own_template import usual_folder
    from trading_agent.domain.errors import TradingError

    try:
        path = write_template(name, usual_folder(FOLDER) if folder is None else folder)
    except TradingError as error:
        raise typer.Exit(say_failure(error)) from error
    print(f"{path} is written: a strategy that works, to be changed into your own.")
    print(
        "To switch it on, in flash_trading_config.json (flash trades on only if it is listed too):"
    )
    print(_switched_on(name, path.parent))


def write_template(name: str, folder: Path) -> Path:
    """The new file. Raises CommandError for a name that cannot be, and for a file that is there
    or cannot be written."""
    from trading_agent.cli.own_template import check_own_name, class_name, write_own
    from trading_agent.strategies.standard import STANDARD

    check_own_name(name, "a strategy", "my_average_cross", STANDARD)
    text = TEMPLATE.format(name=name, class_name=class_name(name, "Strategy"))
    return write_own(name, folder, text)


def _switched_on(name: str, folder: Path) -> str:
    import json

    from trading_agent.cli.own_template import as_configured

    active = {"name": name, "allocation": 1.0, "parameters": {"fast": 10, "slow": 30}}
    where = as_configured(folder, FOLDER)
    return json.dumps({"strategies": {"active": [active], "folder": where}}, indent=2)
