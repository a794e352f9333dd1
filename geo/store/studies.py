"""Studies on disk: one GeoPackage with the tables, plain arrays with the network, the report beside them."""

from __future__ import annotations

import re
import shutil
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio

from geo.model.errors import InputError, NotFoundError, Problem, StoreError
from geo.model.study import TABLE_NAMES, LoadReport, Source, Study, load_report_from_json
from geo.model.tables import STUDY_TABLES, Table, empty
from geo.store.files import (
    MANIFEST,
    published,
    read_json,
    read_manifest,
    study_lock,
    to_json,
    write_manifest,
    write_text,
)
from geo.walk.network import Network

GEOPACKAGE, REPORT, NETWORK, SCENARIOS = "study.gpkg", "report.json", "network", "scenarios"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}")


def study_names(folder: Path) -> list[str]:
    """Return the names of the stored studies, sorted."""
    if not folder.is_dir():
        return []
    return sorted(path.parent.name for path in folder.glob(f"[!.]*/{MANIFEST}"))


def check_name(name: str) -> str:
    """Return the name, or raise `InputError` unless it is letters, digits, ``-`` and ``_``."""
    if not NAME.fullmatch(name):
        raise InputError(
            Problem(
                "study name",
                f"'{name[:80]}' is not usable.",
                "Use up to 63 letters, digits, - and _, beginning with a letter or digit.",
                code="bad_name",
            )
        )
    return name


def study_folder(folder: Path, name: str) -> Path:
    """Return the folder of a stored study; `NotFoundError` where there is none."""
    if NAME.fullmatch(name) and (folder / name / MANIFEST).is_file():
        return folder / name
    known = ", ".join(study_names(folder)) or "none yet"
    raise NotFoundError(f"no study '{name[:80]}'. Stored: {known}. Make one with the load command.")


def study_stamp(folder: Path, name: str) -> str:
    """Return a text that changes whenever the study or its newest assessment does."""
    home = study_folder(folder, name)
    latest = home / "assessments" / "latest"
    stamps = [(home / MANIFEST).stat().st_mtime_ns, latest.stat().st_mtime_ns if latest.exists() else 0]
    return "-".join(f"{stamp:x}" for stamp in stamps)


def save_study(folder: Path, study: Study, network: Network) -> None:
    """Store a study and its network whole, in place of any earlier one of that name and its assessments.

    Scenarios saved with the earlier one stay: they replay on the newer data.

    Raises
    ------
    InputError
        The name is not usable.
    BusyError
        Another process is writing it.
    """
    name = check_name(study.name)
    with study_lock(folder, name), published(folder / name) as aside:
        write_study(aside, study, network)
        keep_scenarios(folder / name, aside)


def keep_scenarios(home: Path, aside: Path) -> None:
    """Copy the scenarios saved with a study to the folder that takes its place; the manifest does not hold them."""
    if (home / SCENARIOS).is_dir():
        shutil.copytree(home / SCENARIOS, aside / SCENARIOS)


def write_study(aside: Path, study: Study, network: Network) -> None:
    """Write a study and its network into a folder, and last the manifest of all that the folder holds."""
    for table_name, table in study.tables.items():
        _write_table(aside / GEOPACKAGE, table_name, table)
    (aside / NETWORK).mkdir()
    for field in fields(Network):
        np.save(aside / NETWORK / f"{field.name}.npy", np.asarray(getattr(network, field.name)))
    write_text(aside / REPORT, to_json(study.report.to_json()))
    sources = [asdict(source) for source in study.sources]
    write_manifest(aside, {"name": study.name, "crs": study.crs, "sources": sources})


def open_study(folder: Path, name: str) -> Study:
    """Return a stored study; `NotFoundError` where there is none, `StoreError` where it is damaged."""
    home = study_folder(folder, name)
    manifest = read_manifest(home)
    tables = {table: _read_table(home / GEOPACKAGE, STUDY_TABLES[table], manifest["crs"]) for table in TABLE_NAMES}
    return Study(
        name=name,
        crs=manifest["crs"],
        sources=tuple(Source(**source) for source in manifest["sources"]),
        report=open_report(folder, name),
        **tables,
    )


def open_report(folder: Path, name: str) -> LoadReport:
    """Return the load report of a stored study."""
    return load_report_from_json(read_json(study_folder(folder, name) / REPORT))


def open_network(folder: Path, name: str) -> Network:
    """Return the network of a stored study, its arrays mapped read-only into memory."""
    home = study_folder(folder, name) / NETWORK
    arrays: dict[str, Any] = {}
    for field in fields(Network):
        try:
            array = np.load(home / f"{field.name}.npy", mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError) as fault:
            raise StoreError(f"{name}/network/{field.name}.npy cannot be read ({fault}). Load it again.") from None
        arrays[field.name] = array if array.ndim else float(array)
    return Network(**arrays)


def _write_table(path: Path, name: str, table: gpd.GeoDataFrame) -> None:
    pyogrio.write_dataframe(
        table, path, layer=name, driver="GPKG", append=path.exists(), geometry_type="Unknown", encoding="utf-8"
    )


def _read_table(path: Path, table: Table, crs: str) -> gpd.GeoDataFrame:
    try:
        found = pyogrio.read_dataframe(path, layer=table.table_id, fid_as_index=False)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as fault:
        raise StoreError(f"{path.parent.name}/{path.name}: {fault}. Load the study again.") from None
    if found.empty:
        columns = [column for column in found.columns if column != found.geometry.name]
        return empty(table, crs).reindex(columns=[*columns, "geometry"]).set_crs(crs, allow_override=True)
    for column in table.columns:
        if column.kind == "number" and column.name in found and found[column.name].notna().any():
            found[column.name] = found[column.name].astype(float)
        if column.kind == "text" and column.name in found:
            values = found[column.name]
            found[column.name] = values.astype(object).where(values.notna(), None)
        elif column.is_nullable and column.kind == "text" and "{" not in column.name:
            found[column.name] = None
        elif column.kind == "boolean":
            found[column.name] = found[column.name].astype(bool)
    return _typed(found, crs)


def _typed(found: pd.DataFrame, crs: str) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(found, geometry="geometry", crs=None).set_crs(crs, allow_override=True)
