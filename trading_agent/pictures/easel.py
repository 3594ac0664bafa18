"""The process that draws: wishes come in on standard input, pictures go out on standard output.

It ends by itself when its maker is gone, when nobody has wished for long, and when it has grown;
it is always safe to kill.
"""

import os
import resource
import select
import sys
from pathlib import Path
from typing import Final

from trading_agent.domain.errors import TradingError
from trading_agent.pictures.drawing import drawn
from trading_agent.pictures.wire import DRAWN, FAILED, HEAD, LARGEST, Answer, answered, read

_NICENESS: Final = 10
"""The desk goes first."""
_MEBIBYTE: Final = 1024 * 1024
_ROOM: Final = 4
"""No single picture may take so many times the memory at which we end anyway."""
_LONGEST_WORDS: Final = 200


def main(idle_seconds: float, most_mebibytes: int) -> None:
    os.nice(_NICENESS)
    most = most_mebibytes * _MEBIBYTE
    resource.setrlimit(resource.RLIMIT_DATA, (_ROOM * most, _ROOM * most))
    reading, writing = sys.stdin.fileno(), os.dup(sys.stdout.fileno())
    # Whatever a library prints must not be read as a picture.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    while select.select([reading], [], [], idle_seconds)[0]:
        head = _take(reading, HEAD.size)
        if head is None:
            return
        word, length = HEAD.unpack(head)
        body = _take(reading, length) if length <= LARGEST else None
        if body is None:
            return
        _give(writing, answered(_answer(word, body)))
        if _resident() > most:
            return


def _resident() -> int:
    """Bytes. Not `ru_maxrss`: there a process begins with what its maker once held."""
    pages = Path("/proc/self/statm").read_text("ascii").split()[1]
    return int(pages) * resource.getpagesize()


def _answer(word: int, body: bytes) -> Answer:
    try:
        return Answer(DRAWN, drawn(read(word, body)))
    except TradingError as error:
        return Answer(FAILED, str(error).encode()[:_LONGEST_WORDS])
    except Exception as error:  # noqa: BLE001 - whoever wished must hear why there is nothing
        return Answer(FAILED, f"{type(error).__name__}: {error}".encode()[:_LONGEST_WORDS])


def _take(pipe: int, size: int) -> bytes | None:
    """None: nobody is there any more."""
    found = bytearray()
    while len(found) < size:
        piece = os.read(pipe, size - len(found))
        if not piece:
            return None
        found += piece
    return bytes(found)


def _give(pipe: int, content: bytes) -> None:
    left = memoryview(content)
    while left:
        left = left[os.write(pipe, left) :]


if __name__ == "__main__":
    main(float(sys.argv[1]), int(sys.argv[2]))
