"""`flash-trading replay`: a recorded run once more, fact for fact."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from trading_agent.research.replay import Replayed


def replay(
    file: Annotated[Path, typer.Argument(help="A recording made with run --record-to.")],
    verify: Annotated[
        bool, typer.Option("--verify", help="Fail unless every fact is the recorded one.")
    ] = False,
    journal: Annotated[
        Path | None, typer.Option(help="The run's journal, to name the first different fact.")
    ] = None,
    data_dir: Annotated[
        Path | None, typer.Option(help="Folder that holds the run's journal.")
    ] = None,
    json_output: Annotated[
        bool, typer.Option("--json", help="Print one JSON object as the last line.")
    ] = False,
) -> None:
    """Feed a recording into a fresh engine and say what it comes to."""
    import json

    from trading_agent.cli.failures import say_failure
    from trading_agent.config.engine_parts import own_parts
    from trading_agent.config.kernels import REPLAY
    from trading_agent.domain.errors import TradingError
    from trading_agent.flash_trading import JOURNAL_NAME
    from trading_agent.research.replay import replay as replay_recording
    from trading_agent.runtime.clock import SystemClock
    from trading_agent.runtime.warm_up import warm_up

    if journal is None and data_dir is not None:
        journal = data_dir / JOURNAL_NAME
    try:
        warm_up(REPLAY, SystemClock(), _say)
        replayed = replay_recording(file, journal, own_parts)
    except TradingError as error:
        raise typer.Exit(say_failure(error)) from error
    for words in findings(replayed):
        _say(words)
    print(json.dumps(replay_document(replayed)) if json_output else verdict(replayed))
    raise typer.Exit(0 if replayed.verified or not verify else 1)


def replay_document(replayed: "Replayed") -> dict[str, Any]:
    """Counts as numbers, money as decimal strings."""
    from trading_agent.domain.decimal_text import plain_text

    ending, difference = replayed.ending, replayed.difference
    return {
        "inputs": replayed.inputs,
        "rows": replayed.rows,
        "facts": replayed.facts,
        "digest": replayed.digest,
        "recorded_digest": None if ending is None else ending.digest,
        "verified": replayed.verified,
        "rows_per_s": round(replayed.rows / replayed.seconds),
        "orders": replayed.desk.orders,
        "fills": replayed.desk.fills,
        "fees": plain_text(replayed.desk.fees),
        "equity": plain_text(replayed.desk.equity),
        "realised_profit": plain_text(replayed.desk.realised_profit),
        "unrealised_profit": plain_text(replayed.desk.unrealised_profit),
        "venue": replayed.manifest.venue,
        "source": replayed.manifest.source,
        "simulated": replayed.manifest.simulated,
        "version": replayed.manifest.version,
        "difference": None
        if difference is None
        else {
            "sequence": difference.sequence,
            "recorded": difference.recorded,
            "replayed": difference.replayed,
        },
    }


def verdict(replayed: "Replayed") -> str:
    """One line: whether it is the same run."""
    said = f"{replayed.facts} facts, digest {replayed.digest}"
    if replayed.manifest.simulated:
        said += ", SIMULATED MARKET"
    if replayed.verified is None:
        return f"not to be verified: {said}"
    return f"identical: {said}" if replayed.verified else f"different: {said}"


def findings(replayed: "Replayed") -> tuple[str, ...]:
    """What a person must know to read the verdict."""
    from trading_agent import __version__

    manifest, ending, difference = replayed.manifest, replayed.ending, replayed.difference
    words = []
    if manifest.version != __version__:
        words.append(f"recorded by version {manifest.version}, replayed by {__version__}")
    if replayed.why_broken:
        words.append(f"the recording was given up during the run: {replayed.why_broken}")
    elif ending is None:
        words.append(
            "the recording was cut off: the run did not end in order, or has not ended; "
            f"replayed up to input {replayed.inputs}"
        )
    if replayed.verified is False and ending is not None:
        words.append(
            f"recorded: {ending.inputs} inputs, {ending.rows} rows, {ending.facts} facts, "
            f"digest {ending.digest}"
        )
        words.append(f"replayed: {replayed.inputs} inputs, {replayed.rows} rows")
    if difference is not None:
        words.append(f"first difference at fact {difference.sequence}")
        words.append(f"  recorded: {difference.recorded or 'nothing'}")
        words.append(f"  replayed: {difference.replayed or 'nothing'}")
    return tuple(words)


def _say(words: str) -> None:
    typer.echo(words, err=True)
