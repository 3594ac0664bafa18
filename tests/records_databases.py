"""Databases for tests of the records: a SQLite file, and Debian's PostgreSQL where it is
installed, started once a process on a socket and on loopback, and ended with it."""

import atexit
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Mapping
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import select

from trading_agent.adapters.records import tables
from trading_agent.adapters.records.address import RecordsAddress, find_address
from trading_agent.adapters.records.database import Database, open_database

KINDS: Final = ("sqlite", "postgresql")
PASSWORD: Final = "horse/battery@staple"
TIMEOUT: Final = 5.0
_USER: Final = "flash"
_numbers = count(1)


class Server:
    """A cluster of its own; local connections are trusted, those over loopback need the
    password."""

    def __init__(self, programs: Path) -> None:
        self._programs = programs
        self._owner = _unprivileged()
        self.directory = Path(tempfile.mkdtemp(prefix="records-"))
        self.port = _free_port()
        self._process: subprocess.Popen[str] | None = None
        if self._owner:
            os.chown(self.directory, self._owner["user"], self._owner["group"])

    def create(self) -> None:
        file = self.directory / "password"
        file.write_text(PASSWORD)
        file.chmod(0o644)
        command = [self._programs / "initdb", "-D", self.directory / "data", "-U", _USER]
        options = ["--auth-local=trust", "--auth-host=scram-sha-256", f"--pwfile={file}"]
        subprocess.run(
            [*command, *options, "--no-sync", "--locale=C", "--encoding=UTF8"],
            cwd=self.directory,
            check=True,
            capture_output=True,
            **self._owner,
        )

    def start(self) -> None:
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": str(self.directory),
            "fsync": "off",
            "log_min_messages": "log",
            "log_checkpoints": "off",
            "max_connections": "20",
            "shared_buffers": "16MB",
        }
        data = ["-D", self.directory / "data"]
        options = [part for item in settings.items() for part in ("-c", "=".join(item))]
        self._process = subprocess.Popen(
            # It must not outlive tests that are killed.
            ["setpriv", "--pdeathsig", "QUIT", self._programs / "postgres", *data, *options],
            cwd=self.directory,
            stderr=subprocess.PIPE,
            text=True,
            **self._owner,
        )
        assert self._process.stderr is not None
        said = []
        for line in self._process.stderr:
            said.append(line)
            if "ready to accept connections" in line:
                return
        raise AssertionError(f"PostgreSQL did not start: {said}")

    def stop(self) -> None:
        """At once, as when it dies; nothing it has committed is lost."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.communicate(timeout=30)
            self._process = None

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    def url(self, database: str) -> str:
        return f"postgresql://{_USER}@/{database}?host={self.directory}&port={self.port}"

    def loopback_url(self, database: str, password: str = PASSWORD) -> str:
        from urllib.parse import quote

        return f"postgresql://{_USER}:{quote(password, safe='')}@127.0.0.1:{self.port}/{database}"

    def new_database(self) -> str:
        import psycopg

        name = f"records_{next(_numbers)}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")  # type: ignore[call-overload]
        return name


@cache
def shared_server() -> Server:
    server = _created()
    server.start()
    return server


def own_server() -> Server:
    """One that a test may stop; not started yet."""
    return _created()


def _created() -> Server:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        pytest.skip("PostgreSQL is not installed here: apt-get install postgresql")
    pytest.importorskip("psycopg", reason="PostgreSQL's driver is not installed")
    server = Server(found[-1].parent)
    atexit.register(server.remove)
    server.create()
    return server


def address_of(kind: str, directory: Path) -> RecordsAddress:
    """A new, empty database of the kind; skips visibly where there is none to be had."""
    if kind == "sqlite":
        return find_address("", None, directory)
    server = shared_server()
    return find_address(server.url(server.new_database()), None, directory)


def opened(address: RecordsAddress) -> Database:
    return open_database(address, TIMEOUT)


def everything(address: RecordsAddress) -> Mapping[str, list[dict[str, Any]]]:
    """Every row of every table, in the order of the keys."""
    database = opened(address)
    try:
        with database.transaction() as connection:
            return {
                name: [
                    dict(row)
                    for row in connection.execute(
                        select(table).order_by(*table.primary_key.columns)
                    ).mappings()
                ]
                for name, table in tables.metadata.tables.items()
            }
    finally:
        database.close()


def _unprivileged() -> dict[str, Any]:
    """PostgreSQL refuses to run as root."""
    if os.getuid() != 0:
        return {}
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    user = names.get("postgres") or names["nobody"]
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])
