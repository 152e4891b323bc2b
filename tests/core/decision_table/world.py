"""What the rows of the table are made of: two instances, their satellites, tokens at one fixed time, and requests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from django_clerk.core.decision import decide
from django_clerk.core.instance import Instance
from django_clerk.core.keys import PemKey, SigningKeys
from django_clerk.core.organizations import OrganizationPatterns
from django_clerk.core.request import ClerkRequest
from django_clerk.core.site import Site
from django_clerk.core.state import Handshake, SignedIn, State
from django_clerk.core.tokens import TokenVerifier
from django_clerk.core.urls import make_url
from tests.forge import forge
from tests.keys import PRIVATE_KEY, PUBLIC_PEM

NOW = 1_800_000_000
UAT = str(NOW - 100)
PRODUCTION_KEY = "pk_live_Y2xlcmsuZXhhbXBsZS5jb20k"
DEVELOPMENT_KEY = "pk_test_Zm9vLWJhci0xMy5jbGVyay5hY2NvdW50cy5kZXYk"
EXPIRED = "session-token-expired-refresh-"
NRC = f"{EXPIRED}non-eligible-no-refresh-cookie"
NO_GET = f"{EXPIRED}non-eligible-non-get"
NOTHING = "session-token-and-uat-missing"


@dataclass(frozen=True)
class Project:
    """A project's settings."""

    instance: Instance = field(default_factory=lambda: Instance.from_publishable_key(PRODUCTION_KEY))
    origin: str = "https://example.com"
    keys: SigningKeys = field(default_factory=lambda: PemKey(PUBLIC_PEM))
    parties: tuple[str, ...] = ()
    audience: tuple[str, ...] = ()
    sign_in_url: str = ""
    auto_sync: bool = False
    satellites: tuple[str, ...] = ()
    organizations: OrganizationPatterns = field(default_factory=OrganizationPatterns)

    def site(self, backend: Bapi | None) -> Site:
        verifier = TokenVerifier(
            self.keys,
            issuers=self.instance.issuers,
            authorized_parties=self.parties,
            audience=self.audience,
            clock=lambda: NOW,
        )
        return Site(
            verifier,
            self.instance,
            (lambda: backend) if backend is not None else None,
            self.sign_in_url,
            self.auto_sync,
            frozenset(self.satellites),
            self.organizations,
            clock=lambda: NOW,
        )


PRODUCTION = Project()
DEVELOPMENT = Project(Instance.from_publishable_key(DEVELOPMENT_KEY), "http://localhost:8000")
SUFFIX, DEVELOPMENT_SUFFIX = (f"_{one.instance.cookie_suffix}" for one in (PRODUCTION, DEVELOPMENT))


class Bapi:
    """Clerk's Backend API: one answer, or one error, and what was asked."""

    def __init__(self, answer: list[str] | Exception) -> None:
        self.answer = answer
        self.calls: list[dict[str, Any]] = []

    def handshake_payload(self, nonce: str) -> list[str]:
        return self._reply(nonce=nonce)

    def refresh_session(self, session_id: str, **body: Any) -> list[str]:
        return self._reply(session_id=session_id, **body)

    def _reply(self, **call: Any) -> list[str]:
        self.calls.append(call)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def token(*, header: Mapping[str, Any] | None = None, key: Any = PRIVATE_KEY, **changes: Any) -> str:
    """Return a session token of the production instance; a claim or a header set to None is left out."""
    claims: dict[str, Any] = {
        "azp": "https://example.com", "exp": NOW + 50, "iat": NOW - 10, "iss": "https://clerk.example.com",
        "nbf": NOW - 20, "sid": "sess_1", "sts": "active", "sub": "user_ada", "v": 2,
    }  # fmt: skip
    payload = {name: value for name, value in {**claims, **changes}.items() if value is not None}
    return forge(header=dict(header or {}), payload=payload, key=key)


def dev_token(**changes: Any) -> str:
    """Return a session token of the development instance."""
    issuer = DEVELOPMENT.instance.issuer
    return token(**{"iss": issuer, "azp": "http://localhost:8000", **changes})


def handshake_token(*directives: str, header: Mapping[str, Any] | None = None, key: Any = PRIVATE_KEY) -> str:
    """Return what Clerk signs at the end of a handshake: it has no category, no subject and no times."""
    return forge(header={"cat": None, **(header or {})}, payload={"handshake": list(directives)}, key=key)


AGED: dict[str, Any] = {"iat": NOW - 80, "nbf": NOW - 90, "exp": NOW - 20}
V, X = token(), token(**AGED)
DEV_V, DEV_X = dev_token(), dev_token(**AGED)
REFRESH, DEV_BROWSER = f"__refresh{SUFFIX}=rt_1", "__clerk_db_jwt=dvb_1"


