"""Signing in and up by the Frontend API, as Clerk's JavaScript calls it."""

from __future__ import annotations

from typing import Any

import pytest

from django_clerk.emulator.emulator import Emulator
from tests.emulator.receivers import received
from tests.emulator.visitor import Visitor, claims

PASSWORD = "correct horse battery"


@pytest.fixture
def visitor() -> Visitor:
    return Visitor()


@pytest.fixture
def ada(emulator: Emulator) -> dict[str, Any]:
    user = emulator.create_user(
        email_address=["ada@example.com", "countess@example.com"],
        username="ada_l",
        first_name="Ada",
        password=PASSWORD,
        private_metadata={"secret": "of the back end"},
    )
    received.clear()
    return user


class TestBeforeAnything:
    def test_the_environment_is_served(self, visitor: Visitor) -> None:
        for method in ("GET", "PATCH"):
            answer = visitor.call(method, "/environment")
            assert answer.json["display_config"]["sign_in_url"] == "http://localhost:8000/__clerk/sign-in"
            assert answer.json["user_settings"]["attributes"]["password"]["required"] is True

    def test_an_unknown_browser_is_nobody_and_gets_no_cookie(self, visitor: Visitor) -> None:
        assert visitor.call("GET", "/client").json == {"response": None, "client": None}
        assert visitor.browser.cookies == {}

    def test_a_browser_that_is_made_is_known_by_a_cookie_of_ours_only(self, visitor: Visitor) -> None:
        client = visitor.call("PUT", "/client").resource
        cookie = visitor.browser.cookies["__client"]
        assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == ("/__clerk/", True, "Lax")
        assert visitor.call("GET", "/client").resource == client
        assert (client["sessions"], client["last_active_session_id"]) == ([], None)

    def test_a_dev_browser_is_known_by_what_it_says(self, visitor: Visitor, ada: dict[str, Any]) -> None:
        dev_browser = visitor.call("POST", "/dev_browser").json["id"]
        other = Visitor()
        answer = other.call(
            "POST", f"/client/sign_ins?__clerk_db_jwt={dev_browser}", identifier="ada_l", password=PASSWORD
        )
        assert answer.resource["status"] == "complete"
        other.browser.cookies.clear()
        [session] = other.call("GET", f"/client?__clerk_db_jwt={dev_browser}").resource["sessions"]
        assert session["id"] == answer.resource["created_session_id"]

    def test_a_dev_browser_that_was_forgotten_is_told_so(self, visitor: Visitor) -> None:
        answer = visitor.call("GET", "/client?__clerk_db_jwt=dvb_forgotten")
        assert answer.error == (401, "dev_browser_unauthenticated", None)

    def test_what_it_does_not_do_it_says(self, visitor: Visitor) -> None:
        for method, path in (("GET", "/me/billing/subscription"), ("POST", "/me/passkeys"), ("GET", "/nowhere")):
            status, code, _ = visitor.call(method, path).error
            assert (status, code) == (501, "not_emulated")
        assert visitor.call("POST", "/client/sign_ins", strategy="oauth_google").error[:2] == (501, "not_emulated")
        assert visitor.call("POST", "/client/sign_ups", strategy="oauth_google").error[:2] == (501, "not_emulated")


