"""The first start: the sample study is loaded and judged, libraries are fetched, with progress for whoever waits."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from geo.intake.gather import Inputs
from geo.intake.raw import FileRef
from geo.model.errors import LifeCircleError, StoreError
from geo.model.study import Progress, no_progress
from geo.store import assessment_ids, study_names
from geo.store.files import read_manifest
from web import browser_libraries
from web.making import STANDARD, judge_study, make_study
from web.settings import ROOT

log = logging.getLogger(__name__)

SAMPLE = "sample"
STANDARDS = ("city-health-check", "mofcom-2021", STANDARD)
"""What the sample is judged by; the last is shown first."""

_FILES = ROOT / "data" / "sample"


@dataclass
class Preparation:
    """How far the first start is: shown by every page until it is ready."""

    step: str = "done"
    share: float = 1.0
    error: str = ""
    is_ready: bool = True
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def tell(self, step: str, share: float) -> None:
        """Take a step of progress."""
        with self._lock:
            self.step, self.share = step, share

    def to_json(self) -> dict[str, Any]:
        """Return the state for the progress page."""
        with self._lock:
            return {"step": self.step, "share": self.share, "error": self.error, "is_ready": self.is_ready}


def is_prepared(folder: Path) -> bool:
    """Return whether a start needs no preparation: the sample is judged and the libraries are there."""
    has_sample = _has_sample(folder) and bool(assessment_ids(folder, SAMPLE))
    return has_sample and browser_libraries.is_complete()


def _has_sample(folder: Path) -> bool:
    """Return whether the sample is stored as this program stores it; one of another schema is made again."""
    if SAMPLE not in study_names(folder):
        return False
    try:
        read_manifest(folder / SAMPLE)
    except StoreError:
        return False
    return True


def prepare_in_background(folder: Path, preparation: Preparation, also: Progress = no_progress) -> None:
    """Prepare the first start in a thread of its own; ``preparation`` tells how far it is."""
    preparation.is_ready = False
    preparation.tell("starting", 0.0)

    def tell(step: str, share: float) -> None:
        preparation.tell(step, share)
        also(step, share)

    def work() -> None:
        try:
            make_sample_study(folder, tell)
            fetch_libraries(tell)
        except (LifeCircleError, OSError) as fault:
            log.error("the sample study could not be prepared: %s", fault)
            preparation.error = str(fault)
        preparation.is_ready = True
        tell("done", 1.0)

    threading.Thread(target=work, name="prepare", daemon=True).start()


def fetch_libraries(tell: Progress = no_progress) -> None:
    """Fetch the browser libraries where they are missing; without a network a still map serves."""
    if browser_libraries.is_complete():
        return
    tell("fetching browser libraries", 0.95)
    try:
        browser_libraries.fetch()
    except browser_libraries.FetchError as fault:
        log.warning("browser libraries: %s", fault)


def make_sample_study(folder: Path, tell: Progress = no_progress) -> None:
    """Load and judge the made-up sample town, unless that was done."""
    if not _has_sample(folder):
        make_study(folder, SAMPLE, sample_inputs(), tell=lambda s, p: tell(s, 0.35 * p))
    if not assessment_ids(folder, SAMPLE):
        judge_study(folder, SAMPLE, lambda s, p: tell(s, 0.35 + 0.55 * p), STANDARDS)


def sample_inputs() -> Inputs:
    """Return the files of the sample town."""
    return Inputs(
        osm=FileRef(_FILES / "jinxi.osm.pbf"),
        units=(FileRef(_FILES / "units.geojson"),),
        facilities=(FileRef(_FILES / "facilities.csv"),),
        demand=FileRef(_FILES / "demand.csv"),
        walls=FileRef(_FILES / "walls.geojson"),
        gates=FileRef(_FILES / "gates.geojson"),
    )
