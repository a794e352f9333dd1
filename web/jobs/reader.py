"""The process that reads uploads: it waits for requests, and does each in a child of its own, which it gives up after.

``python -m web.jobs.reader``: a request is a line of JSON on stdin; what happens is told in lines of JSON on stdout.
Where the system cannot fork, it does one request and ends.
"""

from __future__ import annotations

import errno
import json
import logging
import os
import signal
import sys
import tempfile
from typing import Any, TextIO

from geo.model.errors import LifeCircleError
from web.answers import to_json
from web.jobs.confine import Machine, confine
from web.jobs.tasks import TASKS, warm_up
from web.problems import status_of

log = logging.getLogger(__name__)

CAN_FORK = hasattr(os, "fork")
_NO_SPACE = (errno.ENOSPC, errno.EDQUOT if hasattr(errno, "EDQUOT") else errno.ENOSPC)


def main() -> int:
    """Serve requests until stdin ends."""
    events = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(2, 1)
    warm_up()
    for line in sys.stdin:
        if not CAN_FORK:
            _answer(json.loads(line), events)
            break
        child = os.fork()
        if not child:
            _answer(json.loads(line), events)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if status:
            _tell(events, failed=_died(os.waitstatus_to_exitcode(status)))
        _tell(events, end=True)
    return 0


def _answer(request: dict[str, Any], events: TextIO) -> None:
    """Do one request, confined, and tell how it went."""
    try:
        confine(Machine(**request["machine"]))
        tempfile.tempdir = request["temp"]
        result = TASKS[request["task"]](request, lambda step, share: _tell(events, step=step, share=share))
        _tell(events, done=result)
    except BaseException as fault:  # the job loop: whatever happens is an outcome
        _tell(events, failed=describe(fault))


def describe(fault: BaseException) -> dict[str, Any]:
    """Return an error as the API tells it."""
    if isinstance(fault, LifeCircleError):
        problems = [problem.to_json() for problem in fault.problems]
        detail = str((fault.problems and fault.problems[0]) or fault)
        return {"status": status_of(fault), "code": fault.code, "detail": detail, "problems": problems,
                "values": fault.values}  # fmt: skip
    if isinstance(fault, MemoryError):
        return outcome(413, "memory_limit", "The files need more memory than a reader may use. Load a smaller area.")
    if isinstance(fault, OSError) and fault.errno in _NO_SPACE:
        return outcome(507, "no_space", "The disk is full; nothing was stored.")
    if isinstance(fault, OSError) and fault.errno == errno.EFBIG:
        return outcome(413, "file_limit", "A file that loading writes grew over its limit. Load a smaller area.")
    log.error("our fault", exc_info=fault)
    return outcome(500, "internal", f"This is our fault, not yours ({type(fault).__name__}).")


def outcome(status: int, code: str, detail: str) -> dict[str, Any]:
    """Return a failure in the shape of problem+json."""
    return {"status": status, "code": code, "detail": detail, "problems": []}


def _died(code: int) -> dict[str, Any]:
    if code in (-signal.SIGXCPU, -signal.SIGKILL):
        return outcome(413, "time_limit", "Reading the files took too long. Load a smaller area.")
    return outcome(422, "reader_crashed", "A file broke its reader. Export it again, or in another format.")


def _tell(events: TextIO, **what: Any) -> None:
    events.write(to_json(what) + "\n")
    events.flush()


if __name__ == "__main__":
    sys.exit(main())
