"""A certificate for this machine, made on the spot: nobody vouches for it but the test."""

import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

_COMMAND = (
    "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 "
    "-addext subjectAltName=IP:127.0.0.1 -keyout key.pem -out cert.pem"
)


@dataclass(frozen=True)
class Certificate:
    """`server` presents it; `client` and whoever reads `file` believe it."""

    server: ssl.SSLContext
    client: ssl.SSLContext
    file: str


def make(folder: Path) -> Certificate:
    """Skips the test, visibly, where there is no openssl."""
    try:
        subprocess.run(_COMMAND.split(), cwd=folder, capture_output=True, check=True)
    except (FileNotFoundError, subprocess.CalledProcessError):
        pytest.skip("no openssl here to make a certificate with")
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    file = str(folder / "cert.pem")
    return Certificate(server, ssl.create_default_context(cafile=file), file)
