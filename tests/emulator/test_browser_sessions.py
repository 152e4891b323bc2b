"""Sessions in a browser: tokens, step-up, tasks, profile and addresses, as Clerk's JavaScript asks for them."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from django_clerk.emulator.emulator import Emulator
from tests.emulator.calls import in_process
from tests.emulator.receivers import received
from tests.emulator.visitor import Visitor, claims

PASSWORD = "correct horse battery"


@pytest.fixture
def ada(emulator: Emulator) -> dict[str, Any]:
    return emulator.create_user(email_address="ada@example.com", username="ada_l", password=PASSWORD)


@pytest.fixture
def visitor(ada: dict[str, Any]) -> Visitor:
    """Ada, signed in."""
    visitor = Visitor()
    visitor.sign_in("ada_l", PASSWORD)
    received.clear()
    return visitor


def stranger(emulator: Emulator) -> Visitor:
    """Somebody else, signed in in a browser of their own."""
    emulator.create_user(email_address="eve@example.com", password=PASSWORD)
    visitor = Visitor()
    visitor.sign_in("eve@example.com", PASSWORD)
    received.clear()
    return visitor


class TestTokens:
    def test_they_are_as_the_back_end_expects_them(self, visitor: Visitor, ada: dict[str, Any]) -> None:
        token = visitor.token()
        assert (token["sub"], token["v"], token["sts"], token["fva"]) == (ada["id"], 2, "active", [0, -1])
        assert token["exp"] - token["iat"] == 60
        assert not {"o", "fea", "pla", "act"} & set(token)

    def test_their_lifetime_is_for_the_developer_to_say(self, visitor: Visitor, emulator: Emulator) -> None:
        emulator.dashboard.configure(token_lifetime=7)
        token = visitor.token()
        assert token["exp"] - token["iat"] == 7

    def test_the_origin_is_that_of_the_page(self, visitor: Visitor) -> None:
        visitor.origin = "http://localhost:3000"
        assert visitor.token()["azp"] == "http://localhost:3000"

    def test_plan_and_features_of_the_user(self, visitor: Visitor, emulator: Emulator, ada: dict[str, Any]) -> None:
        emulator.dashboard.subscribe(ada["id"], plan="pro", features=["reports", "export"])
        token = visitor.token()
        assert (token["pla"], token["fea"]) == ("u:pro", "u:reports,u:export")

    def test_a_template_is_a_token_for_somebody_else(
        self, visitor: Visitor, emulator: Emulator, ada: dict[str, Any]
    ) -> None:
        emulator.dashboard.configure(jwt_templates={"hasura": {"aud": "hasura"}})
        answer = visitor.call("POST", f"/client/sessions/{visitor.session_id}/tokens/hasura")
        token = claims(answer.json["jwt"])
        assert (token["sub"], token["aud"]) == (ada["id"], "hasura")
        assert not {"sid", "v", "sts", "fva"} & set(token)
        assert visitor.call("POST", f"/client/sessions/{visitor.session_id}/tokens/other").error[0] == 404

    def test_only_the_browser_of_a_session_gets_them(self, visitor: Visitor, emulator: Emulator) -> None:
        eve = stranger(emulator)
        for call in ("tokens", "touch", "end", "remove", "verify"):
            answer = eve.call("POST", f"/client/sessions/{visitor.session_id}/{call}", level="first_factor")
            assert answer.error[0] == 404, call
        assert eve.call("GET", f"/client/sessions/{visitor.session_id}").error[0] == 404
        eve.session_id = visitor.session_id
        assert eve.call("GET", "/me").error[0] == 401
        assert Visitor().call("POST", f"/client/sessions/{visitor.session_id}/tokens").error[0] == 401

    @pytest.mark.parametrize("end", ["revoke", "ban", "delete", "sign out"])
    def test_a_session_that_is_over_has_none(
        self, visitor: Visitor, emulator: Emulator, ada: dict[str, Any], end: str
    ) -> None:
        ends: dict[str, Any] = {
            "revoke": lambda: in_process("POST", f"/v1/sessions/{visitor.session_id}/revoke"),
            "ban": lambda: emulator.ban_user(ada["id"]),
            "delete": lambda: emulator.delete_user(ada["id"]),
            "sign out": lambda: visitor.call("DELETE", "/client/sessions"),
        }
        ends[end]()
        assert visitor.call("POST", f"/client/sessions/{visitor.session_id}/tokens").error[0] == 404
        assert visitor.call("GET", "/client").resource["sessions"] == []


def test_a_satellite_gets_the_session_by_a_handshake(visitor: Visitor, emulator: Emulator, ada: dict[str, Any]) -> None:
    """Another name of this machine, whose cookies are not ours: the browser says who it is by its dev browser."""
    client = emulator.clients.find([], visitor.browser.cookies["__client"].value)
    assert client is not None
    satellite = Visitor("http://127.0.0.1:8001")
    query = {"redirect_url": "http://127.0.0.1:8001/", "__clerk_db_jwt": client.dev_browser, "__domain": "127.0.0.1"}
    response = satellite.browser.get(f"/__clerk/v1/client/handshake?{urlencode(query)}")
    assert response["Location"].startswith("http://127.0.0.1:8001/?__clerk_handshake=")
    token = claims(parse_qs(urlsplit(response["Location"]).query)["__clerk_handshake"][0])
    [line] = [line for line in token["handshake"] if line.startswith("__session=")]
    session = claims(line.partition("=")[2].partition(";")[0])
    assert (session["sub"], session["azp"]) == (ada["id"], "http://127.0.0.1:8001")
    answer = satellite.call("GET", f"/client?__clerk_db_jwt={client.dev_browser}")
    assert answer.resource["last_active_session_id"] == visitor.session_id


@pytest.mark.parametrize(
    "metadata", ['{"a": "\\ud800"}', '{"a": NaN}', '{"a": 1e999}', '{"a":' * 200 + "1" + "}" * 200]
)
def test_metadata_that_nobody_could_show_is_refused(visitor: Visitor, metadata: str) -> None:
    for path in ("/me", "/me/metadata"):
        refused = visitor.call("PATCH", path, unsafe_metadata=metadata)
        assert refused.error == (422, "form_param_format_invalid", "unsafe_metadata")
    assert visitor.browser.get("/__clerk/webhooks").status_code == 200


class TestStepUp:
    def test_a_password_makes_the_proof_fresh(self, visitor: Visitor, emulator: Emulator) -> None:
        emulator.clients.verified(visitor.session_id, minutes_ago=20)
        assert visitor.token()["fva"] == [20, -1]
        path = f"/client/sessions/{visitor.session_id}/verify"
        begun = visitor.call("POST", path, level="second_factor").resource
        assert (begun["status"], begun["session"]["factor_verification_age"]) == ("needs_first_factor", [20, -1])
        wrong = visitor.call("POST", f"{path}/attempt_first_factor", strategy="password", password="wrong")
        assert wrong.error == (422, "form_password_incorrect", "password")
        assert visitor.token()["fva"] == [20, -1]
        done = visitor.call("POST", f"{path}/attempt_first_factor", strategy="password", password=PASSWORD).resource
        assert (done["status"], done["session"]["factor_verification_age"]) == ("complete", [0, -1])
        assert visitor.token()["fva"] == [0, -1]

    def test_so_does_a_code(self, visitor: Visitor, emulator: Emulator) -> None:
        emulator.clients.verified(visitor.session_id, minutes_ago=20)
        path = f"/client/sessions/{visitor.session_id}/verify"
        visitor.call("POST", path, level="first_factor")
        prepared = visitor.call("POST", f"{path}/prepare_first_factor", strategy="email_code").resource
        assert prepared["first_factor_verification"]["status"] == "unverified"
        code = emulator.codes.latest(1)[0].code
        done = visitor.call("POST", f"{path}/attempt_first_factor", strategy="email_code", code=code).resource
        assert (done["status"], visitor.token()["fva"]) == ("complete", [0, -1])

    def test_a_code_of_another_session_does_not(self, visitor: Visitor, emulator: Emulator) -> None:
        eve = stranger(emulator)
        eve.call("POST", f"/client/sessions/{eve.session_id}/verify/prepare_first_factor", strategy="email_code")
        code = emulator.codes.latest(1)[0].code
        path = f"/client/sessions/{visitor.session_id}/verify/attempt_first_factor"
        assert visitor.call("POST", path, strategy="email_code", code=code).error[1] == "verification_not_sent"

    def test_nor_does_one_to_an_address_that_nobody_has_verified(self, visitor: Visitor, emulator: Emulator) -> None:
        """A stranger at an open session adds their own address: it is no way to step up, nor to sign in."""
        new = visitor.call("POST", "/me/email_addresses", email_address="eve@example.com").resource
        path = f"/client/sessions/{visitor.session_id}/verify/prepare_first_factor"
        answer = visitor.call("POST", path, strategy="email_code", email_address_id=new["id"])
        assert answer.error == (422, "form_param_value_invalid", "email_address_id")
        other = Visitor()
        attempt = other.call("POST", "/client/sign_ins", identifier="ada_l").resource
        path = f"/client/sign_ins/{attempt['id']}/prepare_first_factor"
        answer = other.call("POST", path, strategy="email_code", email_address_id=new["id"])
        assert answer.error == (422, "form_param_value_invalid", "email_address_id")
        assert emulator.codes.latest(1) == []

    def test_what_is_sensitive_needs_a_fresh_proof(self, visitor: Visitor, emulator: Emulator) -> None:
        emulator.clients.verified(visitor.session_id, minutes_ago=10)
        [address] = visitor.call("GET", "/me/email_addresses").json
        for answer in (
            visitor.call("POST", "/me/email_addresses", email_address="eve@example.com"),
            visitor.call("DELETE", f"/me/email_addresses/{address['id']}"),
            visitor.call("POST", "/me/change_password", current_password=PASSWORD, new_password="another one"),
            visitor.call("DELETE", "/me"),
        ):
            assert answer.error[:2] == (403, "session_reverification_required")
        path = f"/client/sessions/{visitor.session_id}/verify/attempt_first_factor"
        visitor.call("POST", path, strategy="password", password=PASSWORD)
        assert visitor.call("POST", "/me/email_addresses", email_address="ada@example.org").status == 200

    def test_levels_are_clerks(self, visitor: Visitor) -> None:
        answer = visitor.call("POST", f"/client/sessions/{visitor.session_id}/verify", level="any")
        assert answer.error == (422, "form_param_value_invalid", "level")


class TestProfile:
    def test_it_is_read_and_changed(self, visitor: Visitor, ada: dict[str, Any]) -> None:
        assert visitor.call("GET", "/me").resource["username"] == "ada_l"
        answer = visitor.call("PATCH", "/me", first_name="Augusta", last_name="")
        assert (answer.resource["first_name"], answer.resource["last_name"]) == ("Augusta", None)
        assert answer.client["sessions"][0]["user"]["first_name"] == "Augusta"
        assert [delivery.event["type"] for delivery in received] == ["user.updated"]

    def test_public_metadata_is_not_for_the_user_to_write(self, visitor: Visitor, ada: dict[str, Any]) -> None:
        visitor.call("PATCH", "/me", public_metadata='{"role": "admin"}', banned="false", external_id="7")
        visitor.call("PATCH", "/me/metadata", unsafe_metadata='{"colour": "navy"}', public_metadata='{"a": 1}')
        user = visitor.call("PATCH", "/me", unsafe_metadata='{"size": 7}').resource
        assert (user["public_metadata"], user["unsafe_metadata"], user["external_id"]) == ({}, {"size": 7}, None)

    def test_a_password_is_changed_by_whoever_knows_it(self, visitor: Visitor, emulator: Emulator) -> None:
        elsewhere = Visitor()
        elsewhere.sign_in("ada_l", PASSWORD)
        wrong = visitor.call("POST", "/me/change_password", current_password="wrong", new_password="another one")
        assert wrong.error == (422, "form_password_incorrect", "current_password")
        short = visitor.call("POST", "/me/change_password", current_password=PASSWORD, new_password="short")
        assert short.error[1] == "form_password_length_too_short"
        changed = visitor.call(
            "POST",
            "/me/change_password",
            current_password=PASSWORD,
            new_password="another one",
            sign_out_of_other_sessions="true",
        )
        assert changed.status == 200
        assert elsewhere.call("GET", "/client").resource["sessions"] == []
        assert len(visitor.call("GET", "/client").resource["sessions"]) == 1
        assert Visitor().sign_in("ada_l", "another one").resource["status"] == "complete"

    def test_sessions_elsewhere_are_seen_and_ended(self, visitor: Visitor, emulator: Emulator) -> None:
        elsewhere = Visitor()
        elsewhere.sign_in("ada_l", PASSWORD)
        assert len(visitor.call("GET", "/me/sessions").json) == 2
        assert len(visitor.call("GET", "/me/sessions/active").json) == 2
        revoked = visitor.call("POST", f"/me/sessions/{elsewhere.session_id}/revoke").resource
        assert revoked["status"] == "revoked"
        assert elsewhere.call("GET", "/client").resource["sessions"] == []
        assert visitor.call("POST", f"/me/sessions/{stranger(emulator).session_id}/revoke").error[0] == 404

    def test_nobody_gets_a_token_by_looking_at_their_other_sessions(self, visitor: Visitor) -> None:
        assert [session["last_active_token"] for session in visitor.call("GET", "/me/sessions").json] == [None]

    def test_an_account_is_deleted_by_its_owner(
        self, visitor: Visitor, emulator: Emulator, ada: dict[str, Any]
    ) -> None:
        emulator.directory.update_user(ada["id"], {"delete_self_enabled": False})
        assert visitor.call("DELETE", "/me").error[0] == 403
        emulator.directory.update_user(ada["id"], {"delete_self_enabled": True})
        answer = visitor.call("DELETE", "/me")
        assert (answer.resource["deleted"], answer.client["sessions"]) == (True, [])


class TestAddresses:
    def test_another_one_is_added_verified_and_made_primary(
        self, visitor: Visitor, emulator: Emulator, ada: dict[str, Any]
    ) -> None:
        new = visitor.call("POST", "/me/email_addresses", email_address="countess@example.com").resource
        assert new["verification"] is None
        early = visitor.call("PATCH", "/me", primary_email_address_id=new["id"])
        assert early.error == (422, "form_param_value_invalid", "primary_email_address_id")
        assert Visitor().call("POST", "/client/sign_ins", identifier="countess@example.com").status == 422
        path = f"/me/email_addresses/{new['id']}"
        visitor.call("POST", f"{path}/prepare_verification", strategy="email_code")
        code = emulator.codes.latest(1)[0].code
        assert visitor.call("POST", f"{path}/attempt_verification", code="x").error[1] == "form_code_incorrect"
        verified = visitor.call("POST", f"{path}/attempt_verification", code=code).resource
        assert verified["verification"]["status"] == "verified"
        assert visitor.call("GET", path).resource == verified
        assert visitor.call("PATCH", "/me", primary_email_address_id=new["id"]).resource["id"] == ada["id"]
        old = ada["email_addresses"][0]["id"]
        assert visitor.call("DELETE", f"/me/email_addresses/{old}").resource["deleted"] is True
        assert [item["id"] for item in visitor.call("GET", "/me/email_addresses").json] == [new["id"]]
        assert Visitor().call("POST", "/client/sign_ins", identifier="countess@example.com").status == 200

    def test_somebody_elses_is_not(self, visitor: Visitor, emulator: Emulator, ada: dict[str, Any]) -> None:
        eve = stranger(emulator)
        taken = eve.call("POST", "/me/email_addresses", email_address="ADA@example.com")
        assert taken.error == (422, "form_identifier_exists", "email_address")
        path = f"/me/email_addresses/{ada['email_addresses'][0]['id']}"
        for method, end in (("GET", ""), ("DELETE", ""), ("POST", "/prepare_verification")):
            assert eve.call(method, path + end).error[0] == 404


class TestTasks:
    def test_a_session_waits_for_its_organization(self, emulator: Emulator, ada: dict[str, Any]) -> None:
        emulator.dashboard.configure(force_organization_selection=True)
        organization = emulator.organizations.create({"name": "Engines", "created_by": ada["id"]})
        received.clear()
        visitor = Visitor()
        [session] = visitor.sign_in("ada_l", PASSWORD).client["sessions"]
        assert (session["status"], session["tasks"]) == ("pending", [{"key": "choose-organization"}])
        assert visitor.token()["sts"] == "pending"
        assert received[0].event["type"] == "session.pending"
        still = visitor.call("POST", f"/client/sessions/{visitor.session_id}/touch", active_organization_id="")
        assert still.resource["status"] == "pending"
        path = f"/client/sessions/{visitor.session_id}/touch"
        chosen = visitor.call("POST", path, active_organization_id=organization["id"]).resource
        assert (chosen["status"], chosen["tasks"]) == ("active", None)
        assert received[-1].event["type"] == "session.created"
        token = visitor.token()
        assert (token["sts"], token["o"]["id"]) == ("active", organization["id"])
        kept = visitor.call("POST", path, active_organization_id="").resource
        assert kept["last_active_organization_id"] == organization["id"], "there is no way back to none"
