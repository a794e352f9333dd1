"""Errors as the web tells them: one table of statuses, problem+json (RFC 9457) for programs, a page for people."""

from __future__ import annotations

import errno
import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any
from uuid import uuid4

from flask import Flask, Response, render_template, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

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
    Value,
)
from web.answers import to_json
from web.report.typesetter import TypesettingError

log = logging.getLogger(__name__)

STATUS: tuple[tuple[type[LifeCircleError], int], ...] = (
    (NotFoundError, 404),
    (LimitError, 422),
    (InputError, 422),
    (RuleError, 422),
    (NetworkError, 422),
    (BusyError, 409),
    (StoreError, 503),
    (TypesettingError, 503),
    (SourceError, 502),
    (LifeCircleError, 500),
)

RETRY_AFTER_S = 2
"""When to ask again while the first start prepares."""

STATUS_OF_CODE = {
    "too_many_rows": 413, "too_many_columns": 413, "too_many_vertices": 413, "archive_too_large": 413,
    "standard_too_large": 413,
    "quota_full": 413, "queue_full": 503, "type_not_allowed": 415,
}  # fmt: skip
"""Finer codes that are another status than their class: too much, too busy, of a kind that nobody reads."""

_TOO_LARGE = "The request is larger than this server takes (LIFECIRCLE_MOST_UPLOAD_MB)."


class ParameterError(LifeCircleError):
    """A query parameter is unknown, repeated or malformed."""

    code = "parameter_invalid"


class NotReadyError(LifeCircleError):
    """The first start still prepares what everything rests on; try again soon."""

    code = "not_ready"

    def __init__(self, step: str, share: float) -> None:
        super().__init__(
            f"the first start is {share:.0%} done ({step}). Try again in {RETRY_AFTER_S} seconds, until /readyz is 200."
        )
        self.step, self.share = step, share


def install(app: Flask) -> None:
    """Make the app tell every error in one shape."""
    app.register_error_handler(
        ParameterError, lambda fault: _answer(400, fault.code, str(fault), values={"what": str(fault)})
    )
    app.register_error_handler(NotReadyError, _not_ready)
    app.register_error_handler(RequestEntityTooLarge, lambda _: _answer(413, "body_too_large", _TOO_LARGE))
    app.register_error_handler(LifeCircleError, _ours)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(OSError, _disk)
    app.register_error_handler(Exception, _unforeseen)


def status_of(fault: LifeCircleError) -> int:
    """Return the HTTP status of an error."""
    of_class = next(code for kind, code in STATUS if isinstance(fault, kind))
    return STATUS_OF_CODE.get(fault.code, of_class)


def _not_ready(fault: NotReadyError) -> Response:
    """Show people how far the first start is on a page that asks again by itself."""
    if _is_for_programs():
        answer = _answer(503, fault.code, str(fault))
    else:
        values = {"percent": round(100 * fault.share), "step": fault.step}
        answer = Response(render_template("preparing.html", page="preparing", **values), 503)
    answer.headers["Retry-After"] = str(RETRY_AFTER_S)
    return answer


def _ours(fault: LifeCircleError) -> Response:
    status = status_of(fault)
    problems = [problem.to_json() for problem in fault.problems]
    return _answer(status, fault.code, str((problems and fault.problems[0]) or fault), problems, fault.values)


def _http(fault: HTTPException) -> Response:
    status = fault.code or 500
    answer = _answer(status, HTTPStatus(status).phrase.lower().replace(" ", "_"), fault.description or "")
    if status == 405 and fault.get_headers():
        answer.headers.extend([(k, v) for k, v in fault.get_headers() if k == "Allow"])
    return answer


def _disk(fault: OSError) -> Response:
    if fault.errno == errno.ENOSPC:
        return _answer(507, "no_space", "The disk is full; nothing was stored.")
    return _unforeseen(fault)


def _unforeseen(fault: Exception) -> Response:
    """Hide the details of our own fault; the log has them under the number that the user sees."""
    number = uuid4().hex[:8]
    log.error("fault %s at %s", number, request.path, exc_info=fault)
    detail = f"This is our fault, not yours. Tell us the number {number}."
    return _answer(500, "internal", detail, values={"number": number})


def _is_for_programs() -> bool:
    return request.path.startswith(("/api/", "/healthz", "/readyz"))


def _answer(
    status: int, code: str, detail: str, problems: Sequence[dict[str, Any]] = (),
    values: Mapping[str, Value] | None = None,
) -> Response:  # fmt: skip
    """Answer programs with problem+json, people with a page that tells each fault in their language."""
    if _is_for_programs():
        document = {
            "type": "about:blank",
            "title": HTTPStatus(status).phrase,
            "status": status,
            "code": code,
            "detail": detail,
            "problems": list(problems),
        }
        return Response(to_json(document), status, content_type="application/problem+json")
    told = problems or [{"code": code, "detail": detail, "values": values or {}}]
    page = render_template("error.html", page="error", status=status, code=code, problems=told)
    return Response(page, status)
