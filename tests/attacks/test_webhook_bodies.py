"""
Bodies that are not what was signed, or are signed and yet nothing that Clerk would say.

Each is answered 4xx, leaves no row and raises nothing: a 5xx would bring Svix back for days.
"""

from __future__ import annotations

import json

import pytest
from django.test import Client

from tests.deliveries import assert_refused, clerk_user, event_body, headers, post

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.webhook_urls")]

BODY = event_body("user.created", clerk_user())

RE_ENCODED = {
    "with spaces": json.dumps(json.loads(BODY), indent=1).encode(),
    "without spaces": json.dumps(json.loads(BODY), separators=(",", ":")).encode(),
    "with sorted names": json.dumps(json.loads(BODY), sort_keys=True).encode(),
    "a line at the end": BODY + b"\n",
    "a blank in front": b" " + BODY,
    "a mark of byte order": b"\xef\xbb\xbf" + BODY,
    "as UTF-16": BODY.decode().encode("utf-16"),
    "as UTF-16 without mark": BODY.decode().encode("utf-16-le"),
    "one byte less": BODY[:-1],
    "NUL at the end": BODY + b"\0",
    "twice": BODY + BODY,
    "nothing": b"",
    "other user": BODY.replace(b"user_ada", b"user_eve"),
    "other type": BODY.replace(b"user.created", b"user.deleted"),
    "escaped letter": BODY.replace(b"user_ada", b"user_\\u0061da"),
    "one bit": bytes([BODY[0] ^ 1]) + BODY[1:],
}


@pytest.mark.parametrize("case", RE_ENCODED)
def test_another_body_than_was_signed(case: str, client: Client) -> None:
    assert_refused(post(client, RE_ENCODED[case], headers(BODY)))


#: Signed as it should be, and yet nothing that Clerk would say.
NO_EVENT = {
    "nothing": b"",
    "blank": b"  ",
    "null": b"null",
    "true": b"true",
    "number": b"1",
    "text": b'"user.created"',
    "list": b"[]",
    "list with an event": b"[" + BODY + b"]",
    "empty object": b"{}",
    "words": b"user.created",
    "form": b"type=user.created&data=x",
    "XML": b"<event/>",
    "cut off": BODY[:-2],
    "two documents": BODY + b" {}",
    "not UTF-8": BODY.replace(b"Ada", b"\xff\xfe"),
    "half a character": BODY.replace(b"Ada", b"\xed\xa0\x80"),
    "Latin-1": BODY.replace(b"Ada", b"Ad\xe4"),
    "UTF-16": BODY.decode().encode("utf-16"),
    "mark of byte order": b"\xef\xbb\xbf" + BODY,
    "NaN": BODY.replace(b'"Ada"', b"NaN"),
    "infinite": BODY.replace(b'"Ada"', b"-Infinity"),
    "a member twice": BODY.replace(b'"banned": false', b'"banned": true, "banned": false'),
    "type twice": BODY.replace(b'"type"', b'"type": "user.deleted", "type"'),
    "comment": b"/* */" + BODY,
    "comma at the end": BODY[:-1] + b",}",
    "deep list": b'{"type": "user.created", "data": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "deep object": b'{"type": "user.created", "data": ' + b'{"a":' * 100_000 + b"1" + b"}" * 100_001,
    "NUL in the text": BODY.replace(b"Ada", b"A\0da"),
    "no type": event_body("", clerk_user()),
    "type null": event_body("", clerk_user(), type=None),
    "type a number": event_body("", clerk_user(), type=1),
    "type a list": event_body("", clerk_user(), type=["user.created"]),
    "type an object": event_body("", clerk_user(), type={"user": "created"}),
    "type too long": event_body("x" * 101, clerk_user()),
    "type with a space": event_body("user created", clerk_user()),
    "type with NUL": event_body("user.created\0", clerk_user()),
    "type with a line": event_body("user.created\n", clerk_user()),
    "type with an umlaut": event_body("\xfcser.created", clerk_user()),
    "type with half a character": event_body("user.created\ud800", clerk_user()),
    "type with markup": event_body("<script>", clerk_user()),
    "no data": json.dumps({"type": "user.created"}).encode(),
    "data null": event_body("user.created", None),
    "data a list": event_body("user.created", [clerk_user()]),
    "data a text": event_body("user.created", "user_ada"),
    "data a number": event_body("user.created", 7),
    "data true": event_body("user.created", True),
}


@pytest.mark.parametrize("case", NO_EVENT)
def test_signed_nonsense(case: str, client: Client) -> None:
    assert_refused(post(client, NO_EVENT[case], headers(NO_EVENT[case])))


USER_IDS = {
    "missing": None,
    "null": None,
    "number": 7,
    "true": True,
    "list": ["user_ada"],
    "object": {"id": "user_ada"},
    "empty": "",
    "prefix only": "user_",
    "other object": "org_ada",
    "capitals": "USER_ada",
    "no prefix": "ada",
    "space in front": " user_ada",
    "space behind": "user_ada ",
    "line": "user_ada\n",
    "NUL": "user_ada\0",
    "half a character": "user_\ud800",
    "umlaut": "user_\xe4da",
    "look-alike": "us\u0435r_ada",
    "path": "user_../../jwks",
    "path in front": "../user_ada",
    "slash": "user_ada/metadata",
    "encoded slash": "user_ada%2fmetadata",
    "query": "user_ada?limit=1",
    "fragment": "user_ada#",
    "dot": "user_a.da",
    "wildcard": "user_%",
    "SQL": "user_'; DROP TABLE auth_user; --",
    "markup": "user_<script>",
    "URL": "https://evil.example/user_ada",
    "header": "user_ada\r\nX-Evil: 1",
    "too long": "user_" + "a" * 201,
    "20,000 characters": "user_" + "a" * 20_000,
}


@pytest.mark.parametrize("kind", ["user.created", "user.updated", "user.deleted"])
@pytest.mark.parametrize("case", USER_IDS)
def test_event_about_no_user(kind: str, case: str, client: Client) -> None:
    data = clerk_user(USER_IDS[case])
    if case == "missing":
        del data["id"]
    body = event_body(kind, data)
    assert_refused(post(client, body, headers(body)))
