import os
import select
import signal
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.architecture.sources import PROJECT
from tests.picture_data import a_book, a_chart, a_flat_chart, a_report, an_equity
from trading_agent.domain.errors import CommandError
from trading_agent.pictures.gallery import Gallery
from trading_agent.pictures.settings import PictureSettings
from trading_agent.pictures.studio import Studio, _environment
from trading_agent.pictures.wire import asked, read
from trading_agent.runtime.picture_ports import (
    EquityData,
    PictureData,
    PictureKind,
    PictureWish,
)

ALL = (a_chart(), a_flat_chart(), an_equity(), a_book(), a_report())
LONG = 60.0
"""Seconds: the first picture ever finds out about fonts."""


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fonts")


@pytest.fixture
def studio(cache: Path) -> Iterator[Studio]:
    made = Studio(PictureSettings(), cache)
    yield made
    made.close()


def width_and_height(picture: bytes) -> tuple[int, int]:
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", picture[16:24])
    return width, height


def process_of(studio: Studio) -> int:
    assert studio._easel is not None
    return studio._easel.pid


@pytest.mark.parametrize("data", ALL, ids=lambda data: type(data).__name__)
def test_everything_that_is_asked_arrives_unchanged(data: PictureData) -> None:
    word, body = asked(data)[0], asked(data)[5:]
    assert read(word, body) == data


@pytest.mark.slow
def test_every_kind_of_picture_is_drawn_as_wide_as_a_phone_needs(studio: Studio) -> None:
    for data in ALL:
        width, height = width_and_height(studio.draw(data, LONG))
        assert width == 1_080
        assert 800 < height < 2_000


@pytest.mark.slow
def test_the_same_is_drawn_the_same(studio: Studio) -> None:
    assert studio.draw(a_chart(), LONG) == studio.draw(a_chart(), LONG)


@pytest.mark.slow
def test_what_cannot_be_shown_is_said_and_the_process_goes_on(studio: Studio) -> None:
    with pytest.raises(CommandError, match="no candles of BTCUSDC 1m"):
        studio.draw(replace(a_chart(), candles=()), LONG)
    before = process_of(studio)
    with pytest.raises(CommandError, match="not ready"):
        studio.draw(replace(a_book(), bids=()), LONG)
    assert process_of(studio) == before


@pytest.mark.slow
def test_a_process_that_was_killed_is_replaced(studio: Studio) -> None:
    picture = studio.draw(an_equity(), LONG)
    first = process_of(studio)
    os.kill(first, signal.SIGKILL)
    assert studio.draw(an_equity(), LONG) == picture
    assert process_of(studio) != first


@pytest.mark.slow
def test_a_process_that_hangs_is_given_up_and_replaced(studio: Studio) -> None:
    studio.draw(an_equity(), LONG)
    first = process_of(studio)
    os.kill(first, signal.SIGSTOP)
    with pytest.raises(CommandError, match="too long"):
        studio.draw(an_equity(), 0.3)
    assert studio.draw(an_equity(), LONG)
    assert process_of(studio) != first
    assert not Path(f"/proc/{first}").exists()


@pytest.mark.slow
def test_a_process_that_has_grown_gives_way(cache: Path) -> None:
    studio = Studio(PictureSettings(most_mebibytes=64), cache)
    studio.draw(an_equity(), LONG)
    first = studio._easel
    assert first is not None
    assert first.wait(LONG) == 0
    assert studio.draw(an_equity(), LONG)
    studio.close()


@pytest.mark.slow
def test_the_size_of_who_made_it_is_not_its_own(cache: Path) -> None:
    ballast = b"x" * (300 * 1024 * 1024)
    studio = Studio(PictureSettings(most_mebibytes=256), cache)
    studio.draw(an_equity(), LONG)
    first = process_of(studio)
    studio.draw(an_equity(), LONG)
    assert process_of(studio) == first
    studio.close()
    assert len(ballast) > 256 * 1024 * 1024


@pytest.mark.slow
def test_a_process_nobody_needs_ends(cache: Path) -> None:
    studio = Studio(PictureSettings(idle_seconds=1.0), cache)
    studio.draw(an_equity(), LONG)
    first = studio._easel
    assert first is not None
    assert first.wait(LONG) == 0
    studio.close()


@pytest.mark.slow
def test_it_does_not_outlive_who_made_it(cache: Path) -> None:
    code = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from tests.picture_data import an_equity\n"
        "from trading_agent.pictures.settings import PictureSettings\n"
        "from trading_agent.pictures.studio import Studio\n"
        "studio = Studio(PictureSettings(), Path(sys.argv[1]))\n"
        "studio.draw(an_equity(), 60.0)\n"
        "assert 'matplotlib' not in sys.modules, 'the desk has loaded it'\n"
        "assert 'numpy' not in sys.modules\n"
        "print(studio._easel.pid, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code, str(cache)],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    assert ended_within(int(ended.stdout), 20_000)


def ended_within(process: int, milliseconds: int) -> bool:
    try:
        watched = os.pidfd_open(process)
    except ProcessLookupError:
        return True
    try:
        poll = select.poll()
        poll.register(watched, select.POLLIN)
        return bool(poll.poll(milliseconds))
    finally:
        os.close(watched)


def test_no_secret_of_ours_reaches_it(tmp_path: Path) -> None:
    ours = {"PATH": "/bin", "TELEGRAM_BOT_TOKEN": "1:hush", "OPENROUTER_API_KEY": "sk-hush"}
    passed = _environment(ours, tmp_path)
    assert passed["PATH"] == "/bin"
    assert not [value for value in passed.values() if "hush" in value]


class OneSource:
    """Always the same; counts how often it was asked."""

    def __init__(self, data: EquityData) -> None:
        self.data = data
        self.asked = 0

    def gather(self, wish: PictureWish) -> PictureData:
        self.asked += 1
        if wish.kind is not PictureKind.EQUITY:
            raise CommandError("only equity here")
        return self.data


@pytest.mark.slow
def test_a_picture_of_the_past_is_drawn_once_and_of_the_present_each_time(studio: Studio) -> None:
    source = OneSource(an_equity())
    gallery = Gallery(source, studio, PictureSettings(kept=1))
    past = PictureWish(kind=PictureKind.EQUITY, until=an_equity().points[-1].at)
    now = PictureWish(kind=PictureKind.EQUITY)
    assert gallery.draw(past) == gallery.draw(past) == gallery.draw(now)
    assert source.asked == 2
    gallery.draw(now)
    assert source.asked == 3
    with pytest.raises(CommandError, match="only equity"):
        gallery.draw(PictureWish(kind=PictureKind.BOOK, symbol="BTCUSDC"))
