"""Studies that the server holds open: read once, read again when they change on disk, shared by all requests."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from geo.intake.classify import CategoryTable, read_categories
from geo.model.assessment import Assessment
from geo.model.errors import NotFoundError
from geo.model.study import Study
from geo.plan.compare import baseline
from geo.plan.quick import Standing, standing
from geo.store import open_assessment, open_network, open_study, study_names, study_stamp
from geo.walk.network import Network
from geo.walk.snap import Joins, join
from layers.tiles import TileIndex, make_index

KEPT = 4


@dataclass(frozen=True)
class Opened:
    """A study with its network and, where it was judged, its newest assessment."""

    stamp: str
    study: Study
    network: Network
    assessment: Assessment | None

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
        """The newest assessment, or `NotFoundError`."""
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
        self._kept: OrderedDict[str, Opened] = OrderedDict()

    @cached_property
    def categories(self) -> CategoryTable:
        """The category table, read once."""
        return read_categories(self._data / "categories" / "categories.yaml")

    def names(self) -> list[str]:
        """Return the names of the stored studies."""
        return study_names(self.folder)

    def open(self, name: str) -> Opened:
        """Return a study as it is on disk now."""
        stamp = study_stamp(self.folder, name)
        with self._lock:
            found = self._kept.get(name)
            if found is None or found.stamp != stamp:
                found = self._read(name, stamp)
            self._kept[name] = found
            self._kept.move_to_end(name)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
            return found

    def _read(self, name: str, stamp: str) -> Opened:
        try:
            assessment = open_assessment(self.folder, name)
        except NotFoundError:
            assessment = None
        return Opened(stamp, open_study(self.folder, name), open_network(self.folder, name), assessment)
