"""Files of a person's own: each file of a folder is executed, and the one class in it looked
over. What is faulty is refused with its line, and then nothing stays loaded."""

import ast
import importlib.machinery
import importlib.util
import inspect
import re
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any, Final

from msgspec import Struct

from trading_agent.domain.errors import ConfigError
from trading_agent.signals.indicators.indicator import Parameter

OWN_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,63}", re.ASCII)


class Faulty(Exception):
    """What is wrong in a file, and how to mend it."""

    def __init__(self, line: int, text: str) -> None:
        super().__init__(text)
        self.line = line


class Trade(Struct, frozen=True):
    """What a folder is for. `noun`: what one of its files holds; `setting` names the folder in the
    configuration; a class with one of the `pieces` is meant to be one; `advice`: what to write
    into a file that holds none."""

    noun: str
    setting: str
    pieces: tuple[str, ...]
    advice: str


class Draft(Struct, frozen=True):
    """A class that is meant to be what the folder is for. Nothing is known of it yet."""

    written: Any
    path: Path
    lines: "_Lines"

    @property
    def name(self) -> str:
        name: str = self.written.name
        return name

    def fault(self, piece: str, text: str) -> Faulty:
        name = self.written.__name__
        return Faulty(self.lines.of(name, piece), f"{name}{text}")


def load_folder(
    folder: Path, trade: Trade, look_over: Callable[[Draft, dict[str, Path]], Any]
) -> list[Any]:
    """What `look_over` makes of each *.py file, in the order of their names; it is given the places
    of the names that are taken, and raises Faulty. Files that begin with an underscore are left
    alone, and a folder that is not there holds none. Runs what is in them. ConfigError with a
    line for each faulty file, and then nothing stays loaded."""
    faults: list[str] = []
    loaded: list[str] = []
    found: list[Any] = []
    places: dict[str, Path] = {}
    for path in _files(folder, trade):
        module = f"own_{trade.noun}_{path.stem}"
        try:
            draft = _draft(_executed(path, module), _Lines(path), trade, path)
            found.append(look_over(draft, places))
        except Faulty as fault:
            sys.modules.pop(module, None)
            faults.append(f"{path}:{fault.line}: {fault}")
            continue
        loaded.append(module)
        places[draft.name] = path
    if faults:
        for name in loaded:
            sys.modules.pop(name, None)
        raise ConfigError("\n".join(faults))
    return found


def _files(folder: Path, trade: Trade) -> list[Path]:
    if not folder.exists():
        return []
    if not folder.is_dir():
        raise ConfigError(f"{folder} is no folder: {trade.setting} names one with *.py files")
    files = sorted(folder.glob("*.py"), key=lambda path: path.name)
    return [path for path in files if not path.name.startswith("_")]


class _Source(importlib.machinery.SourceFileLoader):
    """Reads the file itself, never what was compiled of it before, and leaves nothing beside
    it."""

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        code: CodeType = self.source_to_code(self.get_data(path), path)
        return code


def _executed(path: Path, name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path, loader=_Source(name, str(path)))
    if spec is None or spec.loader is None:
        raise Faulty(1, "cannot be loaded; it must be a file of Python")
    module = importlib.util.module_from_spec(spec)
    # Classes look up the module they stand in by its name while it is executed.
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    # Anything can be in a person's file, an exit among it: all of it is theirs to mend.
    except (Exception, SystemExit) as error:
        raise Faulty(*accident(error, path)) from error
    return module


def accident(error: BaseException, path: Path) -> tuple[int, str]:
    """The line of the file where it happened, and what."""
    if isinstance(error, SyntaxError) and error.filename == str(path):
        return error.lineno or 1, f"is not Python: {error.msg}; correct this line"
    if isinstance(error, OSError) and error.filename == str(path):
        return 1, f"cannot be read: {error.strerror}"
    frames = [
        each for each in traceback.extract_tb(error.__traceback__) if each.filename == str(path)
    ]
    line = frames[-1].lineno if frames else 1
    what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return line or 1, f"{' '.join(what.split())}; correct this line"


