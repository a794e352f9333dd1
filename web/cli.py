"""The commands: a declared table, loaded when called, so that a small command does not pay for a large library.

Exit codes: 0 done, 2 wrong call, 3 bad input, 4 over a limit, 5 busy, 6 store damaged, 7 no space, 8 cancelled; 1 is
always our fault. stdout holds results only; errors are one line on stderr, further faults one indented line each.
"""

from __future__ import annotations

import copy
import errno
import functools
import importlib
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click

from geo.model.errors import (
    BusyError,
    InputError,
    LifeCircleError,
    LimitError,
    NetworkError,
    NotFoundError,
    RuleError,
    SourceError,
    StoreError,
)
from web.settings import SettingError

COMMANDS = {
    "serve": "web.commands.serve:serve",
    "load": "web.commands.load:load",
    "assess": "web.commands.assess:assess_command",
    "report": "web.commands.report:report",
    "walk": "web.commands.walk:walk",
    "isochrone": "web.commands.walk:isochrone",
    "compare": "web.commands.compare:compare_command",
    "sites": "web.commands.sites:sites_command",
    "gates": "web.commands.gates:gates_command",
    "export": "web.commands.export:export",
    "check": "web.commands.check:check",
    "bench": "web.commands.bench:bench",
}
"""Command -> module:function; the one place where we import late, as click's lazy groups do."""

APP = "web.factory:make_app"
"""What makes the web app; small commands do without it."""

EXIT_CODES: tuple[tuple[type[BaseException], int], ...] = (
    (SettingError, 2),
    (LimitError, 4),
    (BusyError, 5),
    (StoreError, 6),
    (InputError, 3),
    (RuleError, 3),
    (NetworkError, 3),
    (NotFoundError, 3),
    (SourceError, 3),
)
NO_SPACE, CANCELLED, OUR_FAULT = 7, 8, 1


class CallError(click.ClickException):
    """A wrong call, told in our one line where click would print its own."""

    exit_code = 2

    def __init__(self, fault: click.ClickException) -> None:
        context = getattr(fault, "ctx", None) or click.get_current_context(silent=True)
        remedy = f" See: {context.command_path} --help" if context else ""
        super().__init__(" ".join(fault.format_message().split()) + remedy)

    def show(self, file: Any = None) -> None:
        """Write the line to stderr."""
        click.echo(f"error[call_invalid]: {self.message}", err=True)


@contextmanager
def told_in_one_line() -> Iterator[None]:
    """Turn what click says of a wrong call into a `CallError`; a call without any command still gets the help."""
    try:
        yield
    except (CallError, click.exceptions.NoArgsIsHelpError):
        raise
    except click.ClickException as fault:
        raise CallError(fault) from None


class Commands(click.Group):
    """The group of all commands, each imported when it is asked for."""

    def make_context(self, *args: Any, **options: Any) -> click.Context:
        """Read what stands before the command."""
        with told_in_one_line():
            return super().make_context(*args, **options)

    def invoke(self, ctx: click.Context) -> Any:
        """Find the command and run it."""
        with told_in_one_line():
            return super().invoke(ctx)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """Return a command by name."""
        if name not in COMMANDS:
            return None
        return guarded(resolve(COMMANDS[name]))


def resolve(reference: str) -> Any:
    """Return what ``module:name`` refers to, importing the module now."""
    module, _, name = reference.partition(":")
    return getattr(importlib.import_module(module), name)


def guarded(command: click.Command) -> click.Command:
    """Return the command with its errors told in one line and turned into our exit codes, whoever calls it."""
    inner, outer = command.callback, copy.copy(command)

    @functools.wraps(inner or (lambda: None))
    def callback(*args: Any, **options: Any) -> None:
        code = run(lambda: inner(*args, **options) if inner else None)
        if code:
            click.get_current_context().exit(code)

    def make_context(*args: Any, **options: Any) -> click.Context:
        with told_in_one_line():
            return type(command).make_context(outer, *args, **options)

    outer.callback, outer.make_context = callback, make_context  # type: ignore[method-assign]
    return outer


def run(command: Callable[[], Any]) -> int:
    """Run a command and return its exit code; every error becomes one line on stderr, never a traceback."""
    try:
        command()
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as fault:
        CallError(fault).show()
        return CallError.exit_code
    except (KeyboardInterrupt, click.Abort):
        click.echo("error[cancelled]: stopped.", err=True)
        return CANCELLED
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    except LifeCircleError as fault:
        tell(fault)
        return next((code for kind, code in EXIT_CODES if isinstance(fault, kind)), OUR_FAULT)
    except OSError as fault:
        if fault.errno == errno.ENOSPC:
            click.echo("error[no_space]: the disk is full; nothing was stored.", err=True)
            return NO_SPACE
        click.echo(f"error[source_unreadable]: {fault.filename or ''}: {fault.strerror or fault}", err=True)
        return 3
    except Exception as fault:  # the one net of the command line
        logging.getLogger(__name__).debug("our fault", exc_info=True)
        click.echo(f"error[internal]: {type(fault).__name__}: {fault}. Run again with -v to see more.", err=True)
        return OUR_FAULT
    return 0


def tell(fault: LifeCircleError) -> None:
    """Write an error to stderr: one line, and one indented line for each further fault."""
    problems = fault.problems
    first = str(problems[0]) if problems else str(fault)
    click.echo(f"error[{fault.code}]: {' '.join(first.split())}", err=True)
    for problem in problems[1:]:
        click.echo(f"  {' '.join(str(problem).split())}", err=True)
