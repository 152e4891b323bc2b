"""What an answer of the Backend API says: the data it holds, or the error to raise."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import timezone
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, NoReturn

import requests

from django_clerk.core import strictjson
from django_clerk.exceptions import (
    APIConflict,
    APIError,
    APIForbidden,
    APIInvalid,
    APINotFound,
    APIPaymentRequired,
    APIRateLimited,
    APIUnauthorized,
    APIUnavailable,
)

_PLAIN: Mapping[int, type[APIError]] = {
    HTTPStatus.BAD_REQUEST: APIInvalid,
    HTTPStatus.PAYMENT_REQUIRED: APIPaymentRequired,
    HTTPStatus.FORBIDDEN: APIForbidden,
    HTTPStatus.CONFLICT: APIConflict,
    HTTPStatus.UNPROCESSABLE_ENTITY: APIInvalid,
    HTTPStatus.TOO_MANY_REQUESTS: APIRateLimited,
}
_CODE = re.compile(r"[a-z0-9_]{1,64}")
_PARAMETER = re.compile(r"[A-Za-z0-9_.\[\]-]{1,64}")
_TRACE = re.compile(r"[A-Za-z0-9-]{1,64}")
_MEDIA_TYPE = re.compile(r"[\w.+-]{1,40}/[\w.+-]{1,40}", re.ASCII)
_SECONDS = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_LONGEST = 1e9  # seconds; a longer Retry-After is taken for this


def read(response: requests.Response, *, call: str, max_body: int, now: float) -> Any:
    """
    Return the JSON of a successful answer.

    Raises the APIError that fits otherwise. Messages name ``call``, the status and Clerk's error code, never the body.
    ``now`` is the time since the epoch, for a Retry-After that is a date.
    """
    status = response.status_code
    if not 200 <= status < 300:
        raise _failure(response, call=call, max_body=max_body, now=now)
    if len(response.content) > max_body:
        raise APIError(f"{call}: the answer is larger than {max_body} bytes.", status=status)
    try:
        return _json(response.content)
    except (ValueError, RecursionError):  # ValueError: not UTF-8, not JSON, or NaN
        kind = _kind(response)
    # Raised outside the except clause: the decoder's error carries the body, which may hold personal data.
    raise APIError(f"{call}: the answer is not JSON ({kind}). Check CLERK_API_URL.", status=status)


def _failure(response: requests.Response, *, call: str, max_body: int, now: float) -> APIError:
    status = response.status_code
    document = _document(response.content) if len(response.content) <= max_body else {}
    listed = document.get("errors")
    errors = [error for error in listed if isinstance(error, dict)] if isinstance(listed, list) else []
    code = next((error["code"] for error in errors if _matches(_CODE, error.get("code"))), None)
    trace_id = next(
        (t for t in (document.get("clerk_trace_id"), response.headers.get("cf-ray")) if _matches(_TRACE, t)), None
    )
    kind, advice = _classify(status, known=bool(errors))
    text = f"{call}: Clerk answered {status}"
    text += f" ({code}{_blamed(errors)})" if code else ""
    text += f", trace {trace_id}." if trace_id else "."
    return kind(
        text + advice,
        status=status,
        code=code,
        errors=errors,
        trace_id=trace_id,
        retry_after=retry_after(response.headers, now=now),
    )


def _blamed(errors: Sequence[Mapping[str, Any]]) -> str:
    """Return the name of the parameter that the first error is about, as the end of a phrase."""
    meta = errors[0].get("meta")
    name = meta.get("param_name") if isinstance(meta, dict) else None
    return f", {name}" if _matches(_PARAMETER, name) else ""


def _classify(status: int, *, known: bool) -> tuple[type[APIError], str]:
    """Return the exception for a status and what to tell the developer. ``known``: the body has Clerk's error list."""
    if status == HTTPStatus.UNAUTHORIZED:
        return APIUnauthorized, " CLERK_SECRET_KEY is wrong, revoked or of another instance."
    if status == HTTPStatus.NOT_FOUND and known:
        return APINotFound, ""
    if status == HTTPStatus.NOT_FOUND:  # another server's 404 says nothing about the user, and must not delete one
        return APIError, " That is not Clerk's own 404: check CLERK_API_URL."
    if status >= 500:
        return APIUnavailable, ""
    if 300 <= status < 400:
        return APIError, " Redirects are not followed: check CLERK_API_URL."
    return _PLAIN.get(status, APIError), ""


def retry_after(headers: Mapping[str, str], *, now: float) -> float | None:
    """Return the seconds that Retry-After asks for, given as seconds or as a date; None when absent or unreadable."""
    text = headers.get("Retry-After", "").strip()
    if _SECONDS.fullmatch(text):
        return min(float(text), _LONGEST)
    date = _date(text)
    if date is None:
        return None
    sent = _date(headers.get("Date", ""))  # the server's own clock, where it tells: ours may be wrong
    return min(max(date - (now if sent is None else sent), 0.0), _LONGEST)


def _date(text: str) -> float | None:
    try:
        date = parsedate_to_datetime(text)
        return date.replace(tzinfo=date.tzinfo or timezone.utc).timestamp()  # HTTP's dates are in GMT, said or not
    except (ValueError, OverflowError):
        return None


def _json(body: bytes) -> Any:
    # A number of thousands of digits, which users may have in their metadata, must not keep others from being read.
    return json.loads(body.decode("utf-8"), parse_constant=_refuse_constant, parse_int=strictjson.whole)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON.")


def _document(body: bytes) -> dict[str, Any]:
    """Return the object in an error's body, empty when there is none: a proxy's error page says nothing of use."""
    try:
        document = _json(body)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _matches(pattern: re.Pattern[str], value: object) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def _kind(response: requests.Response) -> str:
    found = _MEDIA_TYPE.match(response.headers.get("Content-Type", ""))
    kind = found.group() if found else "no content type"
    return f"{kind}, compressed" if response.headers.get("Content-Encoding", "identity") != "identity" else kind
