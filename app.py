"""LifeCircle 生活圈: ``python app.py`` serves the app; ``python app.py COMMAND`` runs a command."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Mapping
from typing import Any

import click
from flask import Flask

import geo
from web.cli import APP, CANCELLED, Commands, resolve
from web.settings import read_settings


def create_app(config: Mapping[str, Any] | None = None) -> Flask:
    """Return the web app: settings from the environment, overridden by ``config``."""
    app: Flask = resolve(APP)({**read_settings(os.environ), **(config or {})})
    app.cli = Commands("lifecircle")  # type: ignore[assignment]
    return app


@click.command(cls=Commands, name="lifecircle", context_settings={"help_option_names": ["-h", "--help"]})
@click.option("-v", "--verbose", is_flag=True, help="Tell more on stderr, and the trace of our own faults.")
@click.version_option(geo.__version__, prog_name="lifecircle")
def commands(verbose: bool) -> None:
    """Say who walks to what, and who cannot. Without a command, the app is served."""
    level = logging.DEBUG if verbose else logging.WARNING
    logging.basicConfig(level=level, format="%(levelname)s %(name)s: %(message)s")
    if verbose:
        logging.getLogger("numba").setLevel(logging.WARNING)


def main(arguments: list[str] | None = None) -> int:
    """Run a command, or serve the app where none is given; return the exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    try:
        code = commands.main(given or ["serve"], standalone_mode=False)
    except click.ClickException as fault:
        fault.show()
        return 2
    except click.Abort:
        return CANCELLED
    return code if isinstance(code, int) else 0


if __name__ == "__main__":
    sys.exit(main())
