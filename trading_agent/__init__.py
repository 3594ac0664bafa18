"""Flash Trading: a deterministic paper-trading engine for the MEXC spot market.

Importing this package decides where compiled code is kept, because numba reads that setting
only once, when it is imported itself, and does not notice that a kernel in another file has
changed: the folder's name is a digest of every kernel's source. Its place and time are in it too,
for numba finds nothing it kept for the same source elsewhere or at another time.
"""

import getpass
import hashlib
import os
import platform
import tempfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from platformdirs import user_cache_path

__version__: Final = "0.1.0"

_COMPILED_ROOMS: Final = ("domain", "market", "signals", "risk", "execution", "engine")
_COMPILED_FILES: Final = (
    "adapters/mexc/frame_kernel.py",
    "adapters/mexc/decoded_frame.py",
)


def _kernel_digest(package: Path) -> str:
    digest = hashlib.sha256(f"{platform.python_version()}|{platform.machine()}".encode())
    for library in ("numba", "llvmlite", "numpy"):
        try:
            digest.update(f"|{library} {version(library)}".encode())
        except PackageNotFoundError:
            continue
    files = [file for room in _COMPILED_ROOMS for file in sorted((package / room).rglob("*.py"))]
    for file in (*files, *(package / name for name in _COMPILED_FILES)):
        digest.update(f"|{file.resolve()} {file.stat().st_mtime_ns}|".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def _writable(folder: Path) -> bool:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def _keep_compiled_code() -> None:
    if "NUMBA_CACHE_DIR" in os.environ:
        return
    folder = user_cache_path("flash-trading") / "kernels" / _kernel_digest(Path(__file__).parent)
    if not _writable(folder):
        folder = Path(tempfile.gettempdir()) / f"flash-trading-{getpass.getuser()}" / folder.name
        if not _writable(folder):
            return  # numba then keeps its files beside the sources, or compiles every time
    os.environ["NUMBA_CACHE_DIR"] = str(folder)


_keep_compiled_code()
