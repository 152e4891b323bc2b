"""
The endpoints that verify API keys, machines' tokens and OAuth access tokens, and those that make and revoke API keys.

Clerk's SDKs call them without ``/v1``, though the specification lists them under it: both are answered.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from django_clerk.emulator.exchange import Answer, Call, Problem
from django_clerk.emulator.machines import API_KEY, OAUTH_TOKEN, Machines

from .router import Routes

_VERSION = "(?:/v1)?"
_M2M_VERIFY = re.compile(f"{_VERSION}/m2m_tokens/verify")
_LONGEST = 100 * 365 * 24 * 60 * 60
_LONGEST_DESCRIPTION = 255
_SUBJECTS = ("user_", "org_", "mch_")


class MachineEndpoints:
    def __init__(self, machines: Machines) -> None:
        self._machines = machines

    @property
    def routes(self) -> Routes:
        return {
            f"{_VERSION}/api_keys": {"POST": self._create_api_key},
            f"{_VERSION}/api_keys/verify": {"POST": self._verifier(API_KEY, "secret")},
            _M2M_VERIFY.pattern: {"POST": self._verify_m2m},
            f"{_VERSION}/oauth_applications/access_tokens/verify": {
                "POST": self._verifier(OAUTH_TOKEN, "access_token", "secret")
            },
            f"{_VERSION}/(?:api_keys|m2m_tokens)/(?P<credential_id>(?:ak|mt)_[^/]+)/revoke": {"POST": self._revoke},
        }

    def admits(self, call: Call) -> bool:
        """A machine may ask about the tokens that other machines show to it."""
        return _M2M_VERIFY.fullmatch(call.path) is not None and self._machines.machine_of(call.key) is not None

    def _create_api_key(self, call: Call) -> Answer:
        body = call.json()
        name, subject = body.pop("name", None), body.pop("subject", None)
        if not isinstance(name, str) or len(name) < 3 or not isinstance(subject, str):
            raise _bad_request("An API key needs a name of at least 3 characters and a subject.")
        if not subject.startswith(_SUBJECTS):
            raise _bad_request("subject must be the id of a user, an organization or a machine.")
        scopes, lifetime = body.pop("scopes", None) or [], body.pop("seconds_until_expiration", None)
        if not isinstance(scopes, list) or not all(isinstance(scope, str) for scope in scopes):
            raise _bad_request("scopes must be a list of strings.")
        if lifetime is not None and (type(lifetime) not in (int, float) or not 0 < lifetime <= _LONGEST):
            raise _bad_request("seconds_until_expiration must be a number above 0, and no more than 100 years.")
        known: dict[str, Any] = {key: body.pop(key, None) for key in ("claims", "created_by", "description")}
        if not all(isinstance(known[key], (str, type(None))) for key in ("created_by", "description")):
            raise _bad_request("created_by and description must be strings or null.")
        if known["created_by"] is not None and not known["created_by"].startswith("user_"):
            raise _bad_request("created_by must be the id of a user.")
        if len(known["description"] or "") > _LONGEST_DESCRIPTION:
            raise _bad_request(f"description must not be longer than {_LONGEST_DESCRIPTION} characters.")
        if set(body) - {"type"}:
            raise _bad_request(f"Unknown parameters: {', '.join(sorted(set(body) - {'type'}))}.")
        return Answer.json(
            self._machines.create_api_key(subject, name=name, scopes=scopes, expires_in=lifetime, **known)
        )

    def _revoke(self, call: Call, credential_id: str) -> Answer:
        reason = call.json().get("revocation_reason")
        if reason is not None and not isinstance(reason, str):
            raise _bad_request("revocation_reason must be a string or null.")
        return Answer.json(self._machines.revoke(credential_id, reason))

    def _verify_m2m(self, call: Call) -> Answer:
        return Answer.json(self._machines.verify_m2m(_secret(call.json(), ("token",)), asked_by=call.key))

    def _verifier(self, kind: str, *names: str) -> Callable[[Call], Answer]:
        """Return what verifies credentials of one kind, which come under one of these names."""

        def verify(call: Call) -> Answer:
            return Answer.json(self._machines.verify(kind, _secret(call.json(), names)))

        return verify


def _secret(body: Mapping[str, Any], names: tuple[str, ...]) -> str:
    values = [body[name] for name in names if name in body]
    if len(values) != 1 or len(body) != 1 or not isinstance(values[0], str):
        raise _bad_request(f"The body must be an object with {names[0]}, a string, and nothing else.")
    return values[0]


def _bad_request(sentence: str) -> Problem:
    return Problem.of(400, "bad_request", "Bad Request", sentence)
