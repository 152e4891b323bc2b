"""
drf-spectacular: how an API is called, and how it refuses.

``REST_FRAMEWORK = {"DEFAULT_SCHEMA_CLASS": "django_clerk.contrib.spectacular.ClerkAutoSchema"}`` is all there is to do.
"""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema

from django_clerk.core.machines import API_KEY, M2M, OAUTH, SESSION
from django_clerk.drf import ClerkAuthentication

_BEARER = {"type": "http", "scheme": "bearer"}
#: Name and definition of each way to call, by the type of token.
_SCHEMES: dict[str, dict[str, dict[str, str]]] = {
    SESSION: {
        "clerkSession": {**_BEARER, "bearerFormat": "JWT", "description": "A session token of Clerk's."},
        "clerkCookie": {
            "type": "apiKey",
            "in": "cookie",
            "name": "__session",
            "description": "Set by Clerk in the browser. Unsafe methods need Django's CSRF token as well.",
        },
    },
    API_KEY: {"clerkApiKey": {**_BEARER, "description": "An API key of Clerk's, ak_…"}},
    OAUTH: {"clerkOAuth": {**_BEARER, "description": "An OAuth access token of Clerk's."}},
    M2M: {"clerkMachine": {**_BEARER, "description": "A machine-to-machine token of Clerk's."}},
}
_NAMES = {name for schemes in _SCHEMES.values() for name in schemes}
_BODY = {
    "application/json": {
        "schema": {"type": "object", "properties": {"detail": {"type": "string"}}, "required": ["detail"]}
    }
}
_UNAUTHORIZED = {
    "description": "Nobody is signed in, or the credential is not valid.",
    "headers": {"WWW-Authenticate": {"schema": {"type": "string"}}},
    "content": _BODY,
}
_FORBIDDEN = {"description": "The caller may not do this, or the CSRF token is missing.", "content": _BODY}


class ClerkAuthenticationScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """The ways to call a view with ``ClerkAuthentication`` or a subclass: each type of token that it accepts is one."""

    target_class = ClerkAuthentication
    match_subclasses = True

    @property
    def name(self) -> list[str]:  # type: ignore[override]
        return list(self._schemes)

    @property
    def _schemes(self) -> dict[str, dict[str, str]]:
        return {name: scheme for accepted in self.target.accepts for name, scheme in _SCHEMES[accepted].items()}

    def get_security_requirement(self, auto_schema: AutoSchema) -> list[dict[str, list[Any]]]:
        """Any of them will do."""
        return [{name: []} for name in self._schemes]

    def get_security_definition(self, auto_schema: AutoSchema) -> list[dict[str, Any]]:
        """Return them in the order of their names."""
        return list(self._schemes.values())


class ClerkAutoSchema(AutoSchema):
    """Describes the refusals of every view that asks for a credential of Clerk's. Derive from it to add more."""

    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        """Return the description of a method of a view, None where it is left out."""
        operation: dict[str, Any] | None = super().get_operation(*args, **kwargs)
        security = operation.get("security", []) if operation is not None else []
        if operation is None or _NAMES.isdisjoint(name for way in security for name in way):
            return operation
        responses = operation["responses"]
        responses.setdefault("401", _UNAUTHORIZED)
        if {} not in security:  # where strangers are let in, nobody is refused for who they are
            responses.setdefault("403", _FORBIDDEN)
        return operation
