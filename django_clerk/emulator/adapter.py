"""Lets django_clerk's own Backend API client reach the local Clerk in process: no socket, no second server."""

from __future__ import annotations

import io
from collections.abc import Mapping
from http.client import responses
from typing import Any
from urllib.parse import unquote, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPResponse

from .exchange import Call
from .faults import NoAnswer
from .instance import get_emulator


class EmulatorAdapter(HTTPAdapter):
    """
    A transport adapter of ``requests`` whose other end is the emulator of the current settings.

    The call is served in the calling thread, so whatever it sets off, webhooks included, has happened when it returns.
    """

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: float | tuple[float | None, float | None] | None = None,
        verify: bool | str = True,
        cert: bytes | str | tuple[bytes | str, bytes | str] | None = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Return the answer. Raises requests' ConnectionError or ReadTimeout for faults on demand."""
        emulator = get_emulator()
        emulator.resume_retries()
        try:
            answer = emulator.api.answer(_call(request), timeout=_seconds(timeout))
        except NoAnswer as error:
            failure = requests.exceptions.ReadTimeout if error.timed_out else requests.exceptions.ConnectionError
            raise failure(str(error), request=request) from error
        raw = HTTPResponse(
            body=io.BytesIO(answer.body),
            status=answer.status,
            reason=responses.get(answer.status, ""),
            headers=answer.headers,
            preload_content=False,
        )
        return self.build_response(request, raw)


def _call(request: requests.PreparedRequest) -> Call:
    parts = urlsplit(request.url or "")
    body: Any = request.body or b""
    return Call(
        method=request.method or "GET",
        path=unquote(parts.path),
        query_string=parts.query,
        authorization=str(request.headers.get("Authorization", "")),
        body=body.encode("utf-8") if isinstance(body, str) else bytes(body),
    )


def _seconds(timeout: float | tuple[float | None, float | None] | None) -> float | None:
    return timeout[1] if isinstance(timeout, tuple) else timeout
