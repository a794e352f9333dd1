"""The other end of `web.report.typeset`: a process that turns pages into PDF, kept for as many as there are."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import islice
from pathlib import Path
from queue import SimpleQueue
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any

from geo.model.errors import LifeCircleError
from web.settings import ROOT


class TypesettingError(LifeCircleError):
    """No PDF can be made on this computer, or this page cannot be one."""

    code = "pdf_unavailable"


class Typesetter:
    """A process that sets pages in type; a context manager."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "web.report.typeset"], cwd=ROOT, env={**os.environ, "PYTHONUTF8": "1"},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, encoding="utf-8",
        )  # fmt: skip
        first = self._hear()
        if "ready" not in first:
            self.close()
            message = (
                "PDF cannot be made here: the libraries of Pango are missing ({}). Print the page from the browser."
            )
            raise TypesettingError(message.format(first.get("missing", "the process ended")))

    def write(self, html: str, out: Path) -> int:
        """Write a page as PDF, whole or not at all, and return its number of sheets."""
        assert self._process.stdin is not None
        aside = out.with_name(f".{out.name}.part")
        self._process.stdin.write(json.dumps({"html": html, "out": str(aside)}) + "\n")
        self._process.stdin.flush()
        answer = self._hear()
        if "pages" not in answer:
            aside.unlink(missing_ok=True)
            raise TypesettingError(f"{out.name}: {answer.get('fault', 'the process ended')}", code="pdf_failed")
        aside.replace(out)
        return int(answer["pages"])

    def close(self) -> None:
        """End the process."""
        if self._process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.close()
        self._process.wait(timeout=30)
        if self._process.stdout is not None:
            self._process.stdout.close()

    def __enter__(self) -> Typesetter:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _hear(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        return dict(json.loads(line)) if line else {}


@cache
def can_typeset() -> bool:
    """Return whether PDF can be made on this computer; found out once."""
    try:
        Typesetter().close()
    except TypesettingError:
        return False
    return True


def typeset(html: str) -> bytes:
    """Return a page as PDF."""
    with TemporaryDirectory() as folder, Typesetter() as one:
        out = Path(folder) / "page.pdf"
        one.write(html, out)
        return out.read_bytes()


def typeset_all(pages: Iterable[tuple[str, Path]]) -> Iterator[tuple[Path, int]]:
    """Write many pages as PDF, one process a core, and yield each file with its sheets, in the order given.

    Pages are asked for as they are needed: a few wait, never all.
    """
    count = os.cpu_count() or 1
    with contextlib.ExitStack() as stack:
        free: SimpleQueue[Typesetter] = SimpleQueue()
        for _ in range(count):
            free.put(stack.enter_context(Typesetter()))

        def write(page: tuple[str, Path]) -> tuple[Path, int]:
            one = free.get()
            try:
                return page[1], one.write(*page)
            finally:
                free.put(one)

        pool, remaining = stack.enter_context(ThreadPoolExecutor(count)), iter(pages)
        waiting = [pool.submit(write, page) for page in islice(remaining, 2 * count)]
        while waiting:
            yield waiting.pop(0).result()
            waiting += [pool.submit(write, page) for page in islice(remaining, 1)]
