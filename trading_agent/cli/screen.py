"""Where a person follows a run: a live board on a terminal, lines of a log elsewhere."""

from types import TracebackType
from typing import Final

from rich.console import Console
from rich.live import Live

from trading_agent.cli.board import line, render
from trading_agent.run_terms import RunStatus

_LINE_SECONDS: Final = 1.0


class Screen:
    """The board goes to stdout, everything else to stderr. While the board is up it shows the
    run's notes itself: two writers would tear it."""

    def __init__(self, *, board: bool) -> None:
        self._console = Console(stderr=True, highlight=False)
        self._board = Live(console=Console(), auto_refresh=False) if board else None
        self._said_at = 0.0

    def __enter__(self) -> "Screen":
        if self._board is not None:
            self._board.start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        if self._board is not None:
            self._board.stop()

    def say(self, words: str) -> None:
        """At once; on a board's screen only before it is up and after it is down."""
        if self._board is None or not self._board.is_started:
            self._console.print(words, markup=False, soft_wrap=True)

    def show(self, status: RunStatus, elapsed_seconds: float, *, last: bool = False) -> None:
        """The run as it is; without a board at most one line a second."""
        if self._board is not None:
            self._board.update(render(status, elapsed_seconds), refresh=True)
        elif last or elapsed_seconds - self._said_at >= _LINE_SECONDS:
            self._said_at = elapsed_seconds
            self.say(line(status, elapsed_seconds))
