"""API keys, machines' tokens and OAuth access tokens, verified as Clerk's SDKs do."""

from __future__ import annotations

from typing import Any

import pytest

from django_clerk.emulator.emulator import Emulator
from django_clerk.emulator.exchange import Problem
from tests.emulator.calls import Caller, in_process, over_http
from tests.emulator.openapi import validate_answer

MACHINE = "mch_2xhFjEI5X2qWRvtV13BzSj8H6Dk"
#: Kind, its endpoint, the name of its secret there and in the document of a new one.
KINDS = [
    ("api_key", "/api_keys/verify", "secret"),
    ("m2m", "/m2m_tokens/verify", "token"),
    ("oauth", "/oauth_applications/access_tokens/verify", "access_token"),
]
PREFIXES = {"api_key": "ak_", "m2m": "mt_", "oauth": "oat_"}
kinds = pytest.mark.parametrize(("kind", "path", "name"), KINDS, ids=[kind for kind, *_ in KINDS])


def make(emulator: Emulator, user_id: str, kind: str, **options: Any) -> dict[str, Any]:
    if kind == "api_key":
        return emulator.machines.create_api_key(user_id, **options)
    if kind == "m2m":
        return emulator.machines.create_m2m_token(MACHINE, **options)
    return emulator.machines.create_oauth_token(user_id, **options)


class Contract:
    call: Caller

    @kinds
    def test_a_good_one_is_described(
        self, emulator: Emulator, ada: dict[str, Any], kind: str, path: str, name: str
    ) -> None:
        scopes = [MACHINE] if kind == "m2m" else ["read", "write"]
        made = make(emulator, ada["id"], kind, scopes=scopes, expires_in=3600)
        secret = made.pop(name)
        assert secret.startswith(PREFIXES[kind])
        for prefix in ("", "/v1"):
            reply = self.call("POST", prefix + path, {name: secret})
            assert (reply.status, reply.json) == (200, made)
        validate_answer("bapi-2026-05-12", path, "POST", reply.json)
        assert (reply.json["revoked"], reply.json["expired"], reply.json["scopes"]) == (False, False, scopes)
        assert reply.json["subject"] == (MACHINE if kind == "m2m" else ada["id"])
        unit = 1 if kind == "oauth" else 1000
        assert reply.json["expiration"] - reply.json["created_at"] == 3600 * unit
        assert (reply.json["created_at"] > 10**11) == (unit == 1000), "seconds for OAuth, else milliseconds"

    @kinds
    def test_a_revoked_one_says_so(
        self, emulator: Emulator, ada: dict[str, Any], kind: str, path: str, name: str
    ) -> None:
        made = make(emulator, ada["id"], kind)
        assert emulator.machines.revoke(made["id"], "lost")["revoked"] is True
        reply = self.call("POST", path, {name: made[name]})
        assert (reply.status, reply.json["revoked"], reply.json["revocation_reason"]) == (200, True, "lost")
        validate_answer("bapi-2026-05-12", path, "POST", reply.json)

    @kinds
    def test_so_does_an_expired_one(
        self, emulator: Emulator, ada: dict[str, Any], kind: str, path: str, name: str
    ) -> None:
        made = make(emulator, ada["id"], kind)
        assert emulator.machines.expire(made["id"])["expired"] is True
        reply = self.call("POST", path, {name: made[name]})
        assert (reply.status, reply.json["expired"], reply.json["revoked"]) == (200, True, False)
        validate_answer("bapi-2026-05-12", path, "POST", reply.json)

    @kinds
    def test_an_unknown_one_is_not_found(
        self, emulator: Emulator, ada: dict[str, Any], kind: str, path: str, name: str
    ) -> None:
        others = [make(emulator, ada["id"], other) for other in PREFIXES if other != kind]
        secrets = [next(made[key] for key in ("secret", "token", "access_token") if key in made) for made in others]
        for secret in (*secrets, "", PREFIXES[kind], make(emulator, ada["id"], kind)["id"], "' OR ''='"):
            reply = self.call("POST", path, {name: secret})
            assert (reply.status, reply.error["code"]) == (404, "resource_not_found")
            validate_answer("bapi-2026-05-12", path, "POST", reply.json, status=404)

    @kinds
    @pytest.mark.parametrize(
        "body", [{}, {"other": "a"}, {"secret": 7}, {"token": None}, {"access_token": ["a"]}, b"["]
    )
    def test_a_malformed_question_is_refused(self, kind: str, path: str, name: str, body: Any) -> None:
        reply = self.call("POST", path, body)
        assert reply.status == 400
        validate_answer("bapi-2026-05-12", path, "POST", reply.json, status=400)

    @kinds
    def test_nothing_opens_without_the_key(
        self, emulator: Emulator, ada: dict[str, Any], kind: str, path: str, name: str
    ) -> None:
        made = make(emulator, ada["id"], kind)
        for key in (None, "Bearer sk_test_wrong", f"Bearer {made[name]}"):
            reply = self.call("POST", path, {name: made[name]}, key=key)
            assert (reply.status, reply.error["code"]) == (401, "clerk_key_invalid")

    def test_a_machine_verifies_what_was_made_for_it(self, emulator: Emulator) -> None:
        machine, other = emulator.machines.create_machine("Worker"), emulator.machines.create_machine()
        key = f"Bearer {machine['secret_key']}"
        token = emulator.machines.create_m2m_token(scopes=[machine["id"]])["token"]
        assert self.call("POST", "/m2m_tokens/verify", {"token": token}, key=key).status == 200
        assert self.call("POST", "/m2m_tokens/verify", {"token": token}).status == 200
        others = emulator.machines.create_m2m_token(scopes=[other["id"]])["token"]
        assert self.call("POST", "/m2m_tokens/verify", {"token": others}, key=key).status == 404

    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("GET", "/v1/users"),
            ("GET", "/v1/jwks"),
            ("POST", "/v1/sessions"),
            ("POST", "/api_keys/verify"),
            ("POST", "/m2m_tokens/mt_1/revoke"),
            ("POST", "/m2m_tokens/verify/"),
        ],
    )
    def test_and_opens_nothing_else(self, emulator: Emulator, method: str, path: str) -> None:
        key = emulator.machines.create_machine()["secret_key"]
        assert self.call(method, path, {}, key=f"Bearer {key}").status == 401

    def test_an_api_key_is_no_machines_key(self, emulator: Emulator, ada: dict[str, Any]) -> None:
        token = emulator.machines.create_m2m_token()["token"]
        key = emulator.machines.create_api_key(ada["id"])["secret"]
        assert self.call("POST", "/m2m_tokens/verify", {"token": token}, key=f"Bearer {key}").status == 401

    def test_an_access_token_goes_by_its_old_name_too(self, emulator: Emulator, ada: dict[str, Any]) -> None:
        made = make(emulator, ada["id"], "oauth")
        reply = self.call("POST", "/oauth_applications/access_tokens/verify", {"secret": made["access_token"]})
        assert (reply.status, reply.json["id"]) == (200, made["id"])

    def test_an_api_key_is_made_and_revoked_by_api(self, ada: dict[str, Any]) -> None:
        body = {"name": "Nightly", "subject": ada["id"], "scopes": ["read"], "claims": {"a": 1}}
        made = self.call("POST", "/api_keys", {**body, "seconds_until_expiration": 60, "created_by": ada["id"]})
        assert (made.status, {name: made.json[name] for name in body}) == (200, body)
        validate_answer("bapi-2026-05-12", "/api_keys", "POST", made.json)
        revoked = self.call("POST", f"/api_keys/{made.json['id']}/revoke", {"revocation_reason": "lost"})
        assert (revoked.status, revoked.json["revoked"]) == (200, True)
        validate_answer("bapi-2026-05-12", "/api_keys/{apiKeyID}/revoke", "POST", revoked.json)
        assert self.call("POST", "/api_keys/verify", {"secret": made.json["secret"]}).json == revoked.json

    @pytest.mark.parametrize(
        "change",
        [
            {"name": "no"},
            {"name": None},
            {"subject": "sess_1"},
            {"subject": 7},
            {"scopes": "read"},
            {"scopes": [1]},
            {"seconds_until_expiration": 0},
            {"seconds_until_expiration": True},
            {"seconds_until_expiration": "60"},
            {"created_by": 7},
            {"created_by": ["user_1"]},
            {"created_by": "sess_1"},
            {"description": {"a": 1}},
            {"description": "a" * 256},
            {"surprise": 1},
        ],
    )
    def test_a_malformed_api_key_is_not_made(self, ada: dict[str, Any], change: dict[str, Any]) -> None:
        reply = self.call("POST", "/api_keys", {"name": "Nightly", "subject": ada["id"], **change})
        assert (reply.status, reply.error["code"]) == (400, "bad_request")

    def test_an_unknown_one_is_not_revoked(self, emulator: Emulator) -> None:
        assert self.call("POST", "/api_keys/ak_0/revoke", {}).status == 404
        assert self.call("POST", "/m2m_tokens/mt_0/revoke").status == 404
        made = emulator.machines.create_m2m_token()
        assert self.call("POST", f"/m2m_tokens/{made['id']}/revoke", {"revocation_reason": 7}).status == 400
        assert self.call("POST", f"/m2m_tokens/{made['id']}/revoke").json["revoked"] is True

    def test_faults_on_demand_reach_these_calls_too(self, emulator: Emulator) -> None:
        emulator.fail_next(status=503)
        assert self.call("POST", "/api_keys/verify", {"secret": "ak_1"}).status == 503


