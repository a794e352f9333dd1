"""Answers of the API: strict JSON, packed where it is large, named by what they were made from."""

from __future__ import annotations

import gzip
import hashlib
from typing import Any

from flask import Response, request

from geo.store import files

PACK_FROM = 4096


def to_json(value: Any) -> str:
    """Return the JSON that the store writes, on one line."""
    return files.to_json(value, indent=None)


def answer(data: bytes | str, *, kind: str = "application/json", download: str | None = None) -> Response:
    """Return bytes as an answer with an entity tag; 304 where the browser has it already."""
    body = data.encode() if isinstance(data, str) else data
    response = Response(body, content_type=kind)
    response.set_etag(tag_of(body))
    response.headers["Cache-Control"] = "no-cache"
    if download:
        response.headers.set("Content-Disposition", "attachment", filename=download)
    return response.make_conditional(request)


def tag_of(body: bytes) -> str:
    """Return the entity tag of an answer."""
    return hashlib.sha256(body).hexdigest()[:24]


def pack(response: Response) -> Response:
    """Pack a large answer for a browser that takes it."""
    accepts = "gzip" in request.headers.get("Accept-Encoding", "")
    if not accepts or response.direct_passthrough or response.status_code != 200 or response.content_encoding:
        return response
    body = response.get_data()
    if len(body) < PACK_FROM or response.mimetype.startswith("image/"):
        return response
    response.set_data(gzip.compress(body, compresslevel=5, mtime=0))
    response.content_encoding = "gzip"
    response.vary.add("Accept-Encoding")
    return response