class TestSigningIn:
    def test_with_a_password_at_once(self, visitor: Visitor, ada: dict[str, Any]) -> None:
        answer = visitor.sign_in("ada@example.com", PASSWORD)
        assert answer.resource["status"] == "complete"
        [session] = answer.client["sessions"]
        assert (session["id"], session["user"]["id"]) == (visitor.session_id, ada["id"])
        assert answer.client["last_active_session_id"] == visitor.session_id
        assert answer.client["last_authentication_strategy"] == "password"
        assert answer.client["sign_in"] is None
        token = claims(session["last_active_token"]["jwt"])
        assert (token["sub"], token["sid"], token["azp"]) == (ada["id"], visitor.session_id, "http://localhost:8000")
        assert token["iat"] >= answer.client["updated_at"] // 1000
        assert [delivery.event["type"] for delivery in received] == ["session.created", "user.updated"]

    def test_what_is_private_stays_with_the_back_end(self, visitor: Visitor, ada: dict[str, Any]) -> None:
        assert "of the back end" not in str(visitor.sign_in("ada_l", PASSWORD).json)

    def test_step_by_step(self, visitor: Visitor, ada: dict[str, Any]) -> None:
        attempt = visitor.call("POST", "/client/sign_ins", identifier="ADA@example.com").resource
        assert attempt["status"] == "needs_first_factor"
        assert [item["strategy"] for item in attempt["supported_first_factors"]] == ["password"] + 2 * ["email_code"]
        path = f"/client/sign_ins/{attempt['id']}"
        wrong = visitor.call("POST", f"{path}/attempt_first_factor", strategy="password", password="wrong")
        assert wrong.error == (422, "form_password_incorrect", "password")
        assert visitor.call("GET", path).resource["status"] == "needs_first_factor"
        right = visitor.call("POST", f"{path}/attempt_first_factor", strategy="password", password=PASSWORD)
        assert right.resource["first_factor_verification"]["status"] == "verified"
        assert visitor.call("GET", path).error[0] == 404, "it is over"

    def test_with_a_code(self, visitor: Visitor, emulator: Emulator, ada: dict[str, Any]) -> None:
        attempt = visitor.call("POST", "/client/sign_ins", identifier="ada_l").resource
        path = f"/client/sign_ins/{attempt['id']}"
        before = visitor.call("POST", f"{path}/attempt_first_factor", strategy="email_code", code="424242")
        assert before.error == (400, "verification_not_sent", None)
        second = ada["email_addresses"][1]["id"]
        sent = visitor.call(
            "POST", f"{path}/prepare_first_factor", strategy="email_code", email_address_id=second
        ).resource
        assert sent["first_factor_verification"]["status"] == "unverified"
        [mail] = emulator.codes.latest(10)
        assert (mail.address, mail.purpose) == ("countess@example.com", "Sign in")
        wrong = f"{(int(mail.code) + 1) % 1_000_000:06}"
        for code in (wrong, "", "424242" if mail.code != "424242" else wrong):
            answer = visitor.call("POST", f"{path}/attempt_first_factor", strategy="email_code", code=code)
            assert answer.error == (422, "form_code_incorrect", "code")
        done = visitor.call("POST", f"{path}/attempt_first_factor", strategy="email_code", code=mail.code)
        assert done.resource["status"] == "complete"

    def test_a_code_is_good_for_five_guesses(self, visitor: Visitor, emulator: Emulator, ada: dict[str, Any]) -> None:
        attempt = visitor.call("POST", "/client/sign_ins", identifier="ada_l", strategy="email_code").resource
        path = f"/client/sign_ins/{attempt['id']}/attempt_first_factor"
        [mail] = emulator.codes.latest(1)
        for _ in range(5):
            assert visitor.call("POST", path, strategy="email_code", code="x").error[1] == "form_code_incorrect"
        assert visitor.call("POST", path, strategy="email_code", code=mail.code).error[1] == "verification_failed"

    def test_a_test_address_gets_clerks_test_code(self, visitor: Visitor, emulator: Emulator) -> None:
        emulator.create_user(email_address="ada+clerk_test@example.com")
        attempt = visitor.call(
            "POST", "/client/sign_ins", identifier="ada+clerk_test@example.com", strategy="email_code"
        ).resource
        path = f"/client/sign_ins/{attempt['id']}/attempt_first_factor"
        assert visitor.call("POST", path, strategy="email_code", code="424242").resource["status"] == "complete"

    def test_nobody_is_not_found(self, visitor: Visitor) -> None:
        answer = visitor.call("POST", "/client/sign_ins", identifier="nobody@example.com")
        assert answer.error == (422, "form_identifier_not_found", "identifier")

    @pytest.mark.parametrize("state", ["banned", "locked"])
    def test_whoever_is_shut_out_stays_out(
        self, visitor: Visitor, emulator: Emulator, ada: dict[str, Any], state: str
    ) -> None:
        emulator.directory.set_flag(ada["id"], state, True)
        answer = visitor.call("POST", "/client/sign_ins", identifier="ada_l", password=PASSWORD)
        assert answer.error[:2] == (403, f"user_{state}")
        assert visitor.call("GET", "/client").json["response"] is None

    def test_another_browsers_attempt_is_not_to_be_had(self, visitor: Visitor, ada: dict[str, Any]) -> None:
        attempt = visitor.call("POST", "/client/sign_ins", identifier="ada_l").resource
        thief = Visitor()
        thief.call("PUT", "/client")
        path = f"/client/sign_ins/{attempt['id']}/attempt_first_factor"
        assert thief.call("POST", path, strategy="password", password=PASSWORD).error[0] == 404
        assert Visitor().call("POST", path, strategy="password", password=PASSWORD).error[0] == 401

    def test_one_at_a_time(self, visitor: Visitor, emulator: Emulator, ada: dict[str, Any]) -> None:
        visitor.sign_in("ada_l", PASSWORD)
        emulator.create_user(email_address="grace@example.com", password=PASSWORD)
        answer = visitor.call("POST", "/client/sign_ins", identifier="grace@example.com", password=PASSWORD)
        assert answer.error[:2] == (400, "session_exists")

    def test_or_several(self, visitor: Visitor, emulator: Emulator, ada: dict[str, Any]) -> None:
        emulator.dashboard.configure(single_session_mode=False)
        emulator.create_user(email_address="grace@example.com", password=PASSWORD)
        first = visitor.sign_in("ada_l", PASSWORD).resource["created_session_id"]
        client = visitor.sign_in("grace@example.com", PASSWORD).client
        assert [session["id"] for session in client["sessions"]] == [first, visitor.session_id]
        assert client["last_active_session_id"] == visitor.session_id
        touched = visitor.call("POST", f"/client/sessions/{first}/touch", intent="select_session")
        assert touched.client["last_active_session_id"] == first
        assert touched.client["updated_at"] == client["updated_at"], "nobody signed in or out"
        gone = visitor.call("POST", f"/client/sessions/{first}/remove")
        assert (gone.resource["status"], gone.resource["last_active_token"]) == ("removed", None)
        assert [session["id"] for session in gone.client["sessions"]] == [visitor.session_id]
        assert gone.client["last_active_session_id"] == visitor.session_id
        ended = visitor.call("DELETE", "/client/sessions")
        assert (ended.resource["sessions"], ended.client) == ([], None)


