"""Files that the bot reads and keeps: runbooks, texts, generated secrets, the outside anchor."""

import os
from collections.abc import Mapping
from importlib import resources
from pathlib import Path

import bot
from bot.adapters.files.anchor import FileAnchor
from bot.errors import Fault, OperatorMistake, Refused

__all__ = [
    "FileAnchor",
    "data_folder",
    "journal_key",
    "kept_secret",
    "read_cases",
    "read_catalogue",
    "read_note",
    "read_texts",
    "team_files",
    "write_note",
]

_SHIPPED_TEXTS = Path(bot.__file__).resolve().parents[1] / "templates"
"""A folder of texts alone, beside the packages in a checkout and in an installed wheel."""

_LARGEST = 256 * 1024
"""Bytes of a runbook or text; the language caps documents lower still."""


def read_catalogue(folder: Path | None) -> Mapping[str, str]:
    """Return runbook texts by name: those that ship, and the team's, which win.

    A file's name without its suffix is the runbook's name. Faults are for `lint` to find.
    """
    shipped = resources.files("runbooks") / "catalog"
    texts = {
        entry.name.removesuffix(".yaml"): entry.read_text("utf-8")
        for entry in shipped.iterdir()
        if entry.name.endswith(".yaml")
    }
    if folder is not None:
        texts |= {p.stem: _read(p) for p in sorted(folder.glob("*.yaml"))}
    return texts


def read_cases(runbook: str, file: Path, cases: Path | None) -> tuple[str, str]:
    """Return file and text of a runbook's recorded cases.

    They stand in `cases`, or beside the runbook's `file` (`x.tests.yaml`, `tests/x.yaml`), or among
    those that ship. Raises OperatorMistake where there are none.
    """
    if cases is not None:
        return str(cases), _read(cases)
    beside = (file.with_suffix(".tests.yaml"), file.parent / "tests" / file.name)
    for path in beside:
        if path.is_file():
            return str(path), _read(path)
    shipped = resources.files("runbooks") / "catalog" / "tests" / f"{runbook}.yaml"
    if file.exists() or not shipped.is_file():
        hint = "write them there, or name their file with --cases"
        raise OperatorMistake(
            [Fault(file=str(beside[0]), message="there are no recorded cases", hint=hint)]
        )
    return shipped.name, shipped.read_text("utf-8")


def team_files(folder: Path | None) -> Mapping[str, str]:
    """Return where each runbook of the team comes from, by its name."""
    return {} if folder is None else {p.stem: str(p) for p in sorted(folder.glob("*.yaml"))}


def read_texts(folder: Path | None) -> Mapping[str, str]:
    """Return template sources by file name: those that ship, and the team's, which win."""
    texts = {p.name: p.read_text("utf-8") for p in sorted(_SHIPPED_TEXTS.glob("*.j2"))}
    if folder is not None:
        texts |= {p.name: _read(p) for p in sorted(folder.glob("*.j2"))}
    return texts


def data_folder(path: Path) -> Path:
    """Make the data folder, for its owner alone; raises OperatorMistake where it cannot be used."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.chmod(0o700)
    except OSError as error:
        message = f"the data folder cannot be used: {error.strerror}"
        hint = "let Firewarden's user write there, or set FIREWARDEN_DATA"
        raise OperatorMistake([Fault(file=str(path), message=message, hint=hint)]) from error
    return path.resolve()


def kept_secret(path: Path, fresh: str) -> str:
    """Return the secret in `path`, written once as `fresh` with mode 0600.

    Two processes that start at once agree: the file is made whole and linked into place.
    """
    if not path.exists():
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(fresh)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass  # the other process was first, and its secret is the one that holds
        finally:
            draft.unlink()
    if path.stat().st_mode & 0o077:
        message = "others may read this secret"
        hint = f"chmod 600 {path}"
        raise OperatorMistake([Fault(file=str(path), message=message, hint=hint)])
    return path.read_text("utf-8").strip()


def journal_key(folder: Path) -> bytes:
    """Return the key of the journal in a data folder; OperatorMistake where there is none."""
    path = folder / "journal.key"
    try:
        return bytes.fromhex(path.read_text("utf-8").strip())
    except (OSError, ValueError) as error:
        message = f"the journal's key cannot be read: {error}"
        hint = "it was made beside the journal at the first start"
        raise OperatorMistake([Fault(file=str(path), message=message, hint=hint)]) from error


def write_note(path: Path, text: str) -> None:
    """Leave a line for other commands of this machine, as a whole or not at all."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(f"{text}\n", "utf-8")
    draft.replace(path)


def read_note(path: Path) -> str:
    """Return what was left, "" where nothing was."""
    return path.read_text("utf-8").strip() if path.exists() else ""


def _read(path: Path) -> str:
    try:
        if path.stat().st_size > _LARGEST:
            raise Refused(f"{path} is larger than {_LARGEST // 1024} KiB")
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        hint = "name a file in UTF-8 that Firewarden's user may read"
        raise OperatorMistake(
            [Fault(file=str(path), message=f"cannot be read: {error}", hint=hint)]
        ) from error
