"""The worker: takes jobs from the table one after the other and has a reader do them."""

from __future__ import annotations

import logging
import threading
import time
from pathlib import Path
from typing import Any

from geo.store.studies import check_name
from geo.store.tidy import tidy_study
from web.jobs.readers import CANCELLED as STOPPED
from web.jobs.readers import Readers
from web.jobs.table import CANCELLED, DONE, FAILED, Job, JobTable
from web.jobs.uploads import remove_uploads

log = logging.getLogger(__name__)

BEAT_S = 0.5


class Jobs:
    """The jobs of a server: queued in the table, done by a thread that lives while there are any."""

    def __init__(self, table: JobTable, readers: Readers, folder: Path, most_waiting: int) -> None:
        self.table, self.readers, self.folder = table, readers, folder
        self._most = most_waiting
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def add(self, study: str, request: dict[str, Any]) -> Job:
        """Queue a load of a study, or the task that a request names, and see that somebody does it."""
        check_name(study)
        job = self.table.add(study, {"task": "load", **request, "study": study, "folder": str(self.folder)}, self._most)
        self.wake()
        return job

    def wake(self) -> None:
        """See that a thread works where jobs wait: after a restart too."""
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._work, name="jobs", daemon=True)
                self._thread.start()

    def wait(self, job_id: str, seconds: float = 60.0) -> Job:
        """Return a job when it has ended, or as it is when the time is over."""
        end = time.monotonic() + seconds
        while (job := self.table.get(job_id)).state not in (DONE, FAILED, CANCELLED) and time.monotonic() < end:
            time.sleep(0.02)
        return job

    def _work(self) -> None:
        while (job := self.table.take()) is not None:
            beats = _Beats(self.table, job.job_id)
            found = self.readers.run(job.request, tell=beats.tell, is_cancelled=beats.is_unwanted)
            failed = found.get("failed")
            state = DONE if failed is None else CANCELLED if failed["code"] == STOPPED else FAILED
            if failed:
                tidy_study(self.folder, job.study)
            else:
                remove_uploads(self.folder, job.request.get("draft_id", ""))
            self.table.end(job.job_id, state, found)
            log.info("%s of %s: %s", job.request["task"], job.study, state)


class _Beats:
    """Writes progress to the table, not more often than needed, and hears there whether to stop."""

    def __init__(self, table: JobTable, job_id: str) -> None:
        self._table, self._job_id = table, job_id
        self._step, self._share, self._last, self._stop = "starting", 0.0, 0.0, False

    def tell(self, step: str, share: float) -> None:
        self._step, self._share = step, share

    def is_unwanted(self) -> bool:
        if time.monotonic() - self._last > BEAT_S:
            self._last = time.monotonic()
            self._stop = self._table.beat(self._job_id, self._step, self._share)
        return self._stop
