"""`flash-trading unpair`: the phone that paired is nobody any more."""

from pathlib import Path
from typing import Annotated

import typer


def unpair(
    data_dir: Annotated[Path | None, typer.Option(help="Directory of the desk.")] = None,
    config: Annotated[
        Path | None, typer.Option(help="Configuration file that names the data directory.")
    ] = None,
) -> None:
    """Forget the owner who paired by a code, as for a phone that was lost.

    Holds from the next start on, which prints a new code; a desk that runs must be started anew.
    Owners that the configuration names stay.
    """
    from trading_agent.cli.desks import one_desk
    from trading_agent.cli.failures import say_failure
    from trading_agent.domain.errors import CommandError, TradingError
    from trading_agent.interfaces.telegram.people import PAIRED_OWNER
    from trading_agent.notifications.store import NOTICES_NAME, NoticeStore
    from trading_agent.runtime.clock import SystemClock

    try:
        path = one_desk(data_dir, config) / NOTICES_NAME
        if not path.exists():
            raise CommandError(f"nobody has paired with the desk in {path.parent}")
        store = NoticeStore(path, SystemClock())
        store.open()
        try:
            owner = store.state(PAIRED_OWNER)
            store.put_state(PAIRED_OWNER, None)
        finally:
            store.close()
        if owner is None:
            raise CommandError(f"nobody has paired with the desk in {path.parent}")
    except TradingError as error:
        raise typer.Exit(say_failure(error)) from error
    print(f"{owner} is not the owner any more, from the next start of the desk on")
