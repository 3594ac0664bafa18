"""`flash-trading doctor`: whether everything is there that a run needs."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from trading_agent.config.loading import LoadedConfig
    from trading_agent.research.doctor import Finding, Patient

_SUBJECT_WIDTH = 18


def doctor(
    config: Annotated[Path | None, typer.Option(help="Configuration file.")] = None,
    overlay: Annotated[
        list[Path] | None, typer.Option(help="File laid over the configuration; repeatable.")
    ] = None,
    venue: Annotated[
        str | None, typer.Option(help="embedded (simulated, no network) or mexc (public data).")
    ] = None,
) -> None:
    """Check this machine, the configuration and the exchange; say what to mend.

    Ends with 0 when all is well, 1 when something failed, 2 when it is the configuration.
    """
    import os

    from trading_agent.cli.failures import say_failure
    from trading_agent.config.files import find_file
    from trading_agent.config.loading import load
    from trading_agent.domain.errors import ConfigError, TradingError

    try:
        if venue not in (None, "embedded", "mexc"):
            raise ConfigError(f"--venue {venue}: there are embedded and mexc")
        loaded = load(config or find_file(Path()), tuple(overlay or ()), os.environ)
        print(_line("configuration", ", ".join(loaded.sources)), flush=True)
        from trading_agent.research.doctor import examine

        failed = [finding for finding in map(_told, examine(_patient(loaded, venue))) if finding]
    except ConfigError as error:
        print(_line("configuration", "cannot be used", well=False), flush=True)
        raise typer.Exit(say_failure(error)) from error
    except TradingError as error:
        raise typer.Exit(say_failure(error)) from error
    print(f"{len(failed)} to mend" if failed else "all is well")
    raise typer.Exit(1 if failed else 0)


def _patient(loaded: "LoadedConfig", venue: str | None) -> "Patient":
    import os

    from trading_agent.research.doctor import Patient

    config = loaded.config
    simulated = (venue or config.venue) == "embedded"
    return Patient(
        symbols=config.symbols,
        data_directory=config.data_directory,
        secrets_file=Path(config.storage.secrets_file),
        environment=os.environ,
        mexc=config.mexc,
        embedded=config.embedded if simulated else None,
    )


def _told(finding: "Finding") -> bool:
    """Prints it; True when it is to be mended."""
    print(_line(finding.subject, finding.words, well=finding.well), flush=True)
    if not finding.well:
        print(f"{'':6}  {'':{_SUBJECT_WIDTH}}  mend: {finding.mend}", flush=True)
    return not finding.well


def _line(subject: str, words: str, *, well: bool = True) -> str:
    return f"{'ok' if well else 'FAILED':6}  {subject:{_SUBJECT_WIDTH}}  {words}"
