"""Clerk's own back-end SDKs, for Python and for JavaScript, cannot tell the local Clerk from the real one."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings

from django_clerk.emulator.credentials import INSTANCE, PUBLISHABLE_KEY
from django_clerk.emulator.emulator import Emulator
from django_clerk.emulator.management.commands.clerk_emulator import make_server
from tests.emulator.receivers import received
from tests.emulator.visitor import Visitor

FOREIGN = Path(__file__).parent / "foreign"
PASSWORD = "correct horse battery"
SITE = "http://localhost:8000"


@pytest.fixture
def origin() -> Iterator[str]:
    """The local Clerk on a port of its own."""
    server = make_server(0)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    with override_settings(ALLOWED_HOSTS=["localhost"]):
        yield f"http://localhost:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def ada(emulator: Emulator) -> dict[str, Any]:
    return emulator.create_user(email_address="ada@example.com", password=PASSWORD, first_name="Ada")


@pytest.fixture
def visitor(ada: dict[str, Any]) -> Visitor:
    visitor = Visitor()
    visitor.sign_in("ada@example.com", PASSWORD)
    return visitor


def token_of(visitor: Visitor, **form: str) -> str:
    token: str = visitor.call("POST", f"/client/sessions/{visitor.session_id}/tokens", **form).json["jwt"]
    return token


@pytest.mark.filterwarnings("ignore:warning. .. DEPRECATED:DeprecationWarning")  # of its own fields, by itself
class TestPython:
    """``clerk-backend-api``, which validates every answer by its own models."""

    @pytest.fixture
    def clerk(self, emulator: Emulator, origin: str) -> Iterator[Any]:
        sdk = pytest.importorskip("clerk_backend_api")
        with sdk.Clerk(
            bearer_auth=emulator.credentials.secret_key,
            server_url=f"{origin}/__clerk_api/v1",
            timeout_ms=10_000,
            retry_config=None,  # it would try again for an hour
        ) as clerk:
            yield clerk

    def test_users(self, clerk: Any) -> None:
        made = clerk.users.create(email_address=["grace@example.com"], first_name="Grace", password=PASSWORD)
        assert [user.id for user in clerk.users.list(request={"email_address": ["grace@example.com"]})] == [made.id]
        assert clerk.users.count(request={}).total_count == 1
        assert clerk.users.update(user_id=made.id, last_name="Hopper").last_name == "Hopper"
        changed = clerk.users.update_metadata(user_id=made.id, public_metadata={"role": "admin"})
        assert changed.public_metadata == {"role": "admin"}
        assert clerk.users.ban(user_id=made.id).banned is True
        assert clerk.users.unban(user_id=made.id).banned is False
        assert clerk.users.lock(user_id=made.id).locked is True
        assert clerk.users.unlock(user_id=made.id).locked is False
        assert clerk.users.get(user_id=made.id).email_addresses[0].email_address == "grace@example.com"
        assert clerk.users.delete(user_id=made.id).deleted is True
        assert received[0].event["type"] == "user.created"

    def test_sessions_and_tickets(self, clerk: Any, ada: dict[str, Any]) -> None:
        session = clerk.sessions.create(request={"user_id": ada["id"]})
        assert [item.id for item in clerk.sessions.list(user_id=ada["id"])] == [session.id]
        assert clerk.sessions.get(session_id=session.id).status == "active"
        assert clerk.sessions.create_token(session_id=session.id).jwt.count(".") == 2
        assert clerk.sessions.revoke(session_id=session.id).status == "revoked"
        ticket = clerk.sign_in_tokens.create(request={"user_id": ada["id"]})
        assert clerk.sign_in_tokens.revoke(sign_in_token_id=ticket.id).status == "revoked"
        actor = clerk.actor_tokens.create(request={"user_id": ada["id"], "actor": {"sub": "user_operator"}})
        assert clerk.actor_tokens.revoke(actor_token_id=actor.id).status == "revoked"

    def test_organizations(self, clerk: Any, ada: dict[str, Any]) -> None:
        organization = clerk.organizations.create(request={"name": "Engines", "created_by": ada["id"]})
        assert clerk.organizations.get(organization_id=organization.id).slug == "engines"
        assert clerk.organizations.list().total_count == 1
        [membership] = clerk.organization_memberships.list(organization_id=organization.id).data
        assert membership.role == "org:admin"
        invited = clerk.organization_invitations.create(
            organization_id=organization.id, email_address="grace@example.com", role="org:member"
        )
        assert clerk.organization_invitations.list(organization_id=organization.id).data[0].id == invited.id
        assert clerk.organizations.delete(organization_id=organization.id).deleted is True

    def test_keys(self, clerk: Any, emulator: Emulator) -> None:
        emulator.keys.rotate()
        assert len(clerk.jwks.get_jwks().keys) == 2

    def test_an_error_is_clerks(self, clerk: Any) -> None:
        errors = pytest.importorskip("clerk_backend_api.models")
        with pytest.raises(errors.ClerkErrors) as caught:
            clerk.users.get(user_id="user_nobody")
        assert caught.value.data.errors[0].code == "resource_not_found"

    def test_a_browsers_token_is_accepted(self, emulator: Emulator, visitor: Visitor, ada: dict[str, Any]) -> None:
        security = pytest.importorskip("clerk_backend_api.security")
        types = pytest.importorskip("clerk_backend_api.security.types")
        httpx = pytest.importorskip("httpx")
        options = types.AuthenticateRequestOptions(
            jwt_key=emulator.signer.public_key_pem(), authorized_parties=[SITE], accepts_token=["session_token"]
        )

        def ask(token: str) -> Any:
            request = httpx.Request("GET", SITE, headers={"Authorization": f"Bearer {token}"})
            return security.authenticate_request(request, options)

        state = ask(token_of(visitor))
        assert (state.is_signed_in, state.payload["sub"]) == (True, ada["id"])
        expired = emulator.mint_session_token(ada["id"], azp=SITE, lifetime=-60)
        assert ask(expired).is_signed_in is False


class TestJavaScript:
    """``@clerk/backend``, whose ``authenticateRequest`` is what every server of Clerk's for JavaScript asks."""

    @pytest.fixture
    def call(self, emulator: Emulator, origin: str) -> Any:
        if shutil.which("node") is None or not (FOREIGN / "node_modules" / "@clerk" / "backend").is_dir():
            pytest.skip("needs node, and npm ci --ignore-scripts in tests/emulator/foreign")
        options = {
            "secretKey": emulator.credentials.secret_key,
            "publishableKey": PUBLISHABLE_KEY,
            "apiUrl": f"{origin}/__clerk_api",
            "proxyUrl": f"{origin}/__clerk",
        }

        def call(*calls: Any) -> list[Any]:
            result = subprocess.run(
                ["node", FOREIGN / "calls.mjs"],
                input=json.dumps({"options": options, "calls": calls}),
                capture_output=True,
                text=True,
                timeout=60,
            )
            assert result.returncode == 0, result.stderr
            answers: list[Any] = json.loads(result.stdout)
            return answers

        return call

    def test_it_authenticates_by_header(
        self, call: Any, emulator: Emulator, visitor: Visitor, ada: dict[str, Any]
    ) -> None:
        organization = emulator.organizations.create({"name": "Engines", "created_by": ada["id"]})
        emulator.dashboard.configure(role_permissions={"org:admin": ["org:invoices:create"]})
        emulator.dashboard.subscribe(ada["id"], plan="pro", features=["export"])
        emulator.clients.verified(visitor.session_id, minutes_ago=20)
        token = token_of(visitor, organization_id=organization["id"])
        questions = [
            {"role": "org:admin"},
            {"role": "org:member"},
            {"permission": "org:invoices:create"},
            {"permission": "org:invoices:delete"},
            {"plan": "user:pro"},
            {"feature": "user:export"},
            {"feature": "org:export"},
            {"reverification": "strict"},
            {"reverification": "moderate"},
        ]
        headers = {"authorization": f"Bearer {token}"}
        asked = {"url": SITE, "headers": headers, "has": questions, "authorizedParties": [SITE]}
        [answer] = call(["authenticateRequest", asked])
        state = answer["value"]
        assert (state["status"], state["userId"], state["orgId"]) == ("signed-in", ada["id"], organization["id"])
        assert list(state["has"].values()) == [True, False, True, False, True, True, False, False, True]
        [refused] = call(["authenticateRequest", {**asked, "authorizedParties": ["https://other.example"]}])
        assert (refused["value"]["status"], refused["value"]["reason"]) == (
            "signed-out",
            "token-invalid-authorized-parties",
        )

    def test_it_sees_who_impersonates(self, call: Any, emulator: Emulator, ada: dict[str, Any]) -> None:
        ticket = emulator.sign_in_tokens.create_actor({"user_id": ada["id"], "actor": {"sub": "user_operator"}})
        visitor = Visitor()
        done = visitor.call("POST", "/client/sign_ins", strategy="ticket", ticket=ticket["token"]).resource
        visitor.session_id = done["created_session_id"]
        headers = {"authorization": f"Bearer {token_of(visitor)}"}
        [answer] = call(["authenticateRequest", {"url": SITE, "headers": headers}])
        assert answer["value"]["actor"] == {"sub": "user_operator"}

    @pytest.mark.parametrize("nonce", [True, False], ids=["nonce", "token"])
    def test_it_shakes_hands(
        self, call: Any, emulator: Emulator, visitor: Visitor, ada: dict[str, Any], nonce: bool
    ) -> None:
        """From cookies that say that somebody is signed in, without a token, to one: there and back."""
        client = emulator.clients.find([], visitor.browser.cookies["__client"].value)
        assert client is not None
        known = f"__clerk_db_jwt={client.dev_browser}; {INSTANCE.suffixed('__clerk_db_jwt')}={client.dev_browser}"
        cookie = f"{known}; __client_uat=1; {INSTANCE.suffixed('__client_uat')}=1"
        page = {"url": f"{SITE}/dashboard", "headers": {"cookie": cookie, "sec-fetch-dest": "document"}}
        [there] = call(["authenticateRequest", page])
        assert there["value"]["status"] == "handshake"
        query = there["value"]["location"].partition("?")[2]
        assert "format=nonce" in query
        if not nonce:
            query = query.replace("format=nonce", "format=token")
        response = visitor.browser.get(f"/__clerk/v1/client/handshake?{query}")
        assert response.status_code == 307
        assert ("__clerk_handshake_nonce=" in response["Location"]) is nonce
        [back] = call(["authenticateRequest", {**page, "url": response["Location"]}])
        assert (back["value"]["status"], back["value"]["userId"]) == ("signed-in", ada["id"])
        names = {line.partition("=")[0] for line in back["value"]["cookies"]}
        assert {"__session", INSTANCE.suffixed("__session"), "__client_uat"} <= names

    def test_it_renews_by_a_refresh_token(
        self, call: Any, emulator: Emulator, visitor: Visitor, ada: dict[str, Any]
    ) -> None:
        client = emulator.clients.find([], visitor.browser.cookies["__client"].value)
        assert client is not None
        cookies = {cookie.name: cookie.value for cookie in emulator.clients.state(client, azp=SITE).cookies(INSTANCE)}
        expired = emulator.mint_session_token(ada["id"], azp=SITE, session_id=visitor.session_id, lifetime=-60)
        cookies |= {"__session": expired, INSTANCE.suffixed("__session"): expired}
        cookie = "; ".join(f"{name}={value}" for name, value in cookies.items())
        page = {"url": f"{SITE}/dashboard", "headers": {"cookie": cookie, "sec-fetch-dest": "document"}}
        [answer] = call(["authenticateRequest", page])
        assert (answer["value"]["status"], answer["value"]["userId"]) == ("signed-in", ada["id"])

    def test_it_calls_the_back_end(self, call: Any, ada: dict[str, Any]) -> None:
        answers = call(
            ["users.getUserList", {"emailAddress": ["ada@example.com"]}],
            ["users.createUser", {"emailAddress": ["grace@example.com"], "firstName": "Grace"}],
            ["users.updateUserMetadata", ada["id"], {"publicMetadata": {"role": "admin"}}],
            ["organizations.createOrganization", {"name": "Engines", "createdBy": ada["id"]}],
            ["organizations.getOrganizationList", {"includeMembersCount": True}],
            ["users.getOrganizationMembershipList", {"userId": ada["id"]}],
            ["signInTokens.createSignInToken", {"userId": ada["id"], "expiresInSeconds": 60}],
            ["sessions.getSessionList", {"userId": ada["id"]}],
            ["users.getUser", "user_nobody"],
        )
        assert [answer.get("error") for answer in answers] == [None] * 8 + ["resource_not_found"]
        assert answers[0]["value"]["data"][0]["id"] == ada["id"]
        assert answers[2]["value"]["publicMetadata"] == {"role": "admin"}
        assert answers[4]["value"]["data"][0]["membersCount"] == 1
        assert answers[5]["value"]["data"][0]["role"] == "org:admin"
