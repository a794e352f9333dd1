"""``bench``: how fast the engine is, as ratios to other engines measured in one run."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime

import click

from benchmarks.cases import all_cases, to_json
from benchmarks.growth import curves
from benchmarks.report import TARGETS, write_report
from benchmarks.sizes import network_sizes
from web.commands.options import as_json, quiet
from web.settings import ROOT


@click.command()
@click.option("--report", is_flag=True, help="Measure growth too and write docs/performance.md.")
@as_json
@quiet
def bench(report: bool, as_json: bool, quiet: bool) -> None:
    """Measure the engine against other engines; takes minutes."""

    def tell(step: str) -> None:
        if not quiet:
            click.echo(f"  {step} ...", err=True)

    when = f"{datetime.now(UTC).date().isoformat()}, {_load()}"
    ratios = all_cases(tell)
    if report:
        tell("growth curves")
        write_report(ROOT / "docs", ratios, curves(), network_sizes(), when)
    if as_json:
        click.echo(json.dumps(to_json(ratios), ensure_ascii=False, indent=1))
        return
    for ratio in ratios:
        value = "–" if ratio.value is None else f"{ratio.value:.2f}"
        click.echo(f"{ratio.name:26} {value:>9}   aimed at {TARGETS.get(ratio.name, '–'):7} {ratio.note}")


def _load() -> str:
    """Return what else the machine was doing: the load of the last minute, where the system tells it."""
    cores = os.cpu_count() or 1
    return f"{cores} cores with a load of {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else f"{cores} cores"
