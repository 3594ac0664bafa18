"""A person's own strategies: each file of a folder is loaded, looked over, and made once."""

import ast
import importlib.machinery
import importlib.util
import inspect
import re
import sys
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any, Final

from trading_agent.config.wording import meant
from trading_agent.domain.errors import ConfigError
from trading_agent.market.candles import TIMEFRAME_NAMES
from trading_agent.signals.indicators.catalogue import STANDARD as INDICATORS
from trading_agent.signals.indicators.indicator import Parameter
from trading_agent.strategies.standard import STANDARD, read_values
from trading_agent.strategies.strategy import Need, Requirements, Strategy

STRATEGY_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,63}", re.ASCII)
_MODULE: Final = "own_strategy_"
_PIECES: Final = ("requires", "propose")
"""A class with one of these is meant to be a strategy."""
_SHAPES: Final = (("__init__", 2, "(self, values)"), ("propose", 2, "(self, view)"))


def load_own_strategies(folder: Path) -> dict[str, type[Strategy]]:
    """Strategies by name, from the *.py files in the order of their names; those that begin with
    an underscore are left alone, and a folder that is not there holds none. Runs what is in
    them. ConfigError with a line for each faulty file, and then nothing stays loaded."""
    faults: list[str] = []
    loaded: list[str] = []
    found: dict[str, type[Strategy]] = {}
    places: dict[str, Path] = {}
    for path in _files(folder):
        try:
            strategy = _load(path, places)
        except _Faulty as fault:
            faults.append(f"{path}:{fault.line}: {fault}")
            continue
        loaded.append(_MODULE + path.stem)
        found[strategy.name] = strategy
        places[strategy.name] = path
    if faults:
        for name in loaded:
            sys.modules.pop(name, None)
        raise ConfigError("\n".join(faults))
    return found


class _Faulty(Exception):
    """What is wrong in a file, and how to mend it."""

    def __init__(self, line: int, text: str) -> None:
        super().__init__(text)
        self.line = line


def _files(folder: Path) -> list[Path]:
    if not folder.exists():
        return []
    if not folder.is_dir():
        raise ConfigError(f"{folder} is no folder: strategies.folder names one with *.py files")
    files = sorted(folder.glob("*.py"), key=lambda path: path.name)
    return [path for path in files if not path.name.startswith("_")]


def _load(path: Path, taken: dict[str, Path]) -> type[Strategy]:
    """Nothing of it stays in `sys.modules` when it is faulty."""
    module = _executed(path)
    try:
        draft = _draft(module, _Lines(path))
        _check_name(draft, taken)
        _check_parameters(draft)
        _check_shapes(draft)
        _check_made(draft)
    except _Faulty:
        sys.modules.pop(module.__name__, None)
        raise
    strategy: type[Strategy] = draft.strategy
    return strategy


class _Source(importlib.machinery.SourceFileLoader):
    """Reads the file itself, never what was compiled of it before, and leaves nothing beside
    it."""

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        code: CodeType = self.source_to_code(self.get_data(path), path)
        return code


def _executed(path: Path) -> ModuleType:
    name = _MODULE + path.stem
    spec = importlib.util.spec_from_file_location(name, path, loader=_Source(name, str(path)))
    if spec is None or spec.loader is None:
        raise _Faulty(1, "cannot be loaded; it must be a file of Python")
    module = importlib.util.module_from_spec(spec)
    # Classes look up the module they stand in by its name while it is executed.
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    # Anything can be in a person's file, an exit among it: all of it is theirs to mend.
    except (Exception, SystemExit) as error:
        sys.modules.pop(name, None)
        raise _Faulty(*_accident(error, path)) from error
    return module


def _accident(error: BaseException, path: Path) -> tuple[int, str]:
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


@dataclass(frozen=True, slots=True)
class _Draft:
    """A class that is meant to be a strategy. Nothing is known of it yet."""

    strategy: Any
    lines: _Lines

    def fault(self, piece: str, text: str) -> _Faulty:
        name = self.strategy.__name__
        return _Faulty(self.lines.of(name, piece), f"{name}{text}")


