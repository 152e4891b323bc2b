"""
Machine credentials in the hands of whoever wants more than they give.

A machine's token is signed with the key of the instance, as a session token is, and an opaque one costs a call of
Clerk's API to look at. So one must never pass for the other, and nobody can make us ask without end.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from typing import Any

import pytest
from django.http import HttpRequest, JsonResponse
from django.test import Client, RequestFactory, override_settings
from django.urls import path

from django_clerk.core import base64url
from django_clerk.core.machine_tokens import MOST_REFUSED
from django_clerk.decorators import clerk_accepts, clerk_login_required
from django_clerk.identify import identify
from tests.attacks.target import reasons, table
from tests.callers import CALLERS, as_page, sign_up
from tests.forge import forge
from tests.jwks import OTHER_KEY, jwk
from tests.keys import PUBLIC_PEM
from tests.loopback import Loopback, drip, html, ok, raw
from tests.machines import OPAQUE, PATHS, clerk_on_loopback, document, m2m_jwt, oauth_jwt, serve_machines
from tests.mint import M2M, TEMPLATE, bearer, claims, mint
from tests.testapp.people import create_user

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]

TYPES = ("api_key", "m2m_token", "oauth_token")


def whoami(request: Any) -> JsonResponse:
    return JsonResponse({"user": request.user.pk, "subject": request.clerk.subject, "type": request.clerk.token_type})


urlpatterns = [
    path("open/", whoami),
    path("closed/", clerk_login_required(whoami)),
    path("machines/", clerk_accepts(*TYPES)(whoami)),
    path("all/", clerk_accepts("session_token", *TYPES)(whoami)),
    *(path(f"{token_type}/", clerk_accepts(token_type)(whoami)) for token_type in TYPES),
]


@pytest.fixture(autouse=True)
def clerk(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Loopback]:
    with clerk_on_loopback(settings, monkeypatch) as server:
        yield server


@pytest.fixture(autouse=True)
def ada() -> Any:
    return sign_up(CALLERS["app-admin"])


def machine_claims(**changes: Any) -> dict[str, Any]:
    return claims(**{"sub": "mch_1", "sid": None, "azp": None, **changes})


def hs256(payload: dict[str, Any], header: dict[str, Any]) -> str:
    """Sign with the public key as if it were a secret, which PyJWT itself refuses to do."""
    head = forge({**header, "alg": "HS256"}, payload, b"").rpartition(".")[0]
    return f"{head}.{base64url.encode(hmac.new(PUBLIC_PEM.encode(), head.encode(), hashlib.sha256).digest())}"


OWN_JWK = jwk("ins_tests", OTHER_KEY)
FORGED: dict[str, str] = {
    "none": forge({"alg": "none", "cat": M2M}, machine_claims(), b""),
    "none in capitals": forge({"alg": "NONE", "cat": M2M}, machine_claims()),
    "no signature": forge({"cat": M2M}, machine_claims(), b""),
    "public key as a secret": hs256(machine_claims(), {"cat": M2M}),
    "another key": m2m_jwt(key=OTHER_KEY),
    "a key of its own": m2m_jwt(key=OTHER_KEY, headers={"jwk": OWN_JWK}),
    "a key elsewhere": m2m_jwt(key=OTHER_KEY, headers={"jku": "http://127.0.0.1:1/", "x5u": "http://127.0.0.1:1/"}),
    "critical": forge({"cat": M2M, "crit": ["exp"]}, machine_claims()),
    "detached": forge({"cat": M2M, "b64": False}, machine_claims()),
    "session category": m2m_jwt(headers={"cat": "cl_B7d4PD111AAA"}),
    "template category": m2m_jwt(headers={"cat": TEMPLATE}),
    "OAuth type": m2m_jwt(headers={"typ": "at+jwt"}),
    "subject twice": forge({"cat": M2M}, b'{"sub":"mch_1","sub":"mch_2","exp":99999999999,"iat":1}'),
    "expired": m2m_jwt(exp=1),
    "no end": m2m_jwt(exp=None),
    "end in milliseconds": m2m_jwt(exp=4_102_444_800_000),
    "end as text": m2m_jwt(exp="4102444800"),
    "machine with a line break": m2m_jwt(sub="mch_1\nuser_ada"),
    "OAuth token of another key": oauth_jwt(key=OTHER_KEY),
    "OAuth token without a signature": forge({"typ": "at+jwt", "cat": None}, claims(), b""),
    "OAuth token by a secret": hs256(claims(), {"typ": "at+jwt", "cat": None}),
    "OAuth token of an organization": oauth_jwt(sub="org_acme"),
    "OAuth token of nobody": oauth_jwt(sub=None),
    "OAuth token of a list": oauth_jwt(sub=["user_ada"]),
    "expired OAuth token": oauth_jwt(exp=1),
    "session token": mint(),
    "template token": mint(headers={"cat": TEMPLATE}),
    "template token of a machine": mint(headers={"cat": TEMPLATE}, sub="mch_1"),
    "empty": "",
    "prefix of nobody": "AK_secret",
    "old prefix": "m2m_secret",
    "prefix after a space": " ak_secret",
    "unknown": "ak_unknown",
    "with more behind": "ak_secret.",
    "in another case": "ak_SECRET",
    "longer than any": "ak_" + "x" * 17_000,
    "bomb": forge({"cat": M2M}, b'{"sub":"mch_1","x":' + b"[" * 5000 + b"]" * 5000 + b"}"),
}


@table(FORGED)
def test_is_let_in_nowhere(client: Client, attack: str) -> None:
    for token_type in (*TYPES, "machines", "closed"):
        if attack == FORGED["session token"] and token_type == "closed":
            continue
        headers = {"Authorization": f"Bearer {attack}", "Accept": "application/json"}
        response = client.get(f"/{token_type}/", headers=headers)
        if attack == FORGED["prefix after a space"]:  # HTTP does not tell spaces before a value apart
            continue
        assert response.status_code == 401


@table({"m2m": m2m_jwt, "oauth": oauth_jwt, **{name: lambda token=token: token for name, token in OPAQUE.items()}})
def test_is_no_session(client: Client, clerk: Loopback, attack: Any) -> None:
    token = attack()
    assert reasons(token) <= {"token-invalid", "token-type-mismatch"}
    for headers in (bearer(token=token), {"Cookie": f"__session={token}; __client_uat=1"}):
        body = client.get("/open/", headers=headers).json()
        assert (body["user"], body["subject"]) == (None, None)
        assert client.get("/closed/", headers={**headers, "Accept": "application/json"}).status_code == 401
    assert clerk.received == []


@pytest.mark.parametrize("token", [*OPAQUE.values(), m2m_jwt(), oauth_jwt()], ids=lambda token: token[:8])
class TestOnlyTheAuthorizationHeaderCarriesOne:
    @pytest.mark.parametrize(
        "header",
        ["X-Api-Key", "X-Authorization", "Proxy-Authorization", "Api-Key", "X-Clerk-Auth-Token", "Clerk-Token"],
    )
    def test_no_other_header(self, client: Client, clerk: Loopback, token: str, header: str) -> None:
        for value in (token, f"Bearer {token}"):
            assert client.get("/machines/", headers={header: value}).status_code == 401
        assert clerk.received == []

    @pytest.mark.parametrize(
        "name", ["__session", "__session_nx2hSE6I", "Authorization", "api_key", "__clerk_handshake"]
    )
    def test_no_cookie(self, client: Client, clerk: Loopback, token: str, name: str) -> None:
        cookie = {"Cookie": f"{name}={token}; __client_uat=1", "Accept": "application/json"}
        for url in ("/machines/", "/all/"):
            assert client.get(url, headers=cookie).status_code == 401
        assert clerk.received == []

    @pytest.mark.parametrize("name", ["token", "api_key", "access_token", "secret", "__session"])
    def test_no_query_and_no_form(self, client: Client, clerk: Loopback, token: str, name: str) -> None:
        assert client.get("/machines/", {name: token}).status_code == 401
        assert client.post("/machines/", {name: token}).status_code in (401, 403)
        assert clerk.received == []

    @pytest.mark.parametrize("scheme", ["Basic", "Token", "bearer", "BEARER", "Bearer:", "Bearer Bearer", "Digest"])
    def test_no_other_scheme(self, client: Client, token: str, scheme: str) -> None:
        assert client.get("/machines/", headers={"Authorization": f"{scheme} {token}"}).status_code == 401

    def test_no_two_headers(self, client: Client, token: str) -> None:
        for second in (token + "x", mint(), "ak_other"):
            header = {"Authorization": f"Bearer {token}, Bearer {second}"}
            assert client.get("/machines/", headers=header).status_code == 401


def test_two_identities_never_mix(client: Client, ada: Any) -> None:
    eve = create_user("eve", is_staff=True, is_superuser=True)
    password = as_page(CALLERS["superuser"], eve)["Cookie"]
    session = f"__session={mint(sub='user_eve')}; __client_uat=1"
    for cookie in (password, session, f"{password}; {session}"):
        for token, user in (("mt_secret", None), (m2m_jwt(), None), ("ak_secret", ada.pk), (oauth_jwt(), ada.pk)):
            response = client.get("/all/", headers={**bearer(token=token), "Cookie": cookie})
            assert response.json()["user"] == user
        refused = client.get("/all/", headers={**bearer(token="ak_unknown"), "Cookie": cookie})
        assert refused.status_code == 401


SUBJECTS: list[Any] = [
    None, "", 0, 1, True, [], ["user_ada"], {"id": "user_ada"}, "user_", "user_ada\n", "user_ada ", "user_ada\x00",
    "USER_ADA", "sess_1", "ins_1", "*", "user_ada' OR 1=1", "user_ada/../user_eve", "user_" + "a" * 5000,
    "user_\u0430da",
]  # fmt: skip


@pytest.mark.parametrize("token_type", TYPES)
@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda value: ascii(value)[:30])
def test_an_upstream_gone_wrong_signs_nobody_in(client: Client, clerk: Loopback, token_type: str, subject: Any) -> None:
    serve_machines(clerk, **{OPAQUE[token_type]: document(token_type, subject=subject)})
    assert client.get(f"/{token_type}/", headers=bearer(token=OPAQUE[token_type])).status_code == 401


ANSWERS: dict[str, Any] = {
    "null": ok(None), "list": ok([]), "text": ok("ak_secret"), "empty": ok({}), "true": ok(True), "page": html(),
    "not UTF-8": raw(b"\xff\xfe"), "deep": raw(b"[" * 100_000), "NaN": raw(b'{"expiration": NaN}'),
    "long number": raw(b'{"expiration": ' + b"9" * 10_000 + b"}"), "no JSON": raw(b"{"),
    "slow": drip({"subject": "user_ada"}, headers=True, every=0.5),
}  # fmt: skip


@table(ANSWERS)
def test_an_answer_that_is_none_is_no_500(client: Client, clerk: Loopback, attack: Any) -> None:
    for url in PATHS.values():
        clerk.on(url, attack)
    assert client.get("/api_key/", headers=bearer(token="ak_secret")).status_code in (401, 503)


def test_a_flood_of_invented_ones_costs_a_few_calls(client: Client, clerk: Loopback) -> None:
    assert client.get("/machines/", headers=bearer(token="ak_secret")).status_code == 200
    answers = {client.get("/machines/", headers=bearer(token=f"ak_{n}")).status_code for n in range(200)}
    assert answers == {401, 503}
    assert len(clerk.received) == 1 + MOST_REFUSED
    assert client.get("/machines/", headers=bearer(token="ak_secret")).status_code == 200
    assert client.get("/machines/", headers=bearer(token=m2m_jwt())).status_code == 200
    assert client.get("/all/", headers=bearer()).status_code == 200


def test_what_one_instance_knows_the_next_one_asks_about(client: Client, clerk: Loopback) -> None:
    for key in ("sk_live_one", "sk_live_two"):
        with override_settings(CLERK_SECRET_KEY=key):
            client.get("/machines/", headers=bearer(token="ak_secret"))
    assert [request.headers["Authorization"] for request in clerk.received] == [
        "Bearer sk_live_one",
        "Bearer sk_live_two",
    ]


def test_what_was_found_before_a_view_is_not_what_is_found_at_it(ada: Any) -> None:
    """Something above the view has asked already, when sessions were all there was; and the other way round."""
    request: Any = RequestFactory().get("/", headers=bearer(token="ak_secret"))
    assert not identify(request).is_signed_in
    accepting = clerk_accepts("api_key")(lambda request: JsonResponse({"subject": identify(request).subject}))
    assert accepting(request).status_code == 200
    closed = clerk_accepts("session_token")(lambda request: JsonResponse({}))
    assert closed(request).status_code == 401


@pytest.mark.parametrize("bad", ["session_token", "any", None, 5])
def test_guards_are_not_fooled_by_what_is_on_a_view(ada: Any, bad: Any) -> None:
    def view(request: HttpRequest) -> JsonResponse:
        return JsonResponse({})

    view.clerk_accepts = bad  # type: ignore[attr-defined]
    view.clerk_pending_allowed = bad  # type: ignore[attr-defined]
    guarded = clerk_login_required(view)
    request: Any = RequestFactory().get("/", headers={**bearer(token="ak_secret"), "Accept": "application/json"})
    assert guarded(request).status_code == 401