class TestInProcess(Contract):
    call = staticmethod(in_process)


class TestOverHTTP(Contract):
    call = staticmethod(over_http)


def test_a_time_that_comes_expires_it() -> None:
    now = [1_700_000_000.0]
    emulator = Emulator(":memory:", clock=lambda: now[0])
    key = emulator.machines.create_api_key("user_1", expires_in=60)
    now[0] += 59
    assert emulator.machines.verify("api_key", key["secret"])["expired"] is False
    now[0] += 1
    assert emulator.machines.verify("api_key", key["secret"])["expired"] is True
    emulator.close()


def test_secrets_are_told_once_and_not_kept(tmp_path: Any) -> None:
    emulator = Emulator(str(tmp_path / ".clerk"))
    made = emulator.machines.create_api_key("user_1")
    assert "secret" not in emulator.machines.revoke(made["id"])
    emulator.close()
    for file in (tmp_path / ".clerk").iterdir():
        assert made["secret"].encode() not in file.read_bytes()


def test_what_is_not_there_cannot_be_changed(emulator: Emulator) -> None:
    for change in (emulator.machines.revoke, emulator.machines.expire):
        with pytest.raises(Problem, match="No such key or token"):
            change("ak_0")
        with pytest.raises(Problem, match="No such key or token"):
            change(emulator.machines.create_machine()["id"])
