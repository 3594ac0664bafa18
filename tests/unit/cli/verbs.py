"""Runs one verb of the command line as a person would, within this process."""

from collections.abc import Callable
from typing import Any

import typer
from typer.testing import CliRunner, Result


def call(verb: Callable[..., Any], *arguments: str, given: bytes | None = None) -> Result:
    """`given`: what is on stdin."""
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(verb)
    result = CliRunner().invoke(app, list(arguments), input=given)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result
