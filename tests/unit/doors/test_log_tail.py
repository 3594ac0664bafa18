"""The last lines of a log that the run itself writes."""

import logging
from pathlib import Path

import pytest

from trading_agent.domain.errors import StorageError
from trading_agent.doors.log_tail import LogTail
from trading_agent.runtime.log import start_logging, stop_logging
from trading_agent.runtime.redaction import Redactor


def test_the_newest_lines_are_read_redacted_and_without_facts(tmp_path: Path) -> None:
    path = tmp_path / "run.log"
    handler = start_logging(path, Redactor(["hunter2-hunter2"]))
    log = logging.getLogger("trading_agent.somewhere")
    try:
        log.warning("first")
        log.info("OrderSent", extra={"sequence": 1, "fact": {"order": 1}})
        log.error("the key is hunter2-hunter2")
        log.warning("last <b>\nline")
    finally:
        stop_logging(handler)
    first, second, third = LogTail(path).tail(10)
    assert (first.words, first.level) == ("first", "warning")
    assert "hunter2" not in second.words and second.words.startswith("the key is")
    assert third.words == "last <b>\nline"
    assert third.logger == "trading_agent.somewhere"
    assert first.at <= second.at <= third.at
    assert [line.words for line in LogTail(path).tail(1)] == ["last <b>\nline"]
    assert LogTail(path).tail(0) == ()


def test_a_line_cut_in_two_and_garbage_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "run.log"
    good = '{"ts":"2026-01-02T03:04:05.000006+00:00","level":"info","logger":"a","event":"b"}'
    path.write_bytes(b'half": 1}\n' + good.encode() + b"\n\xff\xfe\n[1]\n" + good[:30].encode())
    (line,) = LogTail(path).tail(5)
    assert (line.words, line.at % 1_000_000_000) == ("b", 6_000)


def test_a_log_that_is_not_there_is_a_storage_error(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="log"):
        LogTail(tmp_path / "none.log").tail(3)
