"""What is sent to change something, how often, and what is made of a refusal."""

from __future__ import annotations

import json
import time

import pytest
from asgiref.sync import sync_to_async

from django_clerk.api.resources import (
    Invitation,
    Membership,
    Organization,
    Session,
    SignInToken,
    User,
)
from django_clerk.exceptions import (
    APIConflict,
    APIError,
    APIForbidden,
    APIInvalid,
    APINotFound,
    APIPaymentRequired,
    APIRateLimited,
    APIUnavailable,
)
from tests.api import COUNT
from tests.loopback import SOON, ok, refuse, stall, status

U, O, S, I, T = "user_1", "org_1", "sess_1", "inv_1", "sit_1"  # noqa: E741 - ids, as short as can be
META = {"public_metadata": {"role": None}}

#: Call, method, path, body, kind of the answer.
WRITES = [
    (lambda c: c.create_user(username="ada", skip_password_requirement=True), "POST", "/users",
     {"username": "ada", "skip_password_requirement": True}, User),
    (lambda c: c.update_user(U, first_name=None), "PATCH", f"/users/{U}", {"first_name": None}, User),
    (lambda c: c.update_user_metadata(U, **META), "PATCH", f"/users/{U}/metadata", META, User),
    (lambda c: c.replace_user_metadata(U, unsafe_metadata={}), "PUT", f"/users/{U}/metadata",
     {"unsafe_metadata": {}}, User),
    (lambda c: c.ban_user(U), "POST", f"/users/{U}/ban", None, User),
    (lambda c: c.unban_user(U), "POST", f"/users/{U}/unban", None, User),
    (lambda c: c.lock_user(U), "POST", f"/users/{U}/lock", None, User),
    (lambda c: c.unlock_user(U), "POST", f"/users/{U}/unlock", None, User),
    (lambda c: c.revoke_session(S), "POST", f"/sessions/{S}/revoke", None, Session),
    (lambda c: c.create_sign_in_token(U, expires_in_seconds=60, organization_id=O), "POST", "/sign_in_tokens",
     {"user_id": U, "expires_in_seconds": 60, "org_id": O}, SignInToken),
    (lambda c: c.revoke_sign_in_token(T), "POST", f"/sign_in_tokens/{T}/revoke", None, SignInToken),
    (lambda c: c.create_organization("Acme", created_by=U), "POST", "/organizations",
     {"name": "Acme", "created_by": U}, Organization),
    (lambda c: c.update_organization(O, slug="acme"), "PATCH", f"/organizations/{O}", {"slug": "acme"}, Organization),
    (lambda c: c.update_organization_metadata(O, **META), "PATCH", f"/organizations/{O}/metadata", META, Organization),
    (lambda c: c.replace_organization_metadata(O, **META), "PUT", f"/organizations/{O}/metadata", META, Organization),
    (lambda c: c.create_membership(O, U, "org:member"), "POST", f"/organizations/{O}/memberships",
     {"user_id": U, "role": "org:member"}, Membership),
    (lambda c: c.update_membership(O, U, "org:admin"), "PATCH", f"/organizations/{O}/memberships/{U}",
     {"role": "org:admin"}, Membership),
    (lambda c: c.update_membership_metadata(O, U, **META), "PATCH", f"/organizations/{O}/memberships/{U}/metadata",
     META, Membership),
    (lambda c: c.delete_membership(O, U), "DELETE", f"/organizations/{O}/memberships/{U}", None, Membership),
    (lambda c: c.create_invitation("a@example.com", notify=False), "POST", "/invitations",
     {"email_address": "a@example.com", "notify": False}, Invitation),
    (lambda c: c.revoke_invitation(I), "POST", f"/invitations/{I}/revoke", None, Invitation),
    (lambda c: c.create_organization_invitation(O, "a@example.com", "org:member", inviter_user_id=U), "POST",
     f"/organizations/{O}/invitations",
     {"email_address": "a@example.com", "role": "org:member", "inviter_user_id": U}, Invitation),
    (lambda c: c.revoke_organization_invitation(O, I, requesting_user_id=U), "POST",
     f"/organizations/{O}/invitations/{I}/revoke", {"requesting_user_id": U}, Invitation),
    (lambda c: c.delete_user(U), "DELETE", f"/users/{U}", None, None),
    (lambda c: c.delete_organization(O), "DELETE", f"/organizations/{O}", None, None),
]  # fmt: skip
IDS = [f"{method} {path}" for _, method, path, _, _ in WRITES]
write = pytest.mark.parametrize(("call", "method", "path", "body", "kind"), WRITES, ids=IDS)


