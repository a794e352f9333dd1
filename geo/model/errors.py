"""What can go wrong, as facts of the field; the web and the command line decide which number that is.

LifeCircleError
  InputError (ValueError)        the user's data is wrong; `.problems` lists every fault
    CrsError                     no CRS, or coordinates not where the CRS says
    ScenarioError                edits that cannot be applied
  RuleError (ValueError)         a standard or profile file is wrong
  NetworkError                   streets make no usable network
  SourceError (OSError)          a file, server or database could not be read
  NotFoundError (LookupError)    no such study, layer, standard, unit
  LimitError                     the request is larger than we serve
  BusyError                      another process is writing the same study
  StoreError                     what is stored is damaged or from another version
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

SHOWN_ROWS = 5

Severity = Literal["error", "repaired", "note"]

Value = str | int | float


class Told(str):
    """A sentence in English and the values in it, by which other languages say the same; made by `told`."""

    values: dict[str, Value]


def told(pattern: str, /, **values: Value) -> Told:
    """Return a sentence made of a pattern and its values; every name has words, ``value.NAME``, in each language.

    >>> told("{pairs} pairs overlap.", pairs=3).values
    {'pairs': 3}
    """
    sentence = Told(pattern.format(**values))
    sentence.values = {name: getattr(value, "item", lambda value=value: value)() for name, value in values.items()}
    return sentence


@dataclass(frozen=True)
class Problem:
    """One fault of the data, told once: what is wrong, where, and what to do.

    ``rows`` are row numbers as the user counts them (the first data row is 1); ``count`` is how many
    rows share the fault, of which ``rows`` may hold only the first few. ``severity`` says what became of
    them: "error" rejected, "repaired" kept and mended, "note" kept as they are. ``values`` are those of the
    sentences (`Told`).
    """

    source: str
    message: str
    remedy: str = ""
    code: str = "invalid"
    column: str | None = None
    rows: tuple[int, ...] = ()
    count: int = 0
    severity: Severity = "error"
    values: dict[str, Value] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        """Take the values out of the sentences."""
        for sentence in (self.message, self.remedy):
            self.values.update(getattr(sentence, "values", {}))

    def __str__(self) -> str:
        return " ".join(part for part in (f"{self._place()}:", self.message, self.remedy) if part)

    def _place(self) -> str:
        place = self.source
        if self.rows:
            shown = ", ".join(str(row) for row in self.rows[:SHOWN_ROWS])
            more = f" and {self.count - SHOWN_ROWS} more" if self.count > SHOWN_ROWS else ""
            place += f", row{'s' if len(self.rows) > 1 else ''} {shown}{more}"
        return place + (f", column {self.column}" if self.column else "")

    def to_json(self) -> dict[str, Any]:
        """Return the fault as plain values for reports and problem+json."""
        return {
            "source": self.source,
            "code": self.code,
            "message": self.message,
            "remedy": self.remedy,
            "column": self.column,
            "rows": [int(row) for row in self.rows],
            "count": int(self.count or len(self.rows)),
            "severity": self.severity,
            "values": dict(self.values),
        }


def problem_of(fault: LifeCircleError, source: str) -> Problem:
    """Return an error that is told by its message alone as a fault of a file."""
    values = {name: value for name, value in fault.values.items() if name != "file"}
    return Problem(source, str(fault).removeprefix(f"{source}: "), code=fault.code, values=values)


def problem_from_json(record: dict[str, Any]) -> Problem:
    """Return the `Problem` that `Problem.to_json` wrote."""
    return Problem(**{**record, "rows": tuple(record["rows"])})


class LifeCircleError(Exception):
    """Base of every error we raise on purpose; ``code`` is stable and is what tests compare."""

    code = "error"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        if code:
            self.code = code
        self.values: dict[str, Value] = dict(getattr(message, "values", {}))

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Every fault behind this error; empty where the message says it all."""
        return ()


class InputError(LifeCircleError, ValueError):
    """The user's data is wrong; every fault is listed in ``problems``."""

    code = "input_invalid"

    def __init__(self, problems: Problem | Iterable[Problem], *, code: str | None = None) -> None:
        self._problems = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__(_headline(self._problems), code=code or self._problems[0].code)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Every fault found, in the order of files and rows."""
        return self._problems


class CrsError(InputError):
    """No coordinate system, an unknown one, or coordinates that are not where it says."""

    code = "crs_missing"


class ScenarioError(InputError):
    """Edits that cannot be applied, all of them listed."""

    code = "scenario_invalid"


class RuleError(LifeCircleError, ValueError):
    """A standard, profile or category file is wrong: ``message`` says what, ``path``, ``line`` and ``key`` where."""

    code = "rule_invalid"

    def __init__(self, message: str, *, path: str, key: str = "", line: int | None = None) -> None:
        where = path + (f", line {line}" if line else "") + (f", key '{key}'" if key else "")
        super().__init__(f"{where}: {message}")
        self.values = {"line": line or 0, "key": key} if line or key else {}
        self.message, self.path, self.key, self.line = message, path, key, line


class NetworkError(LifeCircleError):
    """The streets make no usable walking network: empty, or no home joins it."""

    code = "network_empty"


class SourceError(LifeCircleError, OSError):
    """A file, server or database could not be read."""

    code = "source_unreadable"


class NotFoundError(LifeCircleError, LookupError):
    """No such study, assessment, layer, standard, profile or unit."""

    code = "not_found"


class LimitError(LifeCircleError):
    """The request is larger than this installation serves."""

    code = "limit_exceeded"


class BusyError(LifeCircleError):
    """Another process is writing the same study."""

    code = "busy"


class StoreError(LifeCircleError):
    """What is stored is damaged, or was written by another version."""

    code = "store_corrupt"


def _headline(problems: Sequence[Problem]) -> str:
    first = str(problems[0])
    return first if len(problems) == 1 else f"{first} (and {len(problems) - 1} more)"
