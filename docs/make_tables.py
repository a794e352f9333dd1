"""Write docs/tables.md and docs/scenario.schema.json from the code: run ``python -m docs.make_tables``.

Whatever the code declares as data is told to the reader from there: tables, layers, walkable streets, categories,
standards, profiles, errors, settings, commands. A test holds the file against what this module would write now.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from docs.make_edits import SCHEMA, edit_tables, make_schema
from docs.markdown import grid, values
from docs.tables_of_rules import standards
from geo.intake import osm_tags
from geo.intake.classify import read_categories
from geo.model import errors
from geo.model.standards import Profile, read_profile, read_standard
from geo.model.standards.hindrances import UNITS
from geo.model.tables import AGE_GROUPS, LEVELS, STUDY_TABLES, Table
from layers.catalog import LAYERS
from layers.export import FORMATS
from layers.plans import PLAN_LAYERS
from web.cli import CANCELLED, COMMANDS, EXIT_CODES, NO_SPACE, OUR_FAULT, resolve
from web.problems import STATUS, ParameterError
from web.settings import PREFIX, ROOT, SETTINGS, SettingError

TARGET = ROOT / "docs" / "tables.md"

HEAD = """# Tables

Made from the code by `python -m docs.make_tables`. Do not edit: change the code and run it again.
"""

CODE_AT = {
    "fault": 1,
    "note": 0,
    "refuse": 0,
    "_fault": 3,
    "_read_by_gdal": 2,
    "_too_many": 4,
    "_refuse": 3,
    "outcome": 1,
}
"""Functions that take the code of a fault by position, and at which."""


def make_tables() -> str:
    """Return the whole of docs/tables.md."""
    data = ROOT / "data"
    parts = [
        HEAD,
        *_tables(),
        *_layers(),
        *_walkable(),
        *_categories(data / "categories" / "categories.yaml"),
        *standards([read_standard(path) for path in sorted((data / "standards").glob("*.yaml"))]),
        *_profiles([read_profile(path) for path in sorted((data / "profiles").glob("*.yaml"))]),
        *edit_tables(),
        *_errors(),
        *_settings(),
        *_commands(),
    ]
    return "\n".join(parts)


def _tables() -> list[str]:
    lines = [
        "## Tables of a study\n",
        "Geometry is in the study's metric CRS. *May be empty* marks columns that may be null.\n",
        f"`{{group}}` stands for one column for each of {values(AGE_GROUPS)}, where the file has it.",
        f"`level` is one of {values(LEVELS)}.\n",
    ]
    for table in STUDY_TABLES.values():
        lines += _columns("Table", table)
    return lines


def _layers() -> list[str]:
    lines = [
        "## Layers\n",
        f"Every layer is in EPSG:4326 and exports as {', '.join(f'`.{name}`' for name in FORMATS)}.",
        "`{category}` stands for one column for each category.\n",
    ]
    for spec in (*LAYERS.values(), *PLAN_LAYERS.values()):
        lines += _columns("Layer", spec.table, f" The id of a feature is `{spec.id_column}`.")
    return lines


def _columns(word: str, table: Table, more: str = "") -> list[str]:
    geometry = " or ".join(table.geometry) if table.geometry else "no geometry"
    rows = [
        (f"`{column.name}`", column.kind, "yes" if column.is_nullable else "", column.en, column.zh)
        for column in table.columns
    ]
    return [
        f"### {word} {table.table_id}\n",
        f"A row is {table.en} ({table.zh}); {geometry}.{more}\n",
        *grid(("column", "kind", "may be empty", "meaning", "含义"), rows),
    ]


def _walkable() -> list[str]:
    kinds = [(f"`highway={kind}`", "yes", note) for kind, note in osm_tags.WALKABLE.items()]
    kinds += [(f"`highway={kind}`", "only with `foot=yes`", note) for kind, note in osm_tags.ONLY_IF_FOOT.items()]
    kinds.append(("`railway=platform`", "yes", "as `highway=platform`"))
    tags = [
        ("`foot` that opens a way", values(sorted(osm_tags.FOOT_YES))),
        ("`foot` that closes a way", values(sorted(osm_tags.FOOT_NO))),
        ("`access` that closes a way, unless `foot` opens it", values(sorted(osm_tags.ACCESS_NO))),
        ("`barrier` on a line: a wall", values(osm_tags.WALLS)),
        ("`barrier` on a point: a gate", values(sorted(osm_tags.GATES))),
        ("`barrier` on a point of a way that stops a walker", values(sorted(osm_tags.BLOCKING_POINTS))),
    ]
    access = [(f"`{value}`", f"`{ours}`") for value, ours in osm_tags.GATE_ACCESS.items()]
    return [
        "## Walkable streets\n",
        "What tags of OpenStreetMap mean to somebody on foot. `foot` speaks before `access`.\n",
        *grid(("tag", "walkable", "note"), kinds),
        *grid(("tag", "values"), tags),
        "`foot`, else `access`, of a gate in our words; `locked=yes` is closed, anything else unknown:\n",
        *grid(("value", "gate"), access),
    ]


def _categories(path: Path) -> list[str]:
    table = read_categories(path)
    found: dict[str, dict[str, None]] = {}
    for conditions in table.conditions.values():
        for condition in conditions:
            found.setdefault(condition.category_id, {})[f"`{condition.text}`"] = None
    rows = [
        (f"`{c.category_id}`", c.name.zh, c.name.en, table.groups[c.group].en, "; ".join(found.get(c.category_id, {})))
        for c in table.categories.values()
    ]
    return [
        "## Categories\n",
        f"From `data/categories/{path.name}`; in OpenStreetMap the first condition that fits gives the category.\n",
        *grid(("id", "名称", "name", "group", "in OpenStreetMap"), rows),
    ]


def _profiles(profiles: Sequence[Profile]) -> list[str]:
    rows = [(f"`{p.profile_id}`", p.name.zh, p.name.en) for p in profiles]
    lines = ["## Walking profiles\n", *grid(("id", "名称", "name"), rows)]
    for profile in profiles:
        lines += [
            f"### Profile {profile.profile_id}\n",
            "Every figure, and what it rests on; what is not here is not heeded.\n",
            *grid(("heeds", "figures", "confidence", "source"), _figures(profile)),
        ]
    return lines


def _figures(profile: Profile) -> list[tuple[str, ...]]:
    limited = profile.limited_speed_mps
    speeds = [f"{profile.speed_mps:g} m/s", f"steps {_speed(profile.steps_speed_mps)}"]
    speeds += [f"`wheelchair=limited` {limited:g} m/s, `no` closed"] if limited else []
    rows: list[tuple[str, ...]] = [("speed", "; ".join(speeds), "ours", profile.source)]
    rows.append(("slope", profile.slope, profile.slope_confidence, profile.slope_source))
    figures = profile.hindrances.figures
    for section in dict.fromkeys(figure.section for figure in figures):
        found = [figure for figure in figures if figure.section == section]
        told = "; ".join(f"{f.name} {'closed' if f.value is None else format(f.value, 'g')}" for f in found)
        rows.append((f"{section} ({UNITS[section]})", told, found[0].confidence, found[0].source))
    return rows


def _speed(speed_mps: float | None) -> str:
    return f"{speed_mps:g} m/s" if speed_mps else "closed"


def _errors() -> list[str]:
    kinds = [
        kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.LifeCircleError)
    ]
    rows: list[tuple[object, ...]] = []
    for kind in kinds:
        row = (f"`{kind.code}`", kind.__name__, _first(STATUS, kind), _first(EXIT_CODES, kind) or OUR_FAULT)
        rows.append((*row, _summary(kind)))
    rows += [
        (f"`{ParameterError.code}`", "ParameterError", 400, "", _summary(ParameterError)),
        (f"`{SettingError.code}`", "SettingError", "", _first(EXIT_CODES, SettingError), _summary(SettingError)),
        ("`internal`", "", 500, OUR_FAULT, "Our fault; the log has the details."),
        ("`no_space`", "", "", NO_SPACE, "The disk is full; nothing was stored."),
        ("`cancelled`", "", "", CANCELLED, "Stopped by the user."),
    ]
    fine = [(f"`{code}`", ", ".join(f"`{name}`" for name in names)) for code, names in sorted(_codes().items())]
    return [
        "## Errors\n",
        "Every error has a stable code, an HTTP status and an exit code.\n",
        *grid(("code", "class", "status", "exit", "meaning"), rows),
        "### Finer codes\n",
        "An error or a fault in a report may carry a finer code than its class. Where each is given:\n",
        *grid(("code", "in"), fine),
    ]


def _summary(kind: type) -> str:
    return (kind.__doc__ or "").splitlines()[0].replace("``", "`")


def _codes() -> dict[str, list[str]]:
    """Return every code that a call in the code gives to an error or a fault, and the modules that do."""
    found: dict[str, list[str]] = {}
    for room in ("geo", "layers", "web"):
        for path in sorted((ROOT / room).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            tree = ast.parse(path.read_text(encoding="utf-8"))
            for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
                code = _code_of(call)
                if code and name not in found.setdefault(code, []):
                    found[code].append(name)
    return found


def _code_of(call: ast.Call) -> str | None:
    at = CODE_AT.get(getattr(call.func, "attr", getattr(call.func, "id", "")))
    by_place = call.args[at : at + 1] if at is not None else []
    for value in [*(k.value for k in call.keywords if k.arg == "code"), *by_place]:
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            return value.value
    return None


def _settings() -> list[str]:
    rows = [
        (f"`{PREFIX}{setting.name}`", f"`{setting.default}`" if setting.default != "" else "empty", setting.help)
        for setting in SETTINGS
    ]
    return [
        "## Settings\n",
        "Variables of the environment. They change the machine, never the numbers.\n",
        *grid(("variable", "default", "meaning"), rows),
    ]


def _commands() -> list[str]:
    lines = ["## Commands\n", "`python app.py COMMAND` and `flask --app app COMMAND` are the same.\n"]
    for name, reference in COMMANDS.items():
        command = resolve(reference)
        rows = [_parameter(parameter) for parameter in command.params]
        lines += [
            f"### {name}\n",
            f"{command.help}\n",
            *grid(("option", "kind", "needed", "default", "meaning"), rows),
        ]
    return lines


def _parameter(parameter: Any) -> tuple[str, ...]:
    """Return what there is to say about an argument or option of a command."""
    is_argument = parameter.param_type_name == "argument"
    name = parameter.human_readable_name if is_argument else ", ".join(parameter.opts)
    kind = "flag" if getattr(parameter, "is_flag", False) else parameter.type.name
    default = parameter.default if isinstance(parameter.default, str | int | float) and kind != "flag" else ""
    told = "Name of the study." if is_argument else parameter.help
    return f"`{name}`", kind, "yes" if parameter.required else "", f"`{default}`" if default != "" else "", told


def _first(table: Iterable[tuple[type[BaseException], int]], kind: type[BaseException]) -> int | None:
    return next((number for known, number in table if issubclass(kind, known)), None)


def main() -> int:
    """Write both files and say so."""
    for target, text in ((TARGET, make_tables()), (SCHEMA, make_schema())):
        target.write_text(text, encoding="utf-8", newline="\n")
        print(f"{target.relative_to(ROOT).as_posix()}: written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