class _Lines:
    """Where the classes of a file and their pieces stand."""

    def __init__(self, path: Path) -> None:
        tree = ast.parse(path.read_bytes())
        self._classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}

    def of(self, name: str, piece: str = "") -> int:
        """Of a class, or of its piece where that is written there."""
        node = self._classes.get(name)
        if node is None:
            return 1
        lines = (each.lineno for each in node.body if piece in _names(each))
        return next(lines, node.lineno)


def _names(node: ast.stmt) -> Iterator[str]:
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            yield name
        case ast.AnnAssign(target=ast.Name(id=name)):
            yield name
        case ast.Assign(targets=targets):
            yield from (each.id for each in targets if isinstance(each, ast.Name))
        case _:
            return


def _draft(module: ModuleType, lines: _Lines, trade: Trade, path: Path) -> Draft:
    own = [
        each
        for each in vars(module).values()
        if inspect.isclass(each) and each.__module__ == module.__name__
    ]
    meant_so = [
        each
        for each in dict.fromkeys(own)
        if not each.__name__.startswith("_") and any(hasattr(each, piece) for piece in trade.pieces)
    ]
    if not meant_so:
        raise Faulty(1, f"holds no {trade.noun}: {trade.advice}")
    if len(meant_so) > 1:
        names = ", ".join(each.__name__ for each in meant_so)
        raise Faulty(
            lines.of(meant_so[1].__name__),
            f"holds {len(meant_so)} {_plural(trade.noun)} ({names}): one a file; move the others,"
            " or begin their names with an underscore",
        )
    return Draft(meant_so[0], path, lines)


def _plural(noun: str) -> str:
    return f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"


def check_name(draft: Draft, trade: Trade, standard: Iterable[str], taken: dict[str, Path]) -> None:
    """Faulty for a name that cannot be, or that another has."""
    name = getattr(draft.written, "name", None)
    if not isinstance(name, str) or OWN_NAME.fullmatch(name) is None:
        raise draft.fault(
            "name",
            ' needs a name of small letters, digits and underscores: name: ClassVar[str] = "…"',
        )
    if name in standard:
        raise draft.fault("name", f".name {name} is that of a standard {trade.noun}: take another")
    if name in taken:
        raise draft.fault("name", f".name {name} is that of {taken[name]} too: take another")


def check_parameters(draft: Draft) -> None:
    """Faulty for what is no tuple of different parameters, each with a default in its range."""
    parameters = getattr(draft.written, "parameters", None)
    if not isinstance(parameters, tuple) or not all(isinstance(it, Parameter) for it in parameters):
        raise draft.fault(
            "parameters",
            " needs a tuple of Parameter: parameters: ClassVar[tuple[Parameter, ...]] = (), if"
            " it has none",
        )
    names = [each.name for each in parameters]
    if twice := [name for place, name in enumerate(names) if name in names[:place]]:
        raise draft.fault("parameters", f".parameters holds {twice[0]} twice: keep one of them")
    for each in parameters:
        try:
            each.read(each.default)
        except (ConfigError, TypeError, ValueError) as error:
            raise draft.fault(
                "parameters", f": a default is outside its own range: {error}"
            ) from error


def check_shapes(draft: Draft, trade: Trade, shapes: Iterable[tuple[str, int, str]]) -> None:
    """`shapes`: a method, how many arguments it takes, self among them, and how it is written.
    Faulty for a piece that is missing or cannot be called so."""
    for piece in trade.pieces:
        if not hasattr(draft.written, piece):
            protocol = trade.noun.capitalize()
            raise draft.fault("", f" has no {piece}: write it, as {protocol} states it")
    for piece, count, shape in shapes:
        method = getattr(draft.written, piece)
        plain = inspect.isfunction(method) and not (
            inspect.iscoroutinefunction(method) or inspect.isgeneratorfunction(method)
        )
        if not plain or not _takes(method, count):
            raise draft.fault(piece, f".{piece} must be: def {piece}{shape}")


def _takes(method: Any, count: int) -> bool:
    try:
        inspect.signature(method).bind(*range(count))
    except TypeError:
        return False
    return True
