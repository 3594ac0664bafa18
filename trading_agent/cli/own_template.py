"""Writing a file of a person's own to begin with: never over one that is there."""

import keyword
from collections.abc import Container
from pathlib import Path


def write_own(name: str, folder: Path, text: str) -> Path:
    """The new file. Raises CommandError where one is there or it cannot be written."""
    from trading_agent.domain.errors import CommandError

    path = folder / f"{name}.py"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise CommandError(f"{error.filename} is there already: take another name") from error
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror}") from error
    return path


def check_own_name(name: str, what: str, example: str, standard: Container[str]) -> None:
    """`what`: with its article. Raises CommandError for a name that cannot be."""
    from trading_agent.config.own_files import OWN_NAME
    from trading_agent.domain.errors import CommandError

    if OWN_NAME.fullmatch(name) is None or keyword.iskeyword(name):
        raise CommandError(
            f"{name!r} is no name for {what}: small letters, digits and underscores, a letter"
            f" first, such as {example}"
        )
    if name in standard:
        noun = what.split()[-1]
        raise CommandError(f"{name} is a standard {noun}: take another name")


def class_name(name: str, ending: str) -> str:
    return "".join(part.capitalize() for part in name.split("_")) + ending


def usual_folder(name: str) -> Path:
    """Beside the configuration file."""
    from trading_agent.config.files import find_file

    beside = find_file(Path())
    return (beside.parent if beside.exists() else Path()) / name


def as_configured(folder: Path, usual: str) -> str:
    """Relative where the folder is the usual one."""
    return usual if folder.resolve() == usual_folder(usual).resolve() else str(folder.resolve())
