import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from trading_agent.runtime.log import start_logging, stop_logging
from trading_agent.runtime.redaction import Redactor

CANARY = "canary-4f1d8a-secret"
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "logs" / "flash.log"
    root = logging.getLogger()
    level = root.level
    handler = start_logging(path, Redactor([CANARY]))
    yield path
    stop_logging(handler)
    root.setLevel(level)


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_record_is_one_line_of_json(log: Path) -> None:
    logging.getLogger("desk").info("order %s sent", 17, extra={"symbol": "BTCUSDC", "size": 3})
    (line,) = lines(log)
    assert line["event"] == "order 17 sent"
    assert (line["level"], line["logger"], line["symbol"], line["size"]) == (
        "info",
        "desk",
        "BTCUSDC",
        3,
    )
    assert line["ts"].endswith("+00:00")
    assert line["thread"] == "MainThread"


def test_no_secret_reaches_the_file_by_any_way(log: Path) -> None:
    logger = logging.getLogger("rim")
    half = len(CANARY) // 2
    logger.warning("url %s", f"https://x/{CANARY}")
    logger.warning("%s%s", CANARY[:half], CANARY[half:])
    logger.warning("extra", extra={"headers": {"x": [CANARY]}, CANARY: 1})
    try:
        raise ConnectionError(f"cannot reach {CANARY}")
    except ConnectionError:
        logger.exception("failed")
    assert len(lines(log)) == 4
    assert CANARY not in log.read_text()
    assert "ConnectionError" in lines(log)[3]["trace"]


def test_a_line_cannot_be_forged(log: Path) -> None:
    logging.getLogger("rim").info('hello\n{"event": "forged"}\x1b[2J')
    assert len(lines(log)) == 1
    assert "\x1b" not in log.read_text()


def test_only_the_owner_can_read_it(log: Path) -> None:
    logging.getLogger("desk").info("hello")
    assert log.stat().st_mode & 0o777 == 0o600
    assert log.parent.stat().st_mode & 0o777 == 0o700


def test_talkative_libraries_are_quiet(log: Path) -> None:
    for name in ("httpx", "urllib3.connectionpool", "uvicorn.access", "telegram.ext"):
        logging.getLogger(name).info("GET https://x/%s", CANARY)
    assert lines(log) == []
    logging.getLogger("httpx").warning("slow")
    assert len(lines(log)) == 1


def test_old_files_are_private_too_and_their_number_is_bounded(tmp_path: Path) -> None:
    path = tmp_path / "flash.log"
    handler = start_logging(path, Redactor([]), megabytes=1, files=2)
    try:
        for number in range(4_000):
            logging.getLogger("desk").warning("line %d %s", number, "x" * 1_000)
    finally:
        stop_logging(handler)
    found = sorted(tmp_path.iterdir())
    assert [file.name for file in found] == ["flash.log", "flash.log.1", "flash.log.2"]
    assert all(file.stat().st_mode & 0o777 == 0o600 for file in found)


def miscounted() -> logging.LogRecord:
    return logging.makeLogRecord({"msg": "%d orders", "args": (CANARY,), "levelname": "WARNING"})


def test_a_miscounted_record_is_written_as_far_as_it_goes(tmp_path: Path) -> None:
    path = tmp_path / "flash.log"
    handler = start_logging(path, Redactor([CANARY]))
    handler.handle(miscounted())
    stop_logging(handler)
    assert lines(path)[0]["event"] == "%d orders ('[redacted]',)"


def test_a_disk_that_refuses_the_log_prints_no_record(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    handler = start_logging(tmp_path / "flash.log", Redactor([]))
    stop_logging(handler)
    (tmp_path / "flash.log").unlink()
    (tmp_path / "flash.log").mkdir()
    handler.handle(miscounted())
    assert capsys.readouterr().err == ""


def test_what_kills_the_main_thread_is_told_without_secrets(tmp_path: Path) -> None:
    path = tmp_path / "flash.log"
    program = (
        "import sys; from pathlib import Path\n"
        "from trading_agent.runtime.log import start_logging\n"
        "from trading_agent.runtime.redaction import Redactor\n"
        "start_logging(Path(sys.argv[1]), Redactor([sys.argv[2]]))\n"
        "raise RuntimeError('no ' + sys.argv[2])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(path), CANARY],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "RuntimeError: no [redacted]" in done.stderr
    assert CANARY not in done.stderr
    assert CANARY not in path.read_text()
    assert lines(path)[0]["event"] == "died"