class TestSigningUp:
    def test_with_a_code(self, visitor: Visitor, emulator: Emulator) -> None:
        attempt = visitor.call(
            "POST",
            "/client/sign_ups",
            email_address="Grace@example.com",
            password=PASSWORD,
            first_name="Grace",
            unsafe_metadata='{"colour": "navy"}',
        ).resource
        assert (attempt["status"], attempt["missing_fields"]) == ("missing_requirements", [])
        assert attempt["unverified_fields"] == ["email_address"]
        assert attempt["verifications"]["email_address"] is None, "or Clerk's JavaScript would not ask for a code"
        path = f"/client/sign_ups/{attempt['id']}"
        early = visitor.call("POST", f"{path}/attempt_verification", strategy="email_code", code="424242")
        assert early.error[:2] == (400, "verification_not_sent")
        sent = visitor.call("POST", f"{path}/prepare_verification", strategy="email_code").resource
        assert sent["verifications"]["email_address"]["next_action"] == "needs_attempt"
        [mail] = emulator.codes.latest(1)
        done = visitor.call("POST", f"{path}/attempt_verification", strategy="email_code", code=mail.code)
        assert done.resource["status"] == "complete"
        user = emulator.user(done.resource["created_user_id"])
        assert (user["first_name"], user["unsafe_metadata"]) == ("Grace", {"colour": "navy"})
        [address] = user["email_addresses"]
        assert address["email_address"] == "grace@example.com"
        assert address["verification"]["strategy"] == "email_code"
        assert [delivery.event["type"] for delivery in received] == ["user.created", "session.created", "user.updated"]
        assert Visitor().sign_in("grace@example.com", PASSWORD).resource["status"] == "complete"

    def test_bit_by_bit(self, visitor: Visitor, emulator: Emulator) -> None:
        attempt = visitor.call("POST", "/client/sign_ups", email_address="grace+clerk_test@example.com").resource
        assert attempt["missing_fields"] == ["password"]
        path = f"/client/sign_ups/{attempt['id']}"
        visitor.call("POST", f"{path}/prepare_verification", strategy="email_code")
        verified = visitor.call("POST", f"{path}/attempt_verification", strategy="email_code", code="424242").resource
        assert (verified["status"], verified["unverified_fields"]) == ("missing_requirements", [])
        assert emulator.count_users() == 0
        assert visitor.call("GET", path).resource == verified
        assert visitor.call("PATCH", path, password=PASSWORD).resource["status"] == "complete"

    def test_another_address_has_to_be_proven_again(self, visitor: Visitor, emulator: Emulator) -> None:
        attempt = visitor.call("POST", "/client/sign_ups", email_address="grace+clerk_test@example.com").resource
        path = f"/client/sign_ups/{attempt['id']}"
        visitor.call("POST", f"{path}/prepare_verification", strategy="email_code")
        visitor.call("POST", f"{path}/attempt_verification", strategy="email_code", code="424242")
        changed = visitor.call("PATCH", path, email_address="victim@example.com", password=PASSWORD).resource
        assert (changed["status"], changed["unverified_fields"]) == ("missing_requirements", ["email_address"])
        assert changed["verifications"]["email_address"] is None
        again = visitor.call("POST", f"{path}/attempt_verification", strategy="email_code", code="424242")
        assert again.status == 400
        assert emulator.count_users() == 0

    def test_nor_does_a_code_prove_an_address_that_it_was_not_sent_to(
        self, visitor: Visitor, emulator: Emulator
    ) -> None:
        attempt = visitor.call("POST", "/client/sign_ups", email_address="grace+clerk_test@example.com").resource
        path = f"/client/sign_ups/{attempt['id']}"
        visitor.call("POST", f"{path}/prepare_verification", strategy="email_code")
        visitor.call("PATCH", path, email_address="victim@example.com", password=PASSWORD)
        answer = visitor.call("POST", f"{path}/attempt_verification", strategy="email_code", code="424242")
        assert answer.error[:2] == (400, "verification_not_sent")
        assert emulator.count_users() == 0

    @pytest.mark.parametrize(
        ("field", "value", "code"),
        [
            ("email_address", "ada@example.com", "form_identifier_exists"),
            ("email_address", "no address", "form_param_format_invalid"),
            ("username", "ADA_L", "form_identifier_exists"),
            ("username", "a", "form_username_invalid_length"),
            ("password", "short", "form_password_length_too_short"),
            ("unsafe_metadata", "[]", "form_param_format_invalid"),
        ],
    )
    def test_what_is_wrong_is_said(
        self, visitor: Visitor, ada: dict[str, Any], field: str, value: str, code: str
    ) -> None:
        fields = {"email_address": "grace@example.com", "password": PASSWORD, field: value}
        assert visitor.call("POST", "/client/sign_ups", **fields).error == (422, code, field)

    def test_no_password_is_kept_in_the_clear(self, visitor: Visitor, emulator: Emulator) -> None:
        visitor.call("POST", "/client/sign_ups", email_address="grace@example.com", password=PASSWORD)
        kept = emulator.clients.find([], visitor.browser.cookies["__client"].value)
        assert kept is not None
        assert PASSWORD not in str(kept.sign_up)
