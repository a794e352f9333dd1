"""The house keeps its own rules: imports downhill, small rooms, every declared thing told in the manual."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from docs.make_tables import TARGET, make_tables
from web.cli import COMMANDS, EXIT_CODES
from web.openapi import PATHS

PROJECT = Path(__file__).resolve().parents[1]
NOT_OURS = ("data/studies", "web/static/lib", "node_modules", "__pycache__")

FLOORS = {
    "geo.model": 0, "geo.intake": 1, "geo.walk": 1, "geo.judge": 2, "geo.plan": 3, "geo.assess": 4, "geo.store": 4,
    "layers": 5, "web": 6, "app": 7,
}  # fmt: skip
"""A room imports from itself and from lower floors; rooms of one floor do not know each other."""

ONLY_IN = {
    "osmnx": ("geo/intake/",),
    "folium": ("layers/map.py",),
    "flask": ("web/", "app.py"),
    "click": ("web/", "app.py"),
    "numba": ("geo/intake/kernels/", "geo/walk/kernels/"),
    "psycopg": ("geo/intake/database.py",),
    "sqlite3": ("geo/store/", "geo/intake/gpkg.py", "web/jobs"),
    "importlib": ("web/cli.py",),
}
CLOCKS = {"time", "datetime"}

MOST_LINES, MOST_BODY, MOST_ARGUMENTS = 300, 40, 7

FOLDERS = re.compile(r"(?<![\w.~-])/(?:work|root|home|Users|tmp)/")
REGISTRIES = re.compile(
    r"(?:pypi|pythonhosted|npmjs|npmmirror|yarnpkg|anaconda)\.(?:org|com)|mirrors?\.[a-z]+\.(?:com|edu)"
)
MARKS = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME)\b")

Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def files() -> tuple[str, ...]:
    """Every file of the project, without what is made, fetched or stored."""
    found = []
    for folder, inside, names in os.walk(PROJECT):
        here = Path(folder).relative_to(PROJECT)
        inside[:] = [
            n for n in inside if n == ".ci" or (not n.startswith(".") and not _is_foreign((here / n).as_posix()))
        ]
        # In a linked checkout .git is a file that says where the other is.
        found += [(here / name).as_posix() for name in names if name != ".git"]
    return tuple(sorted(found))


@cache
def tree(name: str) -> ast.Module:
    return ast.parse((PROJECT / name).read_text(encoding="utf-8"), name)


def modules(*rooms: str) -> list[str]:
    """The Python files in some folders or of some names; all where none is given."""
    return [n for n in files() if n.endswith(".py") and (not rooms or n.startswith(rooms))]


def imports(node: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and full name of everything imported anywhere inside a node."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Import):
            yield from ((inner.lineno, alias.name) for alias in inner.names)
        elif isinstance(inner, ast.ImportFrom) and not inner.level:
            yield from ((inner.lineno, f"{inner.module}.{alias.name}") for alias in inner.names)


def functions(name: str) -> Iterator[Function]:
    return (node for node in ast.walk(tree(name)) if isinstance(node, Function))


def body_lines(function: Function) -> int:
    """Lines of a function without its heading and its docstring."""
    skipped = 1 if ast.get_docstring(function) is not None else 0
    statements = function.body[skipped:]
    return (function.end_lineno or 0) - statements[0].lineno + 1 if statements else 0


def arguments(function: Function) -> int:
    a = function.args
    names = [x.arg for x in (*a.posonlyargs, *a.args, *a.kwonlyargs, a.vararg, a.kwarg) if x is not None]
    return len(names) - (names[:1] in (["self"], ["cls"]))


def none_of(offenders: list[str]) -> None:
    assert not offenders, f"{len(offenders)} offenders:\n" + "\n".join(offenders)


def _is_foreign(name: str) -> bool:
    return name.endswith(NOT_OURS)


def _room(module: str) -> str | None:
    return next((room for room in FLOORS if module == room or module.startswith(room + ".")), None)


def test_imports_point_downhill() -> None:
    offenders = []
    for name in modules("geo/", "layers/", "web/", "app.py"):
        room = _room(name.removesuffix(".py").removesuffix("/__init__").replace("/", "."))
        for line, imported in imports(tree(name)):
            other = _room(imported)
            if room and other and other != room and FLOORS[other] >= FLOORS[room]:
                offenders.append(f"{name}:{line}: {room} imports {imported}")
            elif name == "web/commands/bench.py" and imported.startswith("benchmarks."):
                continue
            elif imported.split(".")[0] in ("docs", "tests", "data", "benchmarks"):
                offenders.append(f"{name}:{line}: imports {imported}")
    none_of(offenders)


def test_every_room_has_a_floor() -> None:
    none_of(
        [
            n
            for n in modules("geo/", "layers/", "web/")
            if n != "geo/__init__.py" and _room(n[:-3].replace("/", ".")) is None
        ]
    )


@pytest.mark.parametrize("library", ONLY_IN)
def test_a_library_stays_in_its_room(library: str) -> None:
    none_of(
        [
            f"{name}:{line}: imports {imported}"
            for name in modules("geo/", "layers/", "web/", "app.py", "docs/", "data/")
            for line, imported in imports(tree(name))
            if imported.split(".")[0] == library and not name.startswith(ONLY_IN[library])
        ]
    )


def test_clock_and_environment_stay_in_the_web() -> None:
    offenders = []
    for name in modules("geo/", "layers/"):
        offenders += [f"{name}:{line}: {i}" for line, i in imports(tree(name)) if i.split(".")[0] in CLOCKS]
        looks = (node for node in ast.walk(tree(name)) if isinstance(node, ast.Attribute))
        offenders += [f"{name}:{node.lineno}: {node.attr}" for node in looks if node.attr in ("environ", "getenv")]
    none_of(offenders)


def test_nothing_is_imported_late() -> None:
    none_of(
        [
            f"{name}:{line}: {function.name} imports {imported}"
            for name in modules("geo/", "layers/", "web/", "app.py", "docs/", "data/")
            for function in functions(name)
            for line, imported in imports(function)
        ]
    )


def test_files_are_short() -> None:
    lines = {name: len((PROJECT / name).read_text(encoding="utf-8").splitlines()) for name in modules()}
    none_of([f"{name}: {count} lines" for name, count in lines.items() if count > MOST_LINES])


def test_functions_are_short() -> None:
    none_of(
        [
            f"{name}:{function.lineno}: {function.name} has {body_lines(function)} lines"
            for name in modules()
            for function in functions(name)
            if body_lines(function) > MOST_BODY
        ]
    )


def test_functions_take_few_arguments() -> None:
    none_of(
        [
            f"{name}:{function.lineno}: {function.name} takes {arguments(function)}"
            for name in modules()
            for function in functions(name)
            if arguments(function) > MOST_ARGUMENTS
        ]
    )


def test_what_is_public_says_what_it_is() -> None:
    offenders = []
    for name in modules("geo/", "layers/"):
        public: list[ast.AST] = [tree(name)]
        for node in tree(name).body:
            if isinstance(node, Function | ast.ClassDef) and not node.name.startswith("_"):
                public.append(node)
                inside = node.body if isinstance(node, ast.ClassDef) else []
                public += [n for n in inside if isinstance(n, Function) and not n.name.startswith("_")]
        silent = [node for node in public if not ast.get_docstring(node)]  # type: ignore[arg-type]
        offenders += [f"{name}:{getattr(n, 'lineno', 1)}: {getattr(n, 'name', 'module')}" for n in silent]
    none_of(offenders)


def test_no_file_names_a_machine_or_leaves_a_mark() -> None:
    offenders = []
    for name in files():
        data = (PROJECT / name).read_bytes()
        if b"\0" in data:
            continue
        for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), start=1):
            found = FOLDERS.search(line) or REGISTRIES.search(line) or MARKS.search(line)
            if found:
                offenders.append(f"{name}:{number}: {found[0]}")
    none_of(offenders)


def test_the_tables_are_fresh() -> None:
    assert TARGET.read_text(encoding="utf-8") == make_tables(), "run: python -m docs.make_tables"


def test_every_command_has_an_example_and_every_exit_code_a_line() -> None:
    manual = (PROJECT / "docs" / "commands.md").read_text(encoding="utf-8")
    none_of([f"{name}: no example" for name in COMMANDS if not re.search(rf"python app\.py {name}\b", manual)])
    none_of(
        [f"exit {code}: not told" for code in {0, 1, 7, 8, *dict(EXIT_CODES).values()} if f"| {code} |" not in manual]
    )


def test_every_route_of_the_api_is_told() -> None:
    manual = (PROJECT / "docs" / "api.md").read_text(encoding="utf-8")
    none_of([path for path in PATHS if f"`{path}`" not in manual])
    asked = {name.rstrip("!") for _, query in PATHS.values() for name in query}
    none_of([f"parameter {name}" for name in asked if f"`{name}`" not in manual])


def test_every_fault_of_a_file_is_told() -> None:
    codes = re.findall(r"^\| `(\w+)` \| `geo/intake/", TARGET.read_text(encoding="utf-8"), re.MULTILINE)
    manual = (PROJECT / "docs" / "faults.md").read_text(encoding="utf-8")
    assert codes
    none_of([code for code in codes if f"`{code}`" not in manual])
