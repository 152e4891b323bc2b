"""Deliveries and secrets, without Django: vectors of Svix's own, and what is made of a verified body."""

from __future__ import annotations

import base64
import json
import time
from datetime import datetime, timezone
from importlib.metadata import version

import pytest
from svix.webhooks import Webhook

from django_clerk.core.deliveries import read_secret, verify
from django_clerk.exceptions import WebhookNotConfigured, WebhookRejected
from tests.deliveries import signature

KEY = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
EVENT = {"type": "user.created", "data": {"id": "user_ada"}}


def signed(body: bytes, *, secret: str = KEY, **changes: str) -> dict[str, str]:
    sent = {"svix-id": "msg_1", "svix-timestamp": str(int(time.time())), **changes}
    return sent | {
        "svix-signature": signature(body, svix_id=sent["svix-id"], timestamp=sent["svix-timestamp"], secret=secret)
    }


def verified(**envelope: object):
    body = json.dumps({**EVENT, **envelope}).encode()
    return verify(body, signed(body), [KEY])


# The helper of all these tests signs as Svix does


@pytest.mark.parametrize(
    ("secret", "svix_id", "timestamp", "body", "expected"),
    [
        (
            KEY,
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            "1614265330",
            b'{"test": 2432232314}',
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        ),
        (
            "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
            "msg_1",
            "1700000000",
            b'{"type":"user.created"}',
            "v1,+0JYNXAVJ5ijq3mefraxbupOsf4aCKpwd5yFoxOBx88=",
        ),
    ],
)
def test_published_vectors(secret: str, svix_id: str, timestamp: str, body: bytes, expected: str) -> None:
    assert signature(body, svix_id=svix_id, timestamp=timestamp, secret=secret) == expected
    at = datetime.fromtimestamp(int(timestamp), timezone.utc)
    assert Webhook(secret).sign(svix_id, at, body.decode()) == expected
    with pytest.raises(WebhookRejected, match="not signed"):  # genuine, and years old
        verify(body, {"svix-id": svix_id, "svix-timestamp": timestamp, "svix-signature": expected}, [secret])


# Secrets


@pytest.mark.parametrize(
    "secret", [KEY, "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD", "whsec_AAECAwQFBgcICQ==", "whsec_AAECAwQFBgcICQ"]
)
def test_a_secret_with_and_without_padding(secret: str) -> None:
    body = json.dumps(EVENT).encode()
    assert verify(body, signed(body, secret=secret), [secret]).type == "user.created"
    assert len(base64.b64decode(read_secret(secret).removeprefix("whsec_"), validate=True)) >= 8


@pytest.mark.parametrize(
    "secret",
    ["", "whsec", "whsec_", "whsec_A", "whsec_AAAA", "whsec_your_secret", "whsec_...", "whsec_{}",
     "sk_test_AAAAAAAAAAAA",
     "WHSEC_AAAAAAAAAAAAAAAA", " whsec_AAAAAAAAAAAAAAAA", "whsec_AAAAAAAA AAAAAAAA", "whsec_AAAAAAAAAAAAAAA\n",
     "whsec_AAAAAAAA-_AAAAAA", "whsec_\u0410AAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAA"],
    ids=ascii,
)  # fmt: skip
def test_what_is_no_secret(secret: str) -> None:
    with pytest.raises(WebhookNotConfigured, match="whsec_") as caught:
        verify(b"{}", {}, [KEY, secret])
    assert len(secret) < 8 or secret not in str(caught.value)


def test_no_secret_at_all() -> None:
    with pytest.raises(WebhookNotConfigured, match="is not set"):
        verify(b"{}", {}, [])


def test_any_of_several_secrets() -> None:
    body, other = json.dumps(EVENT).encode(), "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
    for secrets in ([KEY, other], [other, KEY]):
        assert verify(body, signed(body), secrets).svix_id == "msg_1"
    with pytest.raises(WebhookRejected):
        verify(body, signed(body), [other])


@pytest.mark.parametrize(("seconds", "good"), [(-310, False), (-290, True), (0, True), (290, True), (310, False)])
def test_five_minutes_both_ways(seconds: int, good: bool) -> None:
    body = json.dumps(EVENT).encode()
    sent = signed(body, **{"svix-timestamp": str(int(time.time()) + seconds)})
    if good:
        assert verify(body, sent, [KEY]).type == "user.created"
    else:
        with pytest.raises(WebhookRejected):
            verify(body, sent, [KEY])


# Events


def test_an_event() -> None:
    event = verified(timestamp=1_654_012_591_514, instance_id="ins_1", extra=1)
    assert (event.svix_id, event.type, event.object_id, event.instance_id) == (
        "msg_1",
        "user.created",
        "user_ada",
        "ins_1",
    )
    assert event.occurred_at == datetime(2022, 5, 31, 15, 56, 31, 514000, timezone.utc)
    assert event.payload["extra"] == 1
    assert "user_ada" not in repr(event)  # nor anything else that the data holds


@pytest.mark.parametrize(
    ("timestamp", "year"),
    [(1_716_883_200, 2024), (1_716_883_200_000, 2024), (0, 1970), (None, None), ("1716883200", None), (1.7e12, None),
     (True, None), (-1, None), (10**20, None)],
)  # fmt: skip
def test_time_in_seconds_and_in_milliseconds(timestamp: object, year: int | None) -> None:
    occurred_at = verified(timestamp=timestamp).occurred_at
    assert (occurred_at and occurred_at.year) == year


@pytest.mark.parametrize(
    ("data", "object_id"),
    [
        ({}, ""),
        ({"id": None}, ""),
        ({"id": 7}, ""),
        ({"id": "a\0\ud800"}, "a\ufffd\ufffd"),
        ({"id": "x" * 300}, "x" * 255),
    ],
)
def test_the_object_of_an_event(data: dict[str, object], object_id: str) -> None:
    assert verified(data=data).object_id == object_id


@pytest.mark.skipif(version("svix").startswith("1."), reason="svix 1 parses the body itself, as deep as Python lets it")
def test_metadata_deeper_than_parsers_go() -> None:
    """Clerk's users write it from the browser; whoever could keep events about themselves away could escape a ban."""
    data = '{"id": "user_ada", "banned": true, "unsafe_metadata": ' + '{"a":' * 2000 + "1" + "}" * 2000 + "}"
    body = ('{"data": ' + data + ', "type": "user.updated"}').encode()
    event = verify(body, signed(body), [KEY])
    assert (event.type, event.data["banned"]) == ("user.updated", True)


def test_deep_metadata_with_another_signature() -> None:
    body = (
        '{"data": {"id": "user_ada", "m": ' + '{"a":' * 2000 + "1" + "}" * 2000 + '}, "type": "user.updated"}'
    ).encode()
    with pytest.raises(WebhookRejected):
        verify(body, {**signed(body), "svix-signature": "v1," + "A" * 43 + "="}, [KEY])