def _draft(module: ModuleType, lines: _Lines) -> _Draft:
    own = [
        each
        for each in vars(module).values()
        if inspect.isclass(each) and each.__module__ == module.__name__
    ]
    meant_so = [
        each
        for each in dict.fromkeys(own)
        if not each.__name__.startswith("_") and any(hasattr(each, piece) for piece in _PIECES)
    ]
    if not meant_so:
        raise _Faulty(
            1,
            "holds no strategy: write one class with name, parameters, requires and propose;"
            " flash-trading new-strategy NAME writes one to begin with",
        )
    if len(meant_so) > 1:
        names = ", ".join(each.__name__ for each in meant_so)
        raise _Faulty(
            lines.of(meant_so[1].__name__),
            f"holds {len(meant_so)} strategies ({names}): one a file; move the others, or begin"
            " their names with an underscore",
        )
    return _Draft(meant_so[0], lines)


def _check_name(draft: _Draft, taken: dict[str, Path]) -> None:
    name = getattr(draft.strategy, "name", None)
    if not isinstance(name, str) or STRATEGY_NAME.fullmatch(name) is None:
        raise draft.fault(
            "name",
            ' needs a name of small letters, digits and underscores: name: ClassVar[str] = "…"',
        )
    if name in STANDARD:
        raise draft.fault("name", f".name {name} is that of a standard strategy: take another")
    if name in taken:
        raise draft.fault("name", f".name {name} is that of {taken[name]} too: take another")


def _check_parameters(draft: _Draft) -> None:
    parameters = getattr(draft.strategy, "parameters", None)
    if not isinstance(parameters, tuple) or not all(isinstance(it, Parameter) for it in parameters):
        raise draft.fault(
            "parameters",
            " needs a tuple of Parameter: parameters: ClassVar[tuple[Parameter, ...]] = (), if"
            " it has none",
        )
    names = [each.name for each in parameters]
    if twice := [name for place, name in enumerate(names) if name in names[:place]]:
        raise draft.fault("parameters", f".parameters holds {twice[0]} twice: keep one of them")
    try:
        read_values(draft.strategy, {})
    except (ConfigError, TypeError, ValueError) as error:
        raise draft.fault("parameters", f": a default is outside its own range: {error}") from error


def _check_shapes(draft: _Draft) -> None:
    for piece in _PIECES:
        if not hasattr(draft.strategy, piece):
            raise draft.fault("", f" has no {piece}: write it, as Strategy states it")
    for piece, count, shape in _SHAPES:
        method = getattr(draft.strategy, piece)
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


def _check_made(draft: _Draft) -> None:
    """Made with its defaults, and asked for what it requires."""
    path = inspect.getfile(draft.strategy)
    try:
        required = draft.strategy(read_values(draft.strategy, {})).requires
    # Anything can happen in a person's code: all of it is theirs to mend.
    except (Exception, SystemExit) as error:
        line, text = _accident(error, Path(path))
        raise _Faulty(line, f"{text}, so that it can be made with its defaults") from error
    if not isinstance(required, Requirements):
        raise draft.fault("requires", ".requires must be a property that returns Requirements")
    for problem in chain(_ill_formed(required), _unmet(required)):
        raise draft.fault("requires", f".requires {problem}")


def _ill_formed(required: Any) -> Iterator[str]:
    """Types are only hints to a person's code."""
    if not isinstance(required.leaders, tuple):
        yield 'names leaders otherwise than in a tuple: write leaders=("BTCUSDC",)'
    if not isinstance(required.needs, tuple) or not all(
        isinstance(need, Need) for need in required.needs
    ):
        yield "names needs otherwise than in a tuple of Need: write needs=(Need(…),)"
    try:
        hash(required)
    except TypeError:
        yield 'holds what can change: write values=(("period", 20),), with tuples alone'


def _unmet(required: Requirements) -> Iterator[str]:
    if not required.signals and not required.timeframe:
        yield (
            'never has it asked: name a timeframe, as in Requirements(timeframe="1m"), or say'
            " signals=True"
        )
    timeframes = chain([required.timeframe or "1m"], (need.timeframe for need in required.needs))
    there_are = f"there are {', '.join(TIMEFRAME_NAMES)}"
    for timeframe in timeframes:
        if timeframe not in TIMEFRAME_NAMES:
            yield f"names a timeframe {timeframe!r}, which there is not: {there_are}"
    for need in required.needs:
        yield from _unmet_need(need)


def _unmet_need(need: Need) -> Iterator[str]:
    indicator = INDICATORS.get(need.indicator)
    if indicator is None:
        near = meant(str(need.indicator), INDICATORS)
        instead = f"did you mean {near}?" if near else f"there are {', '.join(INDICATORS)}"
        yield f"needs an indicator {need.indicator!r}, which there is not: {instead}"
        return
    try:
        indicator.read(dict(need.values))
    except (ConfigError, TypeError, ValueError) as error:
        yield f"needs an indicator as it cannot be: {error}"
