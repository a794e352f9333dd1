"""Studies that the server holds open: read once, read again when they change on disk, shared by all requests."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from geo.intake.classify import CategoryTable, read_categories
from geo.model.assessment import Assessment
from geo.model.errors import NotFoundError
from geo.model.study import Study
from geo.plan.baseline import baseline
from geo.plan.quick import Standing, standing
from geo.store import list_assessments, open_assessment, open_network, open_study, study_names, study_stamp
from geo.walk.network import Network
from geo.walk.snap import Joins, join
from layers.tiles import TileIndex, make_index

KEPT = 4


@dataclass(frozen=True)
class Opened:
    """A study with its network and, where it was judged, an assessment: the newest, or that by a standard asked for.

    ``made`` lists what every stored assessment was made by, the newest last.
    """

    stamp: str
    study: Study
    network: Network
    assessment: Assessment | None
    made: tuple[dict[str, Any], ...] = ()

    @cached_property
    def tiles(self) -> TileIndex:
        """The geometry of the map, made ready for cutting tiles."""
        return make_index(self.study)

    @cached_property
    def homes(self) -> Joins:
        """How the homes join the streets."""
        return join(self.network, self.study.demand.geometry, walls=self.study.walls.geometry, gates=self.study.gates)

    @cached_property
    def doors(self) -> Joins:
        """How the entrances of the facilities join the streets."""
        return join(
            self.network, self.study.entrances.geometry, walls=self.study.walls.geometry, gates=self.study.gates
        )

    @cached_property
    def standing(self) -> Standing:
        """The study judged as its newest assessment, its searches ready to be repaired for scenarios."""
        return standing(baseline(self.study, self.network, self.judged.standard, self.judged.profile))

    @property
    def judged(self) -> Assessment:
        """The assessment, or `NotFoundError` where there is none."""
        if self.assessment is None:
            raise NotFoundError(
                f"study '{self.study.name}' was not assessed yet. Run: assess {self.study.name}", code="not_assessed"
            )
        return self.assessment


class Shelf:
    """The studies of a folder, opened when first asked for."""

    def __init__(self, folder: Path, data: Path) -> None:
        self.folder, self._data = folder, data
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[str, str | None], Opened] = OrderedDict()

    @cached_property
    def categories(self) -> CategoryTable:
        """The category table, read once."""
        return read_categories(self._data / "categories" / "categories.yaml")

    def names(self) -> list[str]:
        """Return the names of the stored studies."""
        return study_names(self.folder)

    def open(self, name: str, standard: str | None = None) -> Opened:
        """Return a study as it is on disk now, with its newest assessment or the newest by a standard."""
        stamp, key = study_stamp(self.folder, name), (name, standard)
        with self._lock:
            found = self._kept.get(key)
            if found is None or found.stamp != stamp:
                found = self._read(name, standard, stamp)
            self._kept[key] = found
            self._kept.move_to_end(key)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
            return found

    def _read(self, name: str, standard: str | None, stamp: str) -> Opened:
        made = tuple(list_assessments(self.folder, name))
        chosen = _newest(name, made, standard)
        assessment = open_assessment(self.folder, name, chosen) if chosen else None
        same = next((o for (known, _), o in self._kept.items() if known == name and o.stamp == stamp), None)
        if same is None:
            return Opened(stamp, open_study(self.folder, name), open_network(self.folder, name), assessment, made)
        found = replace(same, assessment=assessment)
        # What was made from the study alone serves every standard.
        found.__dict__.update({k: v for k, v in same.__dict__.items() if k in ("tiles", "homes", "doors")})
        return found


def _newest(name: str, made: tuple[dict[str, Any], ...], standard: str | None) -> str | None:
    """Return the id of the newest assessment, or of the newest by a standard; None where there is none at all."""
    if standard is None:
        return made[-1]["assessment_id"] if made else None
    mine = sorted((one for one in made if one["standard"] == standard), key=lambda one: str(one["created"]))
    if not mine:
        known = ", ".join(sorted({str(one["standard"]) for one in made})) or "none"
        message = f"study '{name}' was not assessed by '{standard[:40]}'. There are: {known}."
        raise NotFoundError(f"{message} Run: assess {name} --standard ID", code="not_assessed")
    return str(mine[-1]["assessment_id"])
