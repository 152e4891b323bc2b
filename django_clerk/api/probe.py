"""What an address of Clerk's says to whoever asks without credentials: for a diagnosis, and for nothing else."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timezone
from email.utils import parsedate_to_datetime
from typing import Any

import requests

from django_clerk import __version__
from django_clerk.exceptions import APIUnavailable

from . import transport
from .connection import BoundedRequest


@dataclass(frozen=True)
class Seen:
    """An answer, whatever its status."""

    status: int
    document: Any  #: the JSON in it, None where there is none
    told_at: float | None  #: when, by the server's clock, in seconds since the epoch


def look(url: str, *, deadline: float = 5.0) -> Seen:
    """Return what is at a URL. Raises APIUnavailable where nobody answers."""
    request = BoundedRequest()
    agent = f"django_clerk/{__version__}"
    headers = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": agent}
    call = f"GET {url}"
    try:
        request.prepare(method="GET", url=url, headers=headers)
    except requests.exceptions.RequestException as error:
        raise APIUnavailable(f"{call}: that is not a URL.") from error
    response = transport.exchange(request, deadline=deadline, call=call)
    return Seen(response.status_code, _document(response), _date(response))


def _document(response: requests.Response) -> Any:
    try:
        return json.loads(response.content)
    except (ValueError, RecursionError):
        return None


def _date(response: requests.Response) -> float | None:
    try:
        date = parsedate_to_datetime(response.headers.get("Date", ""))
        return date.replace(tzinfo=date.tzinfo or timezone.utc).timestamp()
    except (ValueError, OverflowError):
        return None
