"""The project's own files, and what can be read off one without running it."""

import ast
import subprocess
from collections.abc import Iterator
from pathlib import Path

PROJECT = Path(__file__).parents[2]
LIBRARIES = ("trading_agent", "llm_overseer")


def modules(*folders: str) -> list[Path]:
    """Every Python file below these folders of the project."""
    found = [path for folder in folders for path in (PROJECT / folder).rglob("*.py")]
    return sorted(path for path in found if "__pycache__" not in path.parts)


def name_of(path: Path) -> str:
    return path.relative_to(PROJECT).as_posix()


def tracked_files() -> list[Path]:
    """What is, or will be, under version control; in a plain copy, what is not hidden."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode == 0:
        paths = [PROJECT / name for name in listed.stdout.split("\0") if name]
    else:
        paths = [path for path in PROJECT.rglob("*") if not _hidden(path)]
    return [path for path in paths if path.is_file()]


def _hidden(path: Path) -> bool:
    parts = path.relative_to(PROJECT).parts
    return parts[0] == "var" or any(
        part.startswith(".") or part == "__pycache__" or part.endswith(".egg-info")
        for part in parts
    )


def imports(tree: ast.AST) -> Iterator[str]:
    """Full names of what is imported, as `package.name` for `from package import name`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def dotted(node: ast.AST) -> str:
    """`a.b.c` for such an expression, else an empty text."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        before = dotted(node.value)
        return f"{before}.{node.attr}" if before else node.attr
    return ""


def calls(tree: ast.AST) -> Iterator[str]:
    """Dotted names of everything that is called."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield dotted(node.func)
