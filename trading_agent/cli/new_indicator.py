"""`flash-trading new-indicator`: an indicator of one's own to begin with, which works as it is."""

from pathlib import Path
from typing import Annotated, Final

import typer

FOLDER: Final = "indicators"
"""Beside the configuration file."""

TEMPLATE: Final = '''\
"""{name}: how far the close is from its own average, in basis points.

An indicator is given one finished candle at a time and a memory of its own, and writes what it
knows as of that candle. It sees nothing else: no candle to come, no clock, no file, no dice.
"""

from trading_agent.signals.indicators.bars import Bar, Floats
from trading_agent.signals.indicators.indicator import Parameter, Values


class {class_name}:
    name = "{name}"
    # What whoever needs it can set: name, default, lowest, highest; whole numbers unless it says
    # otherwise.
    parameters = (Parameter("period", 20, 2, 500),)
    # What it computes, in the order in which `update` writes it.
    outputs = ("gap_bps",)

    def memory_size(self, values: Values) -> int:
        """Places of the memory. They begin as zeros, but for the parameters, which stand from
        place 1 on. Whatever is to be remembered has to be in there, never in `self`: there is one
        memory for each symbol and timeframe, but only one of this."""
        return 2 + int(values["period"])

    def warm_up(self, values: Values) -> int:
        """The candle of this number is the first with which everything is known."""
        return int(values["period"])

    def update(self, memory: Floats, bar: Bar, out: Floats) -> None:
        """Called once with every candle that has finished: open_at, open, high, low, close,
        volume. What is not written into `out` is not known: NaN."""
        count, period = int(memory[0]), int(memory[1])
        closes = memory[2:]
        closes[count % period] = bar.close
        memory[0] = count + 1
        if count + 1 >= period:
            out[0] = (bar.close / closes.mean() - 1.0) * 10_000.0
'''


def new_indicator(
    name: Annotated[str, typer.Argument(help="Small letters, digits and underscores: my_gap.")],
    folder: Annotated[
        Path | None,
        typer.Option(help="Where to; the folder indicators beside the configuration file."),
    ] = None,
) -> None:
    """Write a small indicator that works, to be changed into one's own.

    Says how to switch it on. An existing file is never touched.
    """
    from trading_agent.cli.failures import say_failure
    from trading_agent.cli.own_template import usual_folder
    from trading_agent.domain.errors import TradingError

    try:
        path = write_indicator(name, usual_folder(FOLDER) if folder is None else folder)
    except TradingError as error:
        raise typer.Exit(say_failure(error)) from error
    print(f"{path} is written: an indicator that works, to be changed into your own.")
    print("To switch it on, in flash_trading_config.json:")
    print(_switched_on(path.parent))
    print("A strategy of your own then needs it as it needs any other:")
    print(f'Need("1m", "{name}", (("period", 20),))')


def write_indicator(name: str, folder: Path) -> Path:
    """The new file. Raises CommandError for a name that cannot be, and for a file that is there
    or cannot be written."""
    from trading_agent.cli.own_template import check_own_name, class_name, write_own
    from trading_agent.signals.indicators.catalogue import STANDARD

    check_own_name(name, "an indicator", "my_gap", STANDARD)
    text = TEMPLATE.format(name=name, class_name=class_name(name, "Indicator"))
    return write_own(name, folder, text)


def _switched_on(folder: Path) -> str:
    import json

    from trading_agent.cli.own_template import as_configured

    return json.dumps({"timeframes": {"folder": as_configured(folder, FOLDER)}}, indent=2)
