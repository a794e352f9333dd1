"""Uploaded files on their way to a study: kept under names of ours, with what the planner calls them beside.

<studies>/.uploads/<draft>/draft.json
<studies>/.uploads/<draft>/<number>/file.shp, file.dbf ...      one folder a file, its parts together
"""

from __future__ import annotations

import re
import shutil
import time
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from uuid import uuid4

from werkzeug.datastructures import FileStorage

from geo.model.errors import InputError, LimitError, NotFoundError, Problem
from geo.model.errors import told as said
from geo.store.files import read_json, write_text
from web.answers import to_json

FOLDER = ".uploads"
ENDINGS = (
    ".osm.pbf", ".osm.gz", ".osm.bz2", ".gdb.zip", ".pbf", ".osm", ".geojson", ".json", ".csv", ".txt", ".tsv", ".gpkg",
    ".shp", ".xlsx", ".xls", ".ods", ".zip", ".kmz", ".kml", ".dxf", ".fgb", ".parquet", ".geoparquet", ".tif", ".tiff",
)  # fmt: skip
PARTS = (".dbf", ".shx", ".prj", ".cpg")
IGNORED = (".sbn", ".sbx", ".qix", ".shp.xml", ".qmd", ".qml", ".atx", ".ixs", ".mxs")
LONGEST_NAME = 200
WEEK_S = 7 * 86_400.0
_DRAFT = re.compile(r"[0-9a-f]{16}")

Draft = dict[str, Any]


def shown_name(name: str) -> str:
    """Return a file's name as it may be shown, without folders and control marks; `InputError` where none is left."""
    last = re.split(r"[/\\]", name)[-1]
    plain = "".join(c for c in unicodedata.normalize("NFC", last) if unicodedata.category(c)[0] != "C").strip()
    if not plain.strip(".") or len(name) > LONGEST_NAME:
        problem = Problem(plain[:40] or "file", "has no usable name.", "Rename the file.", code="bad_name")
        raise InputError(problem)
    return plain


def new_draft(folder: Path, most_mb: int) -> Draft:
    """Return an empty draft on disk; the oldest go where they are over a week old; `LimitError` where room is short."""
    home = folder / FOLDER
    home.mkdir(parents=True, exist_ok=True)
    for path in home.iterdir():
        if path.is_dir() and time.time() - path.stat().st_mtime > WEEK_S:
            shutil.rmtree(path, ignore_errors=True)
    size = sum(draft["bytes"] for draft in waiting_drafts(folder))
    if size > most_mb << 20:
        raise LimitError("There is no more room for uploads. Load or remove those that wait.", code="quota_full")
    draft: Draft = {"draft_id": uuid4().hex[:16], "files": []}
    (home / draft["draft_id"]).mkdir()
    return save_draft(folder, draft)


def save_draft(folder: Path, draft: Draft) -> Draft:
    """Write what is known of a draft."""
    write_text(_home(folder, draft["draft_id"]) / "draft.json", to_json(draft))
    return draft


def open_draft(folder: Path, draft_id: str) -> Draft:
    """Return a draft; `NotFoundError` where there is none."""
    if not _DRAFT.fullmatch(draft_id) or not (_home(folder, draft_id) / "draft.json").is_file():
        raise NotFoundError("these files are not here any more. Upload them again.")
    found: Draft = read_json(_home(folder, draft_id) / "draft.json")
    return found


def waiting_drafts(folder: Path) -> list[dict[str, Any]]:
    """Return the drafts that lie here, the newest first: ``draft_id``, ``names`` of their files, ``bytes``."""
    home = folder / FOLDER
    found = [path for path in home.glob("*/draft.json") if _DRAFT.fullmatch(path.parent.name)]
    found.sort(key=lambda path: path.stat().st_mtime, reverse=True)
    return [
        {
            "draft_id": path.parent.name,
            "names": [file["name"] for file in read_json(path)["files"]],
            "bytes": sum(part.stat().st_size for part in path.parent.rglob("*") if part.is_file()),
        }
        for path in found
    ]


def remove_uploads(folder: Path, draft_id: str) -> None:
    """Remove the files of a draft."""
    if _DRAFT.fullmatch(draft_id):
        shutil.rmtree(_home(folder, draft_id), ignore_errors=True)


def take_files(folder: Path, draft: Draft, given: Iterable[tuple[FileStorage, dict[str, str]]]) -> Draft:
    """Return the draft with uploaded files, the parts of a Shapefile as one; each comes with what was said of it.

    Raises
    ------
    InputError
        A file of an ending that nobody reads, without a usable name, or a part of a Shapefile alone.
    """
    pairs = [(storage, shown_name(storage.filename or ""), told) for storage, told in given]
    files, taken = list(draft["files"]), []
    for storage, name, told in pairs:
        ending = next((end for end in ENDINGS if name.casefold().endswith(end)), None)
        if ending is None:
            if not name.casefold().endswith((*PARTS, *IGNORED)):
                message = said("'{ending}' is not read here.", ending=Path(name).suffix[:20])
                remedy = "Use .geojson, .gpkg, .shp, .zip, .kml, .dxf, .fgb, .parquet, .csv, .xlsx or .osm.pbf."
                raise InputError(Problem(name, message, remedy, code="type_not_allowed"))
            continue
        home = _home(folder, draft["draft_id"]) / str(len(files) + 1)
        home.mkdir()
        storage.save(home / f"file{ending}")
        taken.append(name)
        path = str((home / f"file{ending}").resolve())
        files.append(
            {"name": name, "path": path, "role": "", "crs": "", "layer": "", "columns": {}, "look": None, **told}
        )
    _take_parts(files, pairs)
    if not files:
        raise InputError(Problem("upload", "holds no file.", "Choose the files of the study.", code="file_missing"))
    return save_draft(folder, {**draft, "files": files})


def _take_parts(files: list[dict[str, Any]], pairs: list[tuple[FileStorage, str, dict[str, str]]]) -> None:
    """Lay the parts of Shapefiles beside them."""
    homes = {Path(file["name"]).stem.casefold(): Path(file["path"]).parent for file in files
             if file["path"].endswith(".shp")}  # fmt: skip
    for storage, name, _ in pairs:
        part = Path(name).suffix.casefold()
        if part in PARTS:
            home = homes.get(Path(name).stem.casefold())
            if home is None:
                problem = Problem(name, "comes without its .shp part.", "Choose all parts.", "shapefile_part_missing")
                raise InputError(problem)
            storage.save(home / f"file{part}")


def _home(folder: Path, draft_id: str) -> Path:
    return folder / FOLDER / draft_id