def answer_to(path: str) -> dict[str, object]:
    """Return an object with the id that the path names last, deleted for good measure."""
    named = [part for part in path.split("/") if part in (U, O, S, I, T)]
    return {"id": "orgmem_1" if "memberships" in path else (named or ["x_1"])[-1], "deleted": True}


@write
def test_what_is_sent_and_returned(server, client, call, method, path, body, kind):
    server.on(f"/v1{path}", ok(answer_to(path)))
    result = call(client)
    [request] = server.received
    assert (request.method, request.path) == (method, f"/v1{path}")
    assert (json.loads(request.body) if request.body else None) == body
    assert (result is None) if kind is None else (type(result) is kind and result == answer_to(path))


@write
@pytest.mark.parametrize(
    "fault", [status(500), status(503, {"Retry-After": "1"}), refuse], ids=["500", "503", "broken"]
)
def test_what_may_have_been_done_is_not_done_again(server, client, waits, fault, call, method, path, body, kind):
    server.on(f"/v1{path}", fault)
    with pytest.raises(APIUnavailable):
        call(client)
    assert (len(server.received), waits) == (1, [])


@write
def test_a_429_did_nothing_and_is_waited_for(server, client, waits, call, method, path, body, kind):
    server.on(f"/v1{path}", status(429, {"Retry-After": "3"}), ok(answer_to(path)))
    call(client)
    assert (len(server.received), waits) == (2, [3.0])


@write
@pytest.mark.parametrize("data", [None, [], "done", {}, {"id": None, "deleted": False}])
def test_another_answer_than_an_object_is_an_error(server, client, data, call, method, path, body, kind):
    server.on(f"/v1{path}", ok(data))
    with pytest.raises(APIError, match=f"{method} /v1{path}: the answer is JSON, but not"):
        call(client)


@pytest.mark.parametrize(
    ("call", "path"),
    [
        (call, path)
        for call, method, path, _, kind in WRITES
        if kind not in (None, Membership) and (method != "POST" or path.endswith(("ban", "lock", "revoke")))
    ],
)
def test_another_object_than_the_one_in_the_path_is_an_error(server, client, call, path):
    server.on(f"/v1{path}", ok({"id": "other_1"}))
    with pytest.raises(APIError, match="that was asked for"):
        call(client)


# Ids in paths

HOSTILE = ["", ".", "..", "../users", "a/b", "a%2Fb", "a?b=c", "a#b", "a\n", "a b", "ü", None, 7, b"user_1", "x" * 256]


@pytest.mark.parametrize("hostile", HOSTILE, ids=ascii)
def test_no_id_leads_elsewhere(server, client, hostile):
    for call in (
        client.get_user,
        client.update_user,
        client.delete_user,
        client.ban_user,
        client.unban_user,
        client.lock_user,
        client.unlock_user,
        client.sessions,
        client.revoke_session,
        client.create_sign_in_token,
        client.revoke_sign_in_token,
        client.organization,
        client.update_organization,
        client.delete_organization,
        client.memberships,
        client.user_memberships,
        client.revoke_invitation,
        client.organization_invitations,
        lambda value: client.update_user_metadata(value, **META),
        lambda value: client.replace_user_metadata(value, **META),
        lambda value: client.update_organization_metadata(value, **META),
        lambda value: client.replace_organization_metadata(value, **META),
        lambda value: client.create_membership(value, U, "org:member"),
        lambda value: client.create_membership(O, value, "org:member"),
        lambda value: client.update_membership(value, U, "org:member"),
        lambda value: client.update_membership(O, value, "org:member"),
        lambda value: client.update_membership_metadata(O, value, **META),
        lambda value: client.delete_membership(value, U),
        lambda value: client.delete_membership(O, value),
        lambda value: client.create_organization_invitation(value, "a@example.com", "org:member"),
        lambda value: client.revoke_organization_invitation(value, I),
        lambda value: client.revoke_organization_invitation(O, value),
    ):
        with pytest.raises(ValueError, match="An id of Clerk's"):
            call(hostile)
    assert server.received == []


