"""What a desk without a provider does without."""

import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[4]
SCRIPT = """
import sys, tempfile
from pathlib import Path
from tests.oversight_desk import Scene, settings
folder = Path(tempfile.mkdtemp())
Scene(folder, settings())
heavy = ("openai", "httpx", "httpx2", "pandas", "matplotlib")
print([name for name in heavy if name in sys.modules])
"""


def test_rules_load_no_client_of_a_provider() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
