"""``serve``: the web app, ready within three seconds once the sample is prepared."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import click
from waitress import serve as serve_forever

from geo.model.errors import BusyError
from geo.walk.kernels import nearest
from web.commands.options import settings
from web.factory import make_app
from web.prepare import Preparation, is_prepared, prepare_in_background


@click.command()
@click.option("--host", help="Address to listen on; default the setting.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on; default the setting.")
def serve(host: str | None, port: int | None) -> None:
    """Serve the app (also: no command at all)."""
    chosen = settings()
    address, number = host or chosen["HOST"], chosen["PORT"] if port is None else port
    listener = _listen(address, number)
    preparation = Preparation()
    app = make_app({**chosen, "HOST": address, "PREPARATION": preparation})
    url = f"http://{address}:{listener.getsockname()[1]}"
    assert nearest.signatures  # compiled before the first request
    if not is_prepared(Path(chosen["STUDIES"])):
        click.echo(f"LifeCircle 生活圈: preparing the sample study; watch {url}", err=True)
        prepare_in_background(Path(chosen["STUDIES"]), preparation, _tell)
    else:
        click.echo(f"LifeCircle 生活圈: {url}   (stop: Ctrl+C)", err=True)
    app.extensions["jobs"].wake()  # loads that an earlier server left are done now
    serve_forever(app, sockets=[listener], threads=chosen["THREADS"], ident=None)


def _listen(host: str, port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    if sys.platform != "win32":
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(128)
    except OSError as fault:
        listener.close()
        raise BusyError(
            f"{host}:{port} cannot be used ({fault.strerror}). Choose another: LIFECIRCLE_PORT=5001."
        ) from None
    return listener


def _tell(step: str, share: float) -> None:
    click.echo(f"  {share:4.0%}  {step}", err=True)