def test_metadata_must_be_given(server, client):
    for call in (
        lambda: client.update_user_metadata(U),
        lambda: client.replace_user_metadata(U),
        lambda: client.update_organization_metadata(O),
        lambda: client.replace_organization_metadata(O),
        lambda: client.update_membership_metadata(O, U),
    ):
        with pytest.raises(ValueError, match="No metadata"):
            call()
    assert server.received == []


# Refusals


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (400, APIInvalid),
        (402, APIPaymentRequired),
        (403, APIForbidden),
        (404, APINotFound),
        (409, APIConflict),
        (422, APIInvalid),
        (429, APIRateLimited),
        (418, APIError),
    ],
)
def test_each_refusal_is_an_error_of_its_own(server, client, code, kind):
    errors = [{"code": "no", "message": "for ada@example.com", "meta": {}}]
    server.on("/v1/users", status(code, data={"errors": errors}))
    with pytest.raises(APIError) as caught:
        client.create_user(email_address=["ada@example.com"])
    assert type(caught.value) is kind
    assert "ada@example.com" not in str(caught.value)


def test_a_wrong_parameter_is_named(server, client):
    errors = [
        {"code": "form_identifier_exists", "message": "ada@example.com", "meta": {"param_name": "email_address"}},
        {"code": "form_param_unknown", "meta": {"param_name": "color"}},
    ]
    server.on("/v1/users", status(422, data={"errors": errors}))
    with pytest.raises(APIInvalid) as caught:
        client.create_user(email_address=["ada@example.com"], color="red")
    assert str(caught.value) == "POST /v1/users: Clerk answered 422 (form_identifier_exists, email_address)."
    assert caught.value.param_name == "email_address"
    assert [error["meta"]["param_name"] for error in caught.value.errors] == ["email_address", "color"]


@pytest.mark.parametrize("meta", [None, [], {}, {"param_name": None}, {"param_name": "for ada@example.com"}, "x"])
def test_a_parameter_that_is_no_name_is_not_printed(server, client, meta):
    server.on("/v1/users", status(400, data={"errors": [{"code": "no", "meta": meta}]}))
    with pytest.raises(APIInvalid) as caught:
        client.create_user()
    assert str(caught.value) == "POST /v1/users: Clerk answered 400 (no)."


def test_a_refusal_without_a_list_of_errors_names_no_parameter(server, client):
    server.on("/v1/users", status(400))
    with pytest.raises(APIInvalid) as caught:
        client.create_user()
    assert caught.value.param_name is None


# How long it may take


def test_a_client_for_whoever_has_somebody_waiting(server, client, waits):
    server.on("/v1/users/user_1/ban", stall())
    server.on("/v1/users/count", status(503), ok(COUNT))
    server.on("/v1/users/user_1/unban", status(429, {"Retry-After": "3"}))
    brief = client.within(deadline=0.2)
    started = time.monotonic()
    for call in (lambda: brief.ban_user(U), lambda: brief.unban_user(U), brief.count_users):
        with pytest.raises((APIUnavailable, APIRateLimited)):
            call()
    assert time.monotonic() - started < SOON
    assert (len(server.received), waits) == (3, [])
    assert client.count_users() == 7, "the other client is as it was"
    assert brief.pace is client.pace


async def test_from_a_coroutine(server, client):
    server.on("/v1/users/user_1/ban", ok({"id": U}))
    assert await sync_to_async(client.ban_user)(U) == {"id": U}
