"""One HTTP call and its answer, without a web framework: in-process callers and Django views bring the same thing."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from django_clerk.exceptions import ClerkError

from .incoming import flaw, read_json

Error = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Call:
    """A request to one of Clerk's APIs."""

    method: str
    path: str  #: percent-decoded and without the mount point, such as "/v1/users"
    query_string: str = ""
    authorization: str = field(default="", repr=False)
    body: bytes = field(default=b"", repr=False)

    @property
    def query(self) -> list[tuple[str, str]]:
        return parse_qsl(self.query_string, keep_blank_values=True)

    @property
    def key(self) -> str:
        """What the caller authenticates with; empty without a Bearer scheme."""
        scheme, _, key = self.authorization.partition(" ")
        return key.strip() if scheme.lower() == "bearer" else ""

    def json(self) -> dict[str, Any]:
        """
        Return the body, which must be a JSON object; an empty body counts as one without members.

        Raises Problem: 400 for what is none, 422 for members that cannot be kept.
        """
        try:
            value = read_json(self.body or b"{}")
        except ValueError:
            value = None
        if not isinstance(value, dict):
            raise Problem.of(
                400, "request_body_invalid", "Request body invalid", "The request body must be a JSON object."
            )
        flaws = [(name, flaw(name) or flaw(member)) for name, member in value.items()]
        if errors := [unfit(name, wanted) for name, wanted in flaws if wanted]:
            raise Problem(422, errors)
        return value


@dataclass(frozen=True)
class Answer:
    """The response to a Call."""

    status: int
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def json(cls, value: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
        return cls.of_json(json.dumps(value, separators=(",", ":")).encode("ascii"), status=status, headers=headers)

    @classmethod
    def of_json(cls, body: bytes, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
        """Return an answer whose body is JSON text already."""
        return cls(status, body, {"Content-Type": "application/json", "Cache-Control": "no-store", **(headers or {})})


class Problem(ClerkError):
    """A call that Clerk would refuse, with the status and the errors it would refuse it with."""

    def __init__(self, status: int, errors: Sequence[Error], *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(" ".join(error["long_message"] for error in errors))
        self.status = status  #: HTTP status
        self.errors = list(errors)  #: in Clerk's shape: code, message, long_message, meta
        self.headers = dict(headers or {})  #: of the answer, such as Retry-After

    @classmethod
    def of(cls, status: int, code: str, message: str, long_message: str = "", *, param: str | None = None) -> Problem:
        return cls(status, [error(code, message, long_message, param=param)])

    def answer(self) -> Answer:
        body = {"errors": self.errors, "clerk_trace_id": secrets.token_hex(16)}
        return Answer.json(body, status=self.status, headers=self.headers)


def error(code: str, message: str, long_message: str = "", *, param: str | None = None) -> Error:
    """Return one entry of the ``errors`` list. ``param`` names the parameter that is to blame."""
    meta = {} if param is None else {"param_name": param}
    return {"code": code, "message": message, "long_message": long_message or message, "meta": meta}


def unfit(name: str, wanted: str) -> Error:
    """Return the error of a parameter that is not what is ``wanted``."""
    return error("form_param_format_invalid", "is invalid", f"{name} must be {wanted}.", param=name)


def not_found(clerk_id: str, what: str = "user") -> Problem:
    return Problem.of(404, "resource_not_found", "not found", f"No {what} was found with id {clerk_id}.")


def not_emulated(what: str) -> Problem:
    """The honest answer for what Clerk can do and this program cannot."""
    return Problem.of(501, "not_emulated", "not emulated", f"The local Clerk does not do this: {what}.")
