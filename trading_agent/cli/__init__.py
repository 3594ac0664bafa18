"""Verbs of the command line: they print, and answer with exit codes."""

import time
from typing import Final

BEGAN: Final = time.monotonic()
"""Seconds on the monotonic clock: a start is measured from here, before anything heavy is
imported."""
