"""What a child process that reads foreign files may not do: grow, run on, connect, start programs.

Memory, processor time, size of written files and core dumps are limited by the kernel; a network namespace of its own
has no way out, where the kernel gives one; and Python refuses connections and programs everywhere. GDAL knows only the
drivers that our readers use, from its first moment, by the environment that the parent gives.
"""

from __future__ import annotations

import ctypes
import logging
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyogrio
import rasterio

if sys.platform != "win32":
    import resource

log = logging.getLogger(__name__)

DRIVERS = {
    "GPKG", "ESRI Shapefile", "FlatGeobuf", "KML", "LIBKML", "DXF", "OpenFileGDB", "GTiff", "COG", "HFA", "AAIGrid",
    "EHdr", "MEM", "Memory",
}  # fmt: skip
"""The drivers of GDAL that remain, vector and raster."""

KEPT = ("PATH", "LANG", "LC_ALL", "SYSTEMROOT", "NUMBA_NUM_THREADS", "NUMBA_CACHE_DIR", "COVERAGE_PROCESS_START")
"""Variables that a reader inherits; nothing secret, no proxy, no home."""

_NEW_NETWORK, _NEW_USER = 0x40000000, 0x10000000
_REFUSED = (
    "socket.connect", "socket.bind", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto",
    "subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.startfile", "os.fork",
)  # fmt: skip
_MEGA = 1 << 20


@dataclass(frozen=True)
class Machine:
    """What a reader may use: memory and size of a written file in megabytes, seconds on the clock."""

    memory_mb: int
    file_mb: int
    seconds: int


def reader_environment(inherited: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a reader."""
    with rasterio.Env() as gdal:
        drivers = {*pyogrio.list_drivers(), *gdal.drivers()}
    return {name: value for name, value in inherited.items() if name in KEPT} | {
        "GDAL_SKIP": ",".join(sorted(drivers - DRIVERS)),
        "GDAL_HTTP_PROXY": "http://127.0.0.1:9",
        "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".none",
        "OGR_GMLAS_PARSING_OPTIONS": "NO",
        "OPENBLAS_NUM_THREADS": "1",
        "PYTHONUTF8": "1",
        "CPL_LOG": os.devnull,
    }


def confine(machine: Machine) -> None:
    """Give up, in this process and for good, what a reader does not need."""
    if sys.platform != "win32":
        for kind, most in (
            (resource.RLIMIT_AS, machine.memory_mb * _MEGA),
            (resource.RLIMIT_FSIZE, machine.file_mb * _MEGA),
            (resource.RLIMIT_CPU, 4 * machine.seconds),
            (resource.RLIMIT_CORE, 0),
        ):
            hard = resource.getrlimit(kind)[1]
            wanted = most if hard == resource.RLIM_INFINITY else min(most, hard)
            resource.setrlimit(kind, (wanted, wanted))
    if sys.platform == "linux":
        _leave_network()
    sys.addaudithook(_refuse)


def _leave_network() -> None:
    """Move to a network namespace without any interface; not every kernel lets us."""
    unshare = ctypes.CDLL(None, use_errno=True).unshare
    if unshare(_NEW_NETWORK) and unshare(_NEW_USER | _NEW_NETWORK):
        log.info("no network namespace (error %d); the other walls stand", ctypes.get_errno())


def _refuse(event: str, _arguments: tuple[Any, ...]) -> None:
    if event in _REFUSED:
        raise PermissionError(f"a reader of uploads may not do this: {event}")
