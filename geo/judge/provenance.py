"""What an assessment rests on, and the hash that names it: same inputs, same name, same numbers."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from geo.model.standards import Profile, Standard
from geo.model.study import Study

BARRIERS = ("water", "rail", "road")
"""The kinds of the backdrop that stand in the way; the others change no number."""


def fingerprint(study: Study) -> str:
    """Return the SHA-256 of everything in a study's tables that can change a number.

    Rows count in the order of their ids and columns by name, so that neither order matters.
    """
    digest = hashlib.sha256(study.crs.encode())
    for name, table in study.tables.items():
        if name == "backdrop":
            table = table[table["kind"].isin(BARRIERS)]
        digest.update(f"{name}:{len(table)}".encode())
        digest.update(_rows(table).tobytes())
    return digest.hexdigest()


def inputs_of(study: Study, standard: Standard, profile: Profile, code_version: str) -> dict[str, Any]:
    """Return what an assessment rests on, as plain values for exports and reports."""
    return {
        "study": study.name,
        "study_sha256": fingerprint(study),
        "crs": study.crs,
        "sources": [asdict(source) for source in study.sources],
        "standard": {
            "id": standard.standard_id,
            "version": standard.version,
            "source": standard.source,
            "sha256": _sha256(asdict(standard)),
            "measure": standard.switched_to or "as the standard says",
        },
        "profile": {"id": profile.profile_id, "sha256": _sha256(asdict(profile))},
        "code_version": code_version,
        "made_up": study.is_made_up,
    }


def name_of(inputs: dict[str, Any]) -> str:
    """Return the id of the assessment with these inputs, a scenario among them or not: 16 hexadecimal digits."""
    parts = [inputs["study_sha256"], inputs["standard"]["sha256"], inputs["profile"]["sha256"]]
    edits = [inputs["scenario"]["id"]] if "scenario" in inputs else []
    return _sha256([*parts, inputs["code_version"], *edits])[:16]


def _rows(table: gpd.GeoDataFrame) -> np.ndarray:  # type: ignore[type-arg]
    """Return one 64-bit hash a row, sorted."""
    columns = sorted(column for column in table.columns if column != table.geometry.name)
    hashes = np.zeros(len(table), np.uint64)
    for text in [_as_text(table[column]) for column in columns] + [table.geometry.to_wkb(hex=True)]:
        code, distinct = pd.factorize(np.array(text, dtype=object))
        values = [hashlib.blake2b(value.encode(), digest_size=8).digest() for value in distinct]
        hashes = hashes * np.uint64(1_000_003) + np.frombuffer(b"".join(values), np.uint64)[code]
    return np.sort(hashes)


def _as_text(column: Any) -> list[str]:
    if column.dtype.kind in "fiu":
        return [format(value, ".6f") for value in column.to_numpy(dtype=float)]
    return ["" if value is None or value != value else str(value) for value in column]


def _sha256(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
