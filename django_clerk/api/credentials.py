"""What a credential in a request may have to be asked about, while somebody waits for a page: once, and briefly."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from .calls import Calls, quoted, wrong_shape

#: Seconds for an answer; later than that, a person would rather be told that it cannot be had.
DEADLINE = 3.0
_NONCE = re.compile(r"[A-Za-z0-9_-]{1,512}")


class CredentialCalls(Calls):
    """
    The calls on the path of a request. None is repeated by itself.

    The verifications are about opaque machine credentials. Clerk serves them without a version in the path, and answers
    404 (APINotFound) for one that it does not know; whether a known one is still good is for the caller to judge, by
    ``django_clerk.core.machines``.
    """

    def verify_api_key(self, secret: str, *, deadline: float = DEADLINE) -> dict[str, Any]:
        """Return Clerk's document about an API key, "ak_…"."""
        return self._verify("/api_keys/verify", {"secret": secret}, deadline)

    def verify_m2m_token(self, token: str, *, deadline: float = DEADLINE) -> dict[str, Any]:
        """Return Clerk's document about an opaque machine-to-machine token, "mt_…"."""
        return self._verify("/m2m_tokens/verify", {"token": token}, deadline)

    def verify_oauth_token(self, token: str, *, deadline: float = DEADLINE) -> dict[str, Any]:
        """Return Clerk's document about an opaque OAuth access token, "oat_…"; of a dead one, ``{"active": False}``."""
        return self._verify("/oauth_applications/access_tokens/verify", {"access_token": token}, deadline)

    def handshake_payload(self, nonce: str, *, deadline: float = DEADLINE) -> list[str]:
        """Return the Set-Cookie lines that a handshake nonce stands for. Raises ValueError for what cannot be one."""
        if not _NONCE.fullmatch(nonce):
            raise ValueError("A handshake nonce consists of letters, digits, underscores and hyphens.")
        path = "/v1/clients/handshake_payload"
        answer = self._call("GET", path, params={"nonce": nonce}, deadline=deadline, attempts=1)
        return _strings(answer, "directives", call=f"GET {path}")

    def refresh_session(
        self,
        session_id: str,
        *,
        expired_token: str,
        refresh_token: str,
        request_origin: str,
        request_headers: Mapping[str, Sequence[str]],
        suffixed_cookies: bool,
        deadline: float = DEADLINE,
    ) -> list[str]:
        """Return the Set-Cookie lines of a session that goes on. An APIError's ``code`` says why it does not."""
        path = f"/v1/sessions/{quoted(session_id)}/refresh"
        body = {
            "format": "cookie",
            "expired_token": expired_token,
            "refresh_token": refresh_token,
            "request_origin": request_origin,
            "request_headers": {name: list(values) for name, values in request_headers.items()},
        }
        params = {"suffixed_cookies": "true"} if suffixed_cookies else None
        answer = self._call("POST", path, params=params, body=body, deadline=deadline, attempts=1)
        return _strings(answer, "cookies", call=f"POST {path}")

    def _verify(self, path: str, body: Mapping[str, str], deadline: float) -> dict[str, Any]:
        answer = self._call("POST", path, body=body, deadline=deadline, attempts=1)
        if not isinstance(answer, dict):
            raise wrong_shape(f"POST {path}", "an object")
        return answer


def _strings(answer: Any, name: str, *, call: str) -> list[str]:
    listed = answer.get(name) if isinstance(answer, dict) else None
    if not isinstance(listed, list) or not all(isinstance(item, str) for item in listed):
        raise wrong_shape(call, f"a list of {name}")
    return listed
