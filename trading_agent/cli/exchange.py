"""`flash-trading exchange`: the embedded exchange by itself, for any client."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Final

import typer

if TYPE_CHECKING:
    from trading_agent.config.flash_trading_config import FlashTradingConfig
    from trading_agent.embedded_exchange.server import EmbeddedExchange
    from trading_agent.embedded_exchange.settings import EmbeddedSettings

_LOOK_SECONDS: Final = 0.25


def exchange(
    port: Annotated[
        int, typer.Option(help="TCP port on loopback; 0 takes any free one.", min=0, max=65_535)
    ] = 0,
    seed: Annotated[
        int | None, typer.Option(help="Fixes the simulated market.", min=0, max=2**63 - 1)
    ] = None,
    play: Annotated[
        list[Path] | None,
        typer.Option(help="Recorded market, file or folder, to play instead; repeatable."),
    ] = None,
    play_as: Annotated[
        str | None, typer.Option("--as", help="Symbol under which the recording is played.")
    ] = None,
    speed: Annotated[str, typer.Option(help="How many times faster to play it, or max.")] = "1",
    compare: Annotated[
        list[Path] | None,
        typer.Option(help="Compare the simulated market with this recording, and end; repeatable."),
    ] = None,
    config: Annotated[Path | None, typer.Option(help="Configuration file.")] = None,
    overlay: Annotated[
        list[Path] | None, typer.Option(help="File laid over the configuration; repeatable.")
    ] = None,
) -> None:
    """Serve a simulated MEXC spot market on loopback, REST and streams, until told to stop."""
    from trading_agent.cli.failures import say_failure
    from trading_agent.domain.errors import CommandError, TradingError

    try:
        settings = _settings(config, tuple(overlay or ()), port, seed)
        if compare:
            from trading_agent.research.market_likeness import compare_with_recording

            like = None if play_as is None else _symbol(play_as)
            print(compare_with_recording(settings, tuple(compare), like))
            return
        if not play and (play_as is not None or speed != "1"):
            raise CommandError("--as and --speed are about a recording: name one with --play")
        code = _serve(settings, tuple(play or ()), play_as, speed)
    except TradingError as error:
        code = say_failure(error)
    raise typer.Exit(code)


def _settings(
    config_path: Path | None, overlays: tuple[Path, ...], port: int, seed: int | None
) -> "EmbeddedSettings":
    """Serves what a run with this configuration would ask for."""
    import os

    from trading_agent.config.files import find_file
    from trading_agent.config.loading import load

    config = load(config_path or find_file(Path()), overlays, os.environ).config
    update: dict[str, object] = {"port": port or config.embedded.port, "pairs": _pairs(config)}
    if seed is not None:
        update["seed"] = seed
    return config.embedded.model_copy(update=update)


def _pairs(config: "FlashTradingConfig") -> tuple[str, ...]:
    """The traded pairs first, as far as there is a market for them."""
    presets = config.embedded.synthetic.presets
    traded = [symbol for symbol in config.symbols if symbol in presets]
    return tuple(dict.fromkeys((*traded, *config.embedded.pairs)))


def _serve(
    settings: "EmbeddedSettings", play: tuple[Path, ...], play_as: str | None, speed: str
) -> int:
    """Until a signal (0), or until the exchange fails (1). Raises TradingError."""
    from trading_agent.embedded_exchange.server import serve
    from trading_agent.embedded_exchange.tempo import read_speed

    pace = read_speed(speed)
    symbol = _symbol(play_as or settings.pairs[0]) if play else ""
    with caught_signals() as asked:
        served = serve(settings, recordings=play, symbol=symbol, speed=pace)
        try:
            print(_greeting(settings, served, play, symbol), flush=True)
            code = _attend(served, asked)
        finally:
            served.stop()
    print("stopped", flush=True)
    return code


def _symbol(text: str) -> str:
    from trading_agent.config.flash_trading_config import canonical_pair
    from trading_agent.domain.errors import CommandError

    try:
        return canonical_pair(text)
    except ValueError as error:
        raise CommandError(f"--as {text}: {error}") from error


def _greeting(
    settings: "EmbeddedSettings", served: "EmbeddedExchange", play: tuple[Path, ...], symbol: str
) -> str:
    if play:
        market = f"{' + '.join(path.name for path in play)} played as {symbol}"
    else:
        market = f"synthetic, seed {settings.seed}, {', '.join(settings.pairs)}"
    return (
        f"SIMULATED MARKET: {market}\n"
        f"REST     {served.rest_url}\n"
        f"streams  {served.stream_url}\n"
        "Ctrl-C stops it"
    )


def _attend(served: "EmbeddedExchange", asked: list[str]) -> int:
    """Say what becomes of the market while it is served."""
    told = False
    while not asked:
        if served.wait(_LOOK_SECONDS):
            print("flash-trading: the exchange ended by itself", file=sys.stderr)
            return 1
        if served.failure is not None:
            print(f"flash-trading: the market broke off: {served.failure}", file=sys.stderr)
            return 1
        if served.over and not told:
            told = True
            print("the recording is over; its last state stays to be looked at", flush=True)
    return 0


@contextmanager
def caught_signals() -> Iterator[list[str]]:
    """The names of the signals that asked for the end; a second one is no longer caught."""
    asked: list[str] = []

    def on_signal(number: int, _frame: FrameType | None) -> None:
        asked.append(signal.Signals(number).name)
        signal.signal(number, signal.SIG_DFL)

    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, on_signal) for number in numbers]
    try:
        yield asked
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
