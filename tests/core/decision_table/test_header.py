"""D1 to D44: the token in the Authorization header."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from django_clerk.api import ClerkClient
from django_clerk.core.keys import JwksKeys
from django_clerk.core.organizations import OrganizationPatterns
from django_clerk.core.state import SignedIn, SignedOut
from tests.jwks import OTHER_KEY, document, jwk
from tests.loopback import Loopback, Mode, ok, refuse, serve, status
from tests.machines import m2m_jwt
from tests.mint import NO_INFORMATION, TEMPLATE

from .world import (
    DEV_V,
    DEVELOPMENT,
    NO_GET,
    NOTHING,
    NOW,
    NRC,
    PRODUCTION,
    REFRESH,
    Row,
    V,
    X,
    check,
    decided,
    doc,
    post,
    rows,
    session,
    token,
    xhr,
)

PARTIES = replace(PRODUCTION, parties=("https://example.com",))
AUDIENCE = replace(PRODUCTION, audience=("b",))
ORGANIZATIONS = replace(PRODUCTION, organizations=OrganizationPatterns(["/orgs/:slug"]))
SIGNED_IN = session(V)
FRESH = f"__session={token(jti='fresh')}; Path=/"


@rows(
    Row("D1", f"SO {NOTHING}", doc()),
    Row("D2", "SI", xhr(bearer=V)),
    Row("D3", "SI", xhr(bearer=DEV_V), DEVELOPMENT),
    Row("D4", "SI", doc(HTTP_AUTHORIZATION=V)),
    Row("D5", f"SO {NOTHING}", doc(HTTP_AUTHORIZATION=f"bearer {V}")),
    Row("D6", "SI", doc("/", SIGNED_IN, HTTP_AUTHORIZATION="Basic abc")),
    Row("D7", "SI", doc("/", SIGNED_IN, bearer=token(sub="user_H")), user="user_H"),
    Row("D8", "SO token-invalid", doc("/", SIGNED_IN, bearer="abc")),
    Row("D9", f"SO {NRC}", xhr(bearer=X)),
    Row("D10", f"HS {NRC}", doc(bearer=X), params={"__session": X}),
    Row("D11", f"SO {NO_GET}", post(bearer=X)),
    Row(
        "D12",
        "SI",
        doc("/page?x=1", REFRESH, bearer=X),
        backend=[FRESH, "__client_uat=1; Path=/"],
        cookies=(FRESH, "__client_uat=1; Path=/"),
        calls=(
            {
                "session_id": "sess_1",
                "expired_token": X,
                "refresh_token": "rt_1",
                "request_origin": "https://example.com",
                "suffixed_cookies": False,
            },
        ),
    ),
    Row("D13", "SO session-token-nbf", xhr(bearer=token(nbf=NOW + 6))),
    Row("D14", "SO session-token-iat-in-the-future", xhr(bearer=token(iat=NOW + 6))),
    Row("D15", "SI", xhr(bearer=token(nbf=NOW + 5, iat=NOW + 5))),
    Row("D16", "SI", xhr(bearer=token(exp=NOW - 4))),
    Row("D17", f"SO {NRC}", xhr(bearer=token(exp=NOW - 5))),
    Row("D18", "SO token-invalid-signature", doc(bearer=token(key=OTHER_KEY))),
    Row("D18-expired", "SO token-invalid-signature", doc(bearer=token(key=OTHER_KEY, exp=NOW - 20))),
    Row("D19", "SO token-invalid-algorithm", doc(bearer=token(header={"alg": "HS256"}))),
    # Clerk's SDK verifies RS384 and RS512 as well; no instance signs with them, so exactly RS256 passes here.
    Row("D19-RS512", "SO token-invalid-algorithm", doc(bearer=token(header={"alg": "RS512"}))),
    Row("D20", "SO token-invalid", doc(bearer=token(header={"typ": "foo"}))),
    Row("D21", "SI", doc(bearer=token(header={"typ": None}))),
    Row("D22", "SO token-type-mismatch", doc(bearer=token(header={"typ": "at+jwt"}))),
    Row("D23", "SO token-invalid-authorized-parties", doc(bearer=token(azp="https://evil.com")), PARTIES),
    Row("D24", "SO token-invalid-authorized-parties", doc(bearer=token(azp=None)), PARTIES),
    Row("D25-without", "SI", doc(bearer=token(azp=None))),
    Row("D25-foreign", "SI", doc(bearer=token(azp="https://evil.com"))),
    Row("D26", "SO token-verification-failed", doc(bearer=token(aud="a")), AUDIENCE),
    Row("D27-unset", "SI", doc(bearer=token(aud="a"))),
    Row("D27-without", "SI", doc(bearer=V), AUDIENCE),
    Row("D28", "SO token-verification-failed", doc(bearer=token(sub=None))),
    Row("D29", "SO token-verification-failed", doc(bearer=token(exp=None))),
    # Clerk's SDK lets another instance's issuer in unless told not to. Here the publishable key says whose tokens pass.
    Row("D30", "SO token-invalid-issuer", doc(bearer=token(iss="https://clerk.evil.com"))),
    Row("D31", "SO token-invalid-issuer", doc("/", SIGNED_IN, bearer=token(iss="https://clerk.evil.com"))),
    Row("D32", "SI", doc(bearer=token(sts="pending")), user=None),
    Row("D33", "SO token-type-mismatch", doc(bearer=m2m_jwt())),
    Row("D34", "SO token-type-mismatch", doc(bearer=token(header={"cat": TEMPLATE}))),
    # No session token of Clerk's is without a session id; what is made from a JWT template may be, and lives longer.
    Row("D34-without-sid", "SO token-type-mismatch", doc(bearer=token(header={"cat": None}, sid=None))),
    Row("D35-no-information", "SI", doc(bearer=token(header={"cat": NO_INFORMATION}))),
    Row("D35-without", "SI", doc(bearer=token(header={"cat": None}))),
    Row("D36", "SO token-invalid", doc(bearer="ak_abc")),
    Row("D37", "SO token-invalid", doc(bearer="a.b.c")),
    Row(
        "D38", "SO jwk-kid-mismatch", doc(bearer=V), replace(PRODUCTION, keys=JwksKeys(lambda: document(jwk("ins_2"))))
    ),
    Row("D43", "SI", doc(bearer=V, HTTP_REFERER="https://satellite.com/")),
    Row("D44", "SI", doc("/orgs/acme", bearer=V), ORGANIZATIONS),
)
def test_row(row: Row) -> None:
    check(row)


def test_d32_says_pending() -> None:
    state, _ = decided(Row("D32", "SI", doc(bearer=token(sts="pending"))))
    assert isinstance(state, SignedIn)
    assert state.claims.session_status == "pending"
    assert (state.claims.session_id, dict(state.claims.payload)) == (None, {})


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Loopback]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with serve() as loopback:
        yield loopback


# Clerk's SDK asks up to five times in each request, and names a broken connection an unexpected error. Here a request
# asks once and the next ones not at all for a while, whatever went wrong; the answer is 503, and not 401.
@pytest.mark.parametrize(
    ("mode", "reason"),
    [
        pytest.param(status(401, data={"errors": [{"code": "clerk_key_invalid"}]}), "secret-key-invalid", id="D39"),
        pytest.param(refuse, "jwk-remote-failed-to-load", id="D40"),
        pytest.param(status(500, data={"errors": []}), "jwk-remote-failed-to-load", id="D41"),
        pytest.param(ok({"keys": []}), "jwk-remote-failed-to-load", id="D42"),
    ],
)
def test_keys_that_cannot_be_had(server: Loopback, mode: Mode, reason: str) -> None:
    server.on("/v1/jwks", mode)
    keys = JwksKeys(ClerkClient("sk_live_VeryUnlikely", base_url=server.url).jwks)
    for _ in range(3):
        state, _ = decided(Row("", "", doc(bearer=V), replace(PRODUCTION, keys=keys)))
        assert isinstance(state, SignedOut)
        assert (state.reason, state.is_unavailable, state.headers) == (reason, True, ())
    assert len(server.received) == 1