def session(token: str | None, uat: str | None = UAT, suffix: str = "") -> str:
    """Return the cookies of a session, plain or suffixed."""
    pairs = (("__session", token), ("__client_uat", uat))
    return "; ".join(f"{name}{suffix}={value}" for name, value in pairs if value is not None)


@dataclass(frozen=True)
class Sent:
    """A request, its URL without the origin."""

    method: str
    target: str
    meta: Mapping[str, str]


def doc(target: str = "/page?x=1", *cookies: str, bearer: str | None = None, **meta: str | None) -> Sent:
    """Return what a browser sends when somebody follows a link. ``meta`` are changes; None leaves a header out."""
    method = meta.pop("method", None) or "GET"
    base: dict[str, str | None] = {"HTTP_SEC_FETCH_DEST": "document", "HTTP_ACCEPT": "text/html"}
    if cookies:
        base["HTTP_COOKIE"] = "; ".join(cookies)
    if bearer is not None:
        base["HTTP_AUTHORIZATION"] = f"Bearer {bearer}"
    base["QUERY_STRING"] = target.partition("?")[2]
    return Sent(method, target, {name: value for name, value in {**base, **meta}.items() if value is not None})


def xhr(target: str = "/page?x=1", *cookies: str, **more: Any) -> Sent:
    return doc(target, *cookies, **{"HTTP_SEC_FETCH_DEST": "empty", "HTTP_ACCEPT": "*/*", **more})


def post(target: str = "/page?x=1", *cookies: str, **more: Any) -> Sent:
    return doc(target, *cookies, **{"method": "POST", **more})


@dataclass(frozen=True)
class Row:
    """
    A row of the table: a request, and how it is decided.

    ``outcome`` is "SI", or "SO" or "HS" and the reason.
    """

    id: str
    outcome: str
    sent: Sent
    project: Project = PRODUCTION
    backend: list[str] | Exception | None = None
    user: str | None = "user_ada"  #: None for a pending session
    location: str | None = None  #: the whole of it, where it is not the Frontend API
    base: str | None = None  #: where the Frontend API is, where it is not where the publishable key says
    params: Mapping[str, str | None] = field(default_factory=dict)  #: of the Frontend API's URL; None: not there
    cookies: tuple[str, ...] = ()  #: Set-Cookie lines, but for the one that counts redirects
    count: int = 1  #: what that one says
    calls: tuple[Mapping[str, Any], ...] | None = None  #: what the Backend API is asked, as far as it matters


def rows(*all_rows: Row) -> pytest.MarkDecorator:
    """Return the decorator that tries each row, by its number."""
    return pytest.mark.parametrize("row", all_rows, ids=[row.id for row in all_rows])


def decided(row: Row) -> tuple[State, Bapi | None]:
    path, _, query = row.sent.target.partition("?")
    scheme, _, host = row.project.origin.partition("://")
    request = ClerkRequest(row.sent.method, row.sent.meta, lambda: make_url(scheme, host, path, query))
    backend = Bapi(row.backend) if row.backend is not None else None
    return decide(request, row.project.site(backend)), backend


def check(row: Row) -> None:
    """Decide a row's request, and compare everything that the state says."""
    state, backend = decided(row)
    told = {name: value for name, value in state.headers if name != "Set-Cookie"}
    cookies = tuple(value for name, value in state.headers if name == "Set-Cookie")
    if isinstance(state, SignedIn):
        assert row.outcome == "SI"
        assert state.claims.user_id == row.user
    else:
        assert f"{'HS' if isinstance(state, Handshake) else 'SO'} {state.reason}" == row.outcome
    if isinstance(state, Handshake):
        assert cookies[-1] == f"__clerk_redirect_count={row.count}; SameSite=Lax; HttpOnly; Max-Age=2"
        cookies = cookies[:-1]
    assert cookies == row.cookies
    assert told.get("Cache-Control") == ("no-store" if "Location" in told else None)
    if isinstance(state, Handshake) and row.location is None:
        check_frontend_api(row, told["Location"], state.reason)
    else:
        assert told.get("Location") == row.location
    if row.calls is not None:
        calls = backend.calls if backend is not None else []
        assert [{**call, **wanted} for call, wanted in zip(calls, row.calls, strict=True)] == calls


def check_frontend_api(row: Row, location: str, reason: str) -> None:
    base = row.base or f"https://{row.project.instance.frontend_api}"
    assert location.startswith(f"{base}/v1/client/handshake?")
    params = dict(parse_qsl(urlsplit(location).query, keep_blank_values=True))
    expected = {
        "redirect_url": row.project.origin + row.sent.target,
        "__clerk_api_version": "2026-05-12",
        "suffixed_cookies": "false",
        "__clerk_hs_reason": reason,
        "format": "nonce",
        **row.params,
    }
    assert {name: params.get(name) for name in expected} == expected
