"""The Backend API's contract, held to by both ways of reaching it."""

from __future__ import annotations

from typing import Any

import pytest

from django_clerk.emulator.instance import Emulator
from tests.emulator.calls import Caller, in_process, over_http
from tests.emulator.openapi import validate


class Contract:
    call: Caller

    def test_a_user_is_served(self, ada: dict[str, Any]) -> None:
        reply = self.call("GET", f"/v1/users/{ada['id']}")
        assert reply.status == 200
        assert reply.json == ada
        assert reply.headers["Content-Type"] == "application/json"
        assert reply.headers["Cache-Control"] == "no-store"

    def test_an_unknown_user_is_not_found(self) -> None:
        reply = self.call("GET", "/v1/users/user_nobody")
        assert reply.status == 404
        assert reply.error["code"] == "resource_not_found"
        assert reply.error["long_message"] == "No user was found with id user_nobody."

    @pytest.mark.parametrize(
        "key",
        [None, "", "Bearer", "Bearer ", "Bearer sk_test_wrong", "Basic c2s6", "sk_test_wrong", "Bearer sk_test_é"],
    )
    def test_nothing_opens_without_the_key(self, ada: dict[str, Any], key: str | None) -> None:
        for path in ("/v1/users", f"/v1/users/{ada['id']}", "/v1/jwks", "/v1/organizations"):
            reply = self.call("GET", path, key=key)
            assert reply.status == 401
            assert reply.error["code"] == "clerk_key_invalid"

    def test_a_user_is_created(self, emulator: Emulator) -> None:
        reply = self.call(
            "POST",
            "/v1/users",
            {
                "email_address": ["Grace@Example.com", "g@example.com"],
                "phone_number": ["+15555550100"],
                "username": "grace",
                "first_name": "Grace",
                "external_id": "42",
                "password": "correct horse",
                "public_metadata": {"role": "editor", "gone": None},
                "private_metadata": {"plan": "x"},
                "created_at": "2012-10-20T07:15:20.902Z",
            },
        )
        assert reply.status == 200
        user = reply.json
        validate("bapi-2026-05-12", "User", user)
        assert [item["email_address"] for item in user["email_addresses"]] == ["grace@example.com", "g@example.com"]
        assert user["primary_email_address_id"] == user["email_addresses"][0]["id"]
        assert user["email_addresses"][0]["verification"]["status"] == "verified"
        assert user["primary_phone_number_id"] == user["phone_numbers"][0]["id"]
        assert user["public_metadata"] == {"role": "editor"}
        assert user["private_metadata"] == {"plan": "x"}
        assert user["password_enabled"] is True
        assert user["created_at"] == 1350717320902
        assert user["external_id"] == "42"
        assert "correct horse" not in reply.content.decode()
        assert emulator.user(user["id"]) == user

    def test_null_leaves_a_flag_as_it_is(self) -> None:
        body = {
            "username": "grace",
            "delete_self_enabled": None,
            "legal_accepted_at": "2020-01-01T00:00:00Z",
            "created_at": None,
        }
        user = self.call("POST", "/v1/users", body).json
        assert (user["delete_self_enabled"], user["legal_accepted_at"]) == (True, 1577836800000)
        moved = self.call("PATCH", f"/v1/users/{user['id']}", {"created_at": "2001-01-01T00:00:00+00:00"}).json
        assert moved["created_at"] == 978307200000

    def test_an_address_may_be_reserved(self) -> None:
        body = {"email_address": ["r@example.com"], "email_address_identification_status": ["reserved"]}
        user = self.call("POST", "/v1/users", body).json
        assert user["email_addresses"][0]["verification"] is None
        assert user["email_addresses"][0]["reserved"] is True

    def test_a_user_is_changed(self, ada: dict[str, Any]) -> None:
        reply = self.call("PATCH", f"/v1/users/{ada['id']}", {"first_name": "Augusta", "username": "ada_l"})
        assert reply.status == 200
        assert (reply.json["first_name"], reply.json["last_name"]) == ("Augusta", "Lovelace")
        assert reply.json["updated_at"] > ada["updated_at"]
        assert reply.json["created_at"] == ada["created_at"]
        assert self.call("PATCH", f"/v1/users/{ada['id']}", {"username": ""}).json["username"] is None

    def test_metadata_has_moved_out_of_the_users_own_patch(self, ada: dict[str, Any]) -> None:
        for name in ("public_metadata", "private_metadata", "unsafe_metadata"):
            reply = self.call("PATCH", f"/v1/users/{ada['id']}", {name: {"role": "owner"}})
            assert reply.status == 422
            assert reply.error["code"] == "form_param_unknown"
            assert reply.error["meta"] == {"param_name": name}

    def test_metadata_is_merged(self, ada: dict[str, Any]) -> None:
        path = f"/v1/users/{ada['id']}/metadata"
        self.call("PATCH", path, {"public_metadata": {"a": {"b": 1, "c": [1, 2]}, "role": "admin"}})
        reply = self.call("PATCH", path, {"public_metadata": {"a": {"b": None, "c": [3]}, "d": {"e": None}}})
        assert reply.status == 200
        assert reply.json["public_metadata"] == {"role": "admin", "a": {"c": [3]}, "d": {}}
        assert reply.json["private_metadata"] == {}

    def test_metadata_is_replaced(self, ada: dict[str, Any]) -> None:
        path = f"/v1/users/{ada['id']}/metadata"
        self.call("PATCH", path, {"unsafe_metadata": {"kept": True}})
        reply = self.call("PUT", path, {"public_metadata": {"only": 1}})
        assert reply.json["public_metadata"] == {"only": 1}
        assert reply.json["unsafe_metadata"] == {"kept": True}

    @pytest.mark.parametrize(("verb", "name"), [("ban", "banned"), ("lock", "locked")])
    def test_flags(self, ada: dict[str, Any], verb: str, name: str) -> None:
        assert self.call("POST", f"/v1/users/{ada['id']}/{verb}").json[name] is True
        assert self.call("POST", f"/v1/users/{ada['id']}/un{verb}").json[name] is False
        assert self.call("POST", f"/v1/users/user_nobody/{verb}").status == 404

    def test_a_user_is_deleted(self, emulator: Emulator) -> None:
        user = emulator.create_user(email_address="gone@example.com", external_id="7")
        reply = self.call("DELETE", f"/v1/users/{user['id']}")
        assert reply.json == {"object": "user", "id": user["id"], "deleted": True, "external_id": "7"}
        validate("bapi-2026-05-12", "DeletedObject", reply.json)
        assert self.call("GET", f"/v1/users/{user['id']}").status == 404
        assert self.call("DELETE", f"/v1/users/{user['id']}").status == 404
        assert self.call("POST", "/v1/users", {"email_address": ["gone@example.com"]}).status == 200, "free again"

    def test_the_key_set(self, emulator: Emulator) -> None:
        assert self.call("GET", "/v1/jwks").json == emulator.jwks()

    @pytest.mark.parametrize(
        ("body", "code", "param"),
        [
            ({}, "form_data_missing", "email_address"),
            ({"email_address": ["nonsense"]}, "form_param_format_invalid", "email_address"),
            ({"email_address": "a@example.com"}, "form_param_format_invalid", "email_address"),
            ({"email_address": [1]}, "form_param_format_invalid", "email_address"),
            ({"phone_number": ["555"]}, "form_param_format_invalid", "phone_number"),
            ({"username": "abc"}, "form_username_invalid_length", "username"),
            ({"username": "a b c d"}, "form_username_invalid_character", "username"),
            ({"username": "grace", "password": "short"}, "form_password_length_too_short", "password"),
            ({"username": "grace", "password_digest": "x"}, "form_param_missing", "password_hasher"),
            ({"username": "grace", "password_hasher": "bcrypt"}, "form_param_missing", "password_digest"),
            (
                {"username": "grace", "password_digest": "x", "password_hasher": "rot13"},
                "form_param_format_invalid",
                "password_hasher",
            ),
            ({"username": "grace", "first_name": 1}, "form_param_format_invalid", "first_name"),
            ({"username": "grace", "first_name": "\ud800"}, "form_param_format_invalid", "first_name"),
            ({"username": "grace", "banned": "yes"}, "form_param_format_invalid", "banned"),
            ({"username": "grace", "create_organizations_limit": True}, "form_param_format_invalid", None),
            ({"username": "grace", "created_at": "2012"}, "form_param_format_invalid", "created_at"),
            ({"username": "grace", "legal_accepted_at": "2012-10-20T07:15:20"}, "form_param_format_invalid", None),
            ({"username": "grace", "public_metadata": []}, "form_param_format_invalid", "public_metadata"),
            ({"username": "grace", "public_metadata": {"a": "x" * 8192}}, "form_param_exceeds_allowed_size", None),
            ({"username": "grace", "role": "admin"}, "form_param_unknown", "role"),
            ({"username": "grace", "two_factor_enabled": True}, "form_param_unknown", "two_factor_enabled"),
            (
                {"email_address": ["a@example.com"], "email_address_identification_status": ["verified"] * 2},
                "form_param_value_invalid",
                "email_address_identification_status",
            ),
            (
                {"email_address": ["a@example.com"], "email_address_identification_status": ["maybe"]},
                "form_param_format_invalid",
                "email_address_identification_status",
            ),
        ],
    )
    def test_a_user_that_makes_no_sense(self, body: dict[str, Any], code: str, param: str | None) -> None:
        reply = self.call("POST", "/v1/users", body)
        assert reply.status == 422
        assert reply.error["code"] == code
        assert param in (None, reply.error["meta"]["param_name"])
        assert self.call("GET", "/v1/users/count").json["total_count"] == 0

    def test_all_errors_are_told_at_once(self) -> None:
        errors = self.call("POST", "/v1/users", {"role": "x", "first_name": 1}).json["errors"]
        assert [error["meta"]["param_name"] for error in errors] == ["role", "first_name"]

    def test_what_is_taken_is_taken(self, emulator: Emulator, ada: dict[str, Any]) -> None:
        other = emulator.create_user(username="other", phone_number="+15555550101", external_id="1")
        for body, param in (
            ({"email_address": ["ADA@example.com"]}, "email_address"),
            ({"username": "OTHER"}, "username"),
            ({"phone_number": ["+15555550101"]}, "phone_number"),
            ({"username": "another", "external_id": "1"}, "external_id"),
            ({"email_address": ["b@example.com", "B@example.com"]}, "email_address"),
        ):
            reply = self.call("POST", "/v1/users", body)
            assert reply.status == 422
            assert reply.error["code"] == "form_identifier_exists"
            assert reply.error["meta"] == {"param_name": param}
        reply = self.call("PATCH", f"/v1/users/{ada['id']}", {"username": "other", "first_name": "Changed"})
        assert reply.error["code"] == "form_identifier_exists"
        assert emulator.user(ada["id"]) == ada, "a refused change changes nothing"
        assert self.call("PATCH", f"/v1/users/{other['id']}", {"username": "other"}).status == 200, "one's own is free"

    def test_the_primary_address_must_be_the_users_and_verified(self, emulator: Emulator) -> None:
        user = emulator.create_user(
            email_address=["a@example.com", "b@example.com", "c@example.com"],
            email_address_identification_status=["verified", "verified", "reserved"],
        )
        ids = [item["id"] for item in user["email_addresses"]]
        path = f"/v1/users/{user['id']}"
        assert self.call("PATCH", path, {"primary_email_address_id": ids[1]}).json["primary_email_address_id"] == ids[1]
        for refused in (ids[2], "idn_nobody"):
            reply = self.call("PATCH", path, {"primary_email_address_id": refused})
            assert (reply.status, reply.error["meta"]) == (422, {"param_name": "primary_email_address_id"})

    @pytest.mark.parametrize("body", [b"{", b"[]", b"null", b'"text"', b"\xff", b"[" * 100_000])
    def test_a_body_that_is_no_object(self, body: bytes) -> None:
        reply = self.call("POST", "/v1/users", body)
        assert reply.status == 400
        assert reply.error["code"] == "request_body_invalid"

    @pytest.mark.parametrize(
        ("method", "path", "body"),
        [
            ("GET", "/v1/organizations/org_1/domains", None),
            ("POST", "/v1/waitlist_entries", {}),
            ("PUT", "/v1/users/user_1", {}),
            ("GET", "/v1/users/", None),
            ("GET", "/v2/users", None),
            ("GET", "/v1/users?provider=oauth_google", None),
            ("GET", "/v1/users?order_by=web3wallet", None),
            ("POST", "/v1/users", {"username": "grace", "totp_secret": "x"}),
        ],
    )
    def test_what_it_does_not_do_it_says(self, method: str, path: str, body: Any) -> None:
        reply = self.call(method, path, body)
        assert reply.status == 501
        assert reply.error["code"] == "not_emulated"
        assert reply.error["long_message"].startswith("The local Clerk does not do")

    @pytest.mark.parametrize(
        ("method", "path", "body", "param"),
        [
            ("POST", "/v1/users", {"email_address": ["\ud800@a.bc"]}, "email_address"),
            ("POST", "/v1/users", {"username": "grace", "public_metadata": {"role": "\ud800"}}, "public_metadata"),
            ("POST", "/v1/users", {"username": "grace", "public_metadata": {"\udfff": 1}}, "public_metadata"),
            ("POST", "/v1/sessions", {"user_id": "\ud800"}, "user_id"),
            ("POST", "/v1/sessions/sess_1/refresh", {"expired_token": "\ud800"}, "expired_token"),
            ("POST", "/api_keys/verify", {"secret": "\ud800"}, "secret"),
            ("POST", "/v1/users", {"\ud800": 1}, "\ud800"),
        ],
    )
    def test_half_a_character_is_refused(self, method: str, path: str, body: Any, param: str) -> None:
        reply = self.call(method, path, body)
        assert (reply.status, reply.error["code"]) == (422, "form_param_format_invalid")
        assert reply.error["meta"] == {"param_name": param}

    def test_so_is_what_is_nested_without_end(self, ada: dict[str, Any]) -> None:
        path = f"/v1/users/{ada['id']}/metadata"
        fits = b'{"unsafe_metadata": ' + b'{"a":' * 90 + b"1" + b"}" * 91
        assert self.call("PATCH", path, fits).status == 200
        for levels in (101, 1000, 1300):
            body = b'{"unsafe_metadata": ' + b'{"a":' * levels + b"1" + b"}" * (levels + 1)
            assert self.call("PATCH", path, body).status in (400, 422)  # the former where it cannot even be read
        assert self.call("PATCH", path, b'{"unsafe_metadata": ' + b'{"a":' * 200 + b"1" + b"}" * 201).status == 422

    @pytest.mark.parametrize("number", [b"NaN", b"Infinity", b"-Infinity", b"1e999"])
    def test_numbers_that_json_does_not_have_are_none(self, ada: dict[str, Any], number: bytes) -> None:
        body = b'{"public_metadata": {"a": ' + number + b"}}"
        reply = self.call("PATCH", f"/v1/users/{ada['id']}/metadata", body)
        assert (reply.status, reply.error["code"]) == (400, "request_body_invalid")

    def test_errors_are_valid(self) -> None:
        for reply in (
            self.call("GET", "/v1/users/user_1"),
            self.call("GET", "/v1/nothing"),
            self.call("POST", "/v1/users", {}),
        ):
            validate("bapi-2026-05-12", "ClerkErrors", reply.json)

    def test_faults_on_demand(self, emulator: Emulator) -> None:
        emulator.fail_next(status=429, retry_after=1, times=2, path="/v1/users")
        replies = [self.call("GET", "/v1/jwks"), *(self.call("GET", "/v1/users/count") for _ in range(3))]
        assert [reply.status for reply in replies] == [200, 429, 429, 200]
        assert replies[1].headers["Retry-After"] == "1"
        assert replies[1].error["code"] == "rate_limit_exceeded"
        emulator.faults.fail_next(status=200, body=b"<html>")
        assert self.call("GET", "/v1/jwks").content == b"<html>"
        emulator.faults.fail_next()
        assert self.call("GET", "/v1/jwks").error["code"] == "internal_clerk_error"

    def test_calls_are_counted(self, emulator: Emulator, ada: dict[str, Any]) -> None:
        self.call("GET", "/v1/users?limit=1")
        self.call("GET", f"/v1/users/{ada['id']}")
        assert list(emulator.api.calls) == ["GET /v1/users", f"GET /v1/users/{ada['id']}"]


class TestInProcess(Contract):
    call = staticmethod(in_process)


class TestOverHTTP(Contract):
    call = staticmethod(over_http)

    def test_no_answer_is_a_503(self, emulator: Emulator) -> None:
        emulator.faults.drop_next()
        reply = self.call("GET", "/v1/jwks")
        assert (reply.status, reply.error["code"]) == (503, "no_answer")
