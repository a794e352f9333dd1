"""Readers as the server sees them: started when needed, asked one thing at a time, stopped when they take too long."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from geo.model.study import Progress, no_progress
from web.answers import to_json
from web.jobs.confine import Machine, reader_environment
from web.jobs.reader import CAN_FORK, outcome
from web.settings import ROOT

TICK_S = 0.25
CANCELLED = "cancelled"


class Readers:
    """The readers of a server; the last one is kept for the next request."""

    def __init__(self, machine: Machine, folder: Path) -> None:
        self.machine, self._folder = machine, folder
        self._lock = threading.Lock()
        self._spare: _Reader | None = None

    def run(
        self, request: dict[str, Any], *, tell: Progress = no_progress, is_cancelled: Callable[[], bool] = lambda: False
    ) -> dict[str, Any]:
        """Do a task in a reader; return ``{"done": result}`` or ``{"failed": problem}``."""
        with self._lock:
            reader, self._spare = self._spare or _Reader(), None
        self._folder.mkdir(parents=True, exist_ok=True)
        temp = tempfile.mkdtemp(prefix="temp-", dir=self._folder)
        asked = {**request, "machine": asdict(self.machine), "temp": temp}
        try:
            found = reader.ask(asked, tell, _Watch(self.machine.seconds, is_cancelled))
        finally:
            shutil.rmtree(temp, ignore_errors=True)
            with self._lock:
                if reader.is_ready and self._spare is None:
                    self._spare, reader = reader, None  # type: ignore[assignment]
            if reader is not None:
                reader.close()
        return found

    def close(self) -> None:
        """Stop the reader that waits."""
        with self._lock:
            if self._spare is not None:
                self._spare.close()
                self._spare = None


class _Watch:
    """Tells why a reader must stop, where it must."""

    def __init__(self, seconds: int, is_cancelled: Callable[[], bool]) -> None:
        self._end, self._is_cancelled = time.monotonic() + seconds, is_cancelled

    def verdict(self) -> dict[str, Any] | None:
        if time.monotonic() > self._end:
            return outcome(413, "time_limit", "Reading the files took too long. Load a smaller area.")
        return outcome(409, CANCELLED, "Stopped by the user.") if self._is_cancelled() else None


class _Reader:
    """One process of `web.jobs.reader`."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "web.jobs.reader"], cwd=ROOT, env=reader_environment(os.environ),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8",
            start_new_session=True,
        )  # fmt: skip
        self._lines: queue.Queue[str] = queue.Queue()
        self.is_ready = True
        threading.Thread(target=self._listen, name="reader", daemon=True).start()

    def _listen(self) -> None:
        if self._process.stdout is not None:
            for line in self._process.stdout:
                self._lines.put(line)
        self._lines.put("")

    def ask(self, request: dict[str, Any], tell: Progress, watch: _Watch) -> dict[str, Any]:
        """Return the outcome of a request; a reader that was stopped, or that ended, is not ready for another."""
        found: dict[str, Any] = {}
        try:
            if self._process.stdin is not None:
                self._process.stdin.write(to_json(request) + "\n")
                self._process.stdin.flush()
        except OSError:
            self._lines.put("")
        self.is_ready = False
        while True:
            try:
                line = self._lines.get(timeout=TICK_S)
            except queue.Empty:
                line = None
            stopped = watch.verdict()
            if stopped and not found:
                self.close()
                return {"failed": stopped}
            if line is None:
                continue
            event = json.loads(line) if line else {"end": True, "ended": True}
            if "share" in event:
                tell(event["step"], event["share"])
            elif "end" not in event:
                found = found or event
            if "end" in event or (found and not CAN_FORK):
                self.is_ready = CAN_FORK and "ended" not in event
                return found or {"failed": outcome(422, "reader_crashed", "A file broke its reader. Export it again.")}

    def close(self) -> None:
        """End the process and whatever it started."""
        if self._process.poll() is None:
            if CAN_FORK:
                os.killpg(self._process.pid, signal.SIGKILL)
            else:
                self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()
