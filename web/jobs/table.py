"""The table of jobs, in one small database beside the studies: a restart loses none, several servers share it."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from geo.model.errors import BusyError, NotFoundError
from web.answers import to_json

QUEUED, RUNNING, DONE, FAILED, CANCELLED = "queued", "running", "done", "failed", "cancelled"
ACTIVE = (QUEUED, RUNNING)

STALE_S = 20.0
"""A running job of which nothing was heard for so long was left by a server that ended; it is done again, once."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS jobs (
    job_id TEXT PRIMARY KEY, study TEXT NOT NULL, request TEXT NOT NULL, state TEXT NOT NULL DEFAULT 'queued',
    step TEXT NOT NULL DEFAULT '', share REAL NOT NULL DEFAULT 0, created TEXT NOT NULL, ended TEXT NOT NULL DEFAULT '',
    beat REAL NOT NULL DEFAULT 0, attempts INTEGER NOT NULL DEFAULT 0, is_unwanted INTEGER NOT NULL DEFAULT 0,
    outcome TEXT NOT NULL DEFAULT '{}');
CREATE UNIQUE INDEX IF NOT EXISTS one_a_study ON jobs (study) WHERE state IN ('queued', 'running');
"""


@dataclass(frozen=True)
class Job:
    """A row of the table; ``outcome`` holds the problem of a failed one."""

    job_id: str
    study: str
    request: dict[str, Any]
    state: str
    step: str
    share: float
    created: str
    ended: str
    outcome: dict[str, Any]

    def to_json(self) -> dict[str, Any]:
        """Return what the API tells of a job; files are named as the planner named them."""
        given = self.request.get("files", [])
        files = [{"name": f["name"], "role": f["role"], "crs": f.get("crs") or None} for f in given]
        return {
            "job_id": self.job_id, "task": self.request["task"], "study": self.study, "state": self.state,
            "step": self.step, "share": round(self.share, 3), "created": self.created, "ended": self.ended or None,
            "files": files, "standard": self.request.get("standard"),
            "accept_faults": self.request.get("accept_faults", False), "problem": self.outcome.get("failed"),
        }  # fmt: skip


class JobTable:
    """Jobs on disk; every change is one transaction."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(self._path, timeout=10)) as base:
            base.row_factory = sqlite3.Row
            base.execute("PRAGMA journal_mode = WAL")
            base.executescript(_SCHEMA)
            with base:
                yield base

    def add(self, study: str, request: dict[str, Any], most: int) -> Job:
        """Queue a job; `BusyError` where the study has one already, or too many wait."""
        job_id, now = uuid4().hex[:16], datetime.now(UTC).isoformat(timespec="seconds")
        with self._open() as base:
            base.execute("BEGIN IMMEDIATE")
            (waiting,) = base.execute("SELECT COUNT(*) FROM jobs WHERE state IN ('queued', 'running')").fetchone()
            if waiting >= most:
                raise BusyError(f"{waiting} loads wait already. Try again when one is done.", code="queue_full")
            try:
                base.execute(
                    "INSERT INTO jobs (job_id, study, request, created) VALUES (?, ?, ?, ?)",
                    (job_id, study, to_json(request), now),
                )
            except sqlite3.IntegrityError:
                message = f"study '{study}' is being loaded or judged, or sites are looked for."
                raise BusyError(f"{message} Wait for that job, or stop it.") from None
        return self.get(job_id)

    def get(self, job_id: str) -> Job:
        """Return a job; `NotFoundError` where there is none."""
        with self._open() as base:
            row = base.execute("SELECT * FROM jobs WHERE job_id = ?", (job_id,)).fetchone()
        if row is None:
            raise NotFoundError(f"no job '{job_id[:40]}'.")
        return _job(row)

    def newest(self, count: int = 20) -> list[Job]:
        """Return the newest jobs, newest first."""
        if not self._path.exists():
            return []
        with self._open() as base:
            rows = base.execute("SELECT * FROM jobs ORDER BY created DESC, rowid DESC LIMIT ?", (count,)).fetchall()
        return [_job(row) for row in rows]

    def take(self) -> Job | None:
        """Return the oldest waiting job, now running; jobs whose server ended wait again, once."""
        now = time.time()
        with self._open() as base:
            base.execute("BEGIN IMMEDIATE")
            left = "state = 'running' AND beat < ?"
            interrupted = to_json({"failed": {"status": 503, "code": "interrupted", "problems": [],
                                              "detail": "The server ended twice during this load."}})  # fmt: skip
            base.execute(
                f"UPDATE jobs SET state = 'failed', outcome = ? WHERE {left} AND attempts > 1",
                (interrupted, now - STALE_S),
            )
            base.execute(f"UPDATE jobs SET state = 'queued' WHERE {left}", (now - STALE_S,))
            row = base.execute("SELECT * FROM jobs WHERE state = 'queued' ORDER BY rowid LIMIT 1").fetchone()
            if row is None:
                return None
            base.execute(
                "UPDATE jobs SET state = 'running', attempts = attempts + 1, beat = ? WHERE job_id = ?",
                (now, row["job_id"]),
            )
        return self.get(row["job_id"])

    def beat(self, job_id: str, step: str, share: float) -> bool:
        """Tell how far a running job is; return whether somebody wants it stopped."""
        with self._open() as base:
            base.execute(
                "UPDATE jobs SET step = ?, share = ?, beat = ? WHERE job_id = ? AND state = 'running'",
                (step, share, time.time(), job_id),
            )
            row = base.execute("SELECT is_unwanted FROM jobs WHERE job_id = ?", (job_id,)).fetchone()
        return row is None or bool(row["is_unwanted"])

    def end(self, job_id: str, state: str, outcome: dict[str, Any]) -> None:
        """Tell how a running job ended."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        with self._open() as base:
            base.execute(
                "UPDATE jobs SET state = ?, outcome = ?, ended = ?, share = MAX(share, ?) "
                "WHERE job_id = ? AND state = 'running'",
                (state, to_json(outcome), now, 1.0 if state == DONE else 0.0, job_id),
            )

    def cancel(self, job_id: str) -> Job:
        """Stop a waiting job now, a running one soon; `BusyError` where it has ended already."""
        job = self.get(job_id)
        with self._open() as base:
            base.execute("UPDATE jobs SET state = 'cancelled' WHERE job_id = ? AND state = 'queued'", (job_id,))
            base.execute("UPDATE jobs SET is_unwanted = 1 WHERE job_id = ?", (job_id,))
        if job.state not in ACTIVE:
            raise BusyError(f"job '{job_id}' has ended already: {job.state}.", code="job_ended")
        return self.get(job_id)


def _job(row: sqlite3.Row) -> Job:
    names = ("job_id", "study", "state", "step", "share", "created", "ended")
    return Job(
        **{name: row[name] for name in names}, request=json.loads(row["request"]), outcome=json.loads(row["outcome"])
    )
