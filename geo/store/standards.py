"""The planner's own standards, one YAML file each, beside the studies; those that ship are never written.

    <folder>/.standards/<id>.yaml

A standard is read strictly before it is stored, so that what lies here can be judged by.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from pathlib import Path

from geo.model.errors import BusyError, InputError, LimitError, NotFoundError, Problem
from geo.model.standards import Standard, parse_standard
from geo.store.files import study_lock, write_text
from geo.store.studies import NAME

FOLDER = ".standards"
MOST_BYTES = 256 << 10
MOST_KEPT = 200


def own_folder(folder: Path) -> Path:
    """Return where the planner's own standards lie; it may not be there yet."""
    return folder / FOLDER


def own_ids(folder: Path) -> list[str]:
    """Return the ids of the planner's own standards, sorted."""
    found = own_folder(folder).glob("*.yaml")
    return sorted(path.stem for path in found if NAME.fullmatch(path.stem))


def own_text(folder: Path, standard_id: str) -> str:
    """Return the file of an own standard; `NotFoundError` where there is none, or the id is no id."""
    path = own_folder(folder) / f"{standard_id}.yaml"
    if not NAME.fullmatch(standard_id) or not path.is_file():
        raise NotFoundError(f"no standard '{standard_id[:63]}' of your own. There are: {_told(own_ids(folder))}.")
    return path.read_text(encoding="utf-8")


def wording_of_text(text: str) -> str:
    """Return the SHA-256 of the text of a file, by which a later change is noticed."""
    return hashlib.sha256(text.encode()).hexdigest()


def save_own(
    folder: Path, text: str, *, name: str, known: Collection[str], shipped: Collection[str], over: str | None = None
) -> Standard:
    """Store the text of an own standard whole, under the id it states; return the standard.

    Parameters
    ----------
    name
        What errors call the file.
    known, shipped
        The ids of the categories there are; the ids that are taken by the standards that ship.
    over
        What `wording_of_text` said of the text that was changed; None where the standard is new.

    Raises
    ------
    RuleError
        The text is no standard; file, line and key are told.
    InputError
        The id is not usable, or taken.
    LimitError
        The text is too long, or too many are kept.
    NotFoundError
        The standard to change is gone.
    BusyError
        Somebody else changed it meanwhile, or is writing it.
    """
    if len(text.encode()) > MOST_BYTES:
        raise LimitError(f"a standard has at most {MOST_BYTES >> 10} KB.", code="standard_too_large")
    standard = parse_standard(text, name, known)
    standard_id = standard.standard_id
    _check_id(standard_id, shipped)
    home = own_folder(folder)
    with study_lock(home, standard_id):
        if over is None:
            _check_new(standard_id, own_ids(folder))
        elif wording_of_text(own_text(folder, standard_id)) != over:
            raise BusyError(
                f"standard '{standard_id}' was changed meanwhile. Open it again and repeat your change.",
                code="changed_since",
            )
        write_text(home / f"{standard_id}.yaml", text)
    return standard


def remove_own(folder: Path, standard_id: str) -> None:
    """Remove an own standard; assessments that were made by it stay. `NotFoundError` where there is none."""
    own_text(folder, standard_id)
    with study_lock(own_folder(folder), standard_id):
        (own_folder(folder) / f"{standard_id}.yaml").unlink(missing_ok=True)


def _check_id(standard_id: str, shipped: Collection[str]) -> None:
    if not NAME.fullmatch(standard_id):
        remedy = "Use up to 63 letters, digits, - and _, beginning with a letter or digit."
        raise InputError(Problem("id", f"'{standard_id[:80]}' is not usable.", remedy, code="bad_name", column="id"))
    if standard_id.casefold() in {one.casefold() for one in shipped}:
        message = f"'{standard_id}' is a standard that ships; it is not changed, only copied."
        raise InputError(Problem("id", message, "Choose another id.", code="standard_ships", column="id"))


def _check_new(standard_id: str, own: list[str]) -> None:
    if standard_id.casefold() in {one.casefold() for one in own}:
        message = f"there is a standard '{standard_id}' already."
        remedy = "Choose another id, or say that it is to be replaced."
        raise InputError(Problem("id", message, remedy, code="standard_exists", column="id"))
    if len(own) >= MOST_KEPT:
        raise LimitError(f"{MOST_KEPT} standards are kept already. Remove one.", code="quota_full")


def _told(ids: list[str]) -> str:
    return ", ".join(ids) or "none"
