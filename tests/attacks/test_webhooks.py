"""
Deliveries that are not Clerk's, or not as Clerk sends them.

Each is answered 4xx, leaves no row and raises nothing: a 5xx would bring Svix back for days.
"""

from __future__ import annotations

import base64
import time

import pytest
from django.test import Client

from django_clerk.models import ClerkUser
from tests.deliveries import assert_refused, clerk_user, event_body, headers, new_svix_id, post, signature

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.webhook_urls")]

BODY = event_body("user.created", clerk_user())
OTHER_SECRET = "whsec_" + base64.b64encode(b"a key of somebody else's").decode()


def strange_times() -> dict[str, str]:
    """Return what may stand in svix-timestamp, all signed as if it were right."""
    now = str(int(time.time()))
    return {
        "empty": "",
        "blank": " ",
        "zero": "0",
        "one": "1",
        "exponent": "1e9",
        "exponent now": f"{int(now) / 1e9}e9",
        "capital exponent": "1E9",
        "not a number": "NaN",
        "infinite": "inf",
        "minus infinite": "-Infinity",
        "fraction": f"{now}.5",
        "point at the end": f"{now}.",
        "comma": f"{now},0",
        "plus": f"+{now}",
        "minus": f"-{now}",
        "space before": f" {now}",  # a server may strip it; the signature then does not match
        "space after": f"{now} ",
        "space inside": f"{now[:5]} {now[5:]}",
        "underscore": f"{now[:5]}_{now[5:]}",
        "leading zeros beyond the limit": now.zfill(13),
        "hexadecimal": hex(int(now)),
        "octal": f"0o{int(now):o}",
        "milliseconds": f"{now}000",
        "huge": "9" * 12,
        "more than huge": "9" * 13,
        "five thousand digits": "9" * 5000,
        "Arabic digits": "".join(chr(0x660 + int(digit)) for digit in now).encode().decode("latin-1"),
        "superscripts": "\xb9\xb2\xb3",
        "words": "now",
        "date": "2026-01-01T00:00:00Z",
        "true": "true",
        "null": "null",
        "list": f"[{now}]",
        "NUL": f"{now}\0",
        "twice": f"{now},{now}",
        "five minutes and a second ago": str(int(now) - 302),
        "an hour ago": str(int(now) - 3600),
        "in six minutes": str(int(now) + 362),
        "in a year": str(int(now) + 31_536_000),
        "year 2038": str(2**31),
        "two to the 63rd": str(2**63),
    }


@pytest.mark.parametrize("case", strange_times())
def test_time(case: str, client: Client) -> None:
    timestamp = strange_times()[case]
    sent = headers(BODY) | {"svix-timestamp": timestamp}
    sent["svix-signature"] = signature(BODY, svix_id=sent["svix-id"], timestamp=timestamp)
    assert_refused(post(client, BODY, sent))


IDS = {
    "empty": "",
    "blank": " ",
    "tab": "\t",
    "space inside": "msg_1 msg_2",
    "comma": "msg_1,msg_2",
    "semicolon": "msg_1;msg_2",
    "quote": "msg_'1",
    "double quote": 'msg_"1',
    "NUL": "msg_\0",
    "line": "msg_1\nmsg_2",
    "carriage return": "msg_1\r",
    "percent": "msg_%00",
    "markup": "<msg_1>",
    "braces": "{msg_1}",
    "backslash": "msg_\\1",
    "umlaut": "msg_\xfc",
    "control": "msg_\x7f",
    "no-break space": "msg_\xa01",
    "too long by one": "m" * 256,
    "8,000 characters": "m" * 8000,
    "SQL": "msg_1'); DROP TABLE django_clerk_clerkuser; --",
}


@pytest.mark.parametrize("case", IDS)
def test_id(case: str, client: Client) -> None:
    timestamp = str(int(time.time()))
    signed = signature(BODY, svix_id=IDS[case], timestamp=timestamp)
    assert_refused(post(client, BODY, {"svix-id": IDS[case], "svix-timestamp": timestamp, "svix-signature": signed}))


#: What stands in svix-signature, given the right entry ("v1,…") and its base64.
SIGNATURES = {
    "empty": "",
    "blank": " ",
    "many blanks": " " * 100,
    "no comma": "v1{base64}",
    "no version": "{base64}",
    "comma first": ",{base64}",
    "comma only": ",",
    "commas only": ",,,,",
    "a comma too many": "v1,{base64},",
    "two commas": "v1,,{base64}",
    "comma in the middle": "v1,{base64},{base64}",
    "a hundred commas": "v1" + "," * 100 + "{base64}",
    "version 1a": "v1a,{base64}",
    "version 2": "v2,{base64}",
    "version 0": "v0,{base64}",
    "version 11": "v11,{base64}",
    "capital version": "V1,{base64}",
    "space in the version": "v 1,{base64}",
    "version as digits of another script": "v\xb9,{base64}",
    "colon": "v1:{base64}",
    "equals": "v1={base64}",
    "space after the comma": "v1, {base64}",
    "tab after the comma": "v1,\t{base64}",
    "quoted": '"v1,{base64}"',
    "quoted base64": 'v1,"{base64}"',
    "angle brackets": "<v1,{base64}>",
    "separated by semicolon": "v1,AAAA;v1,{base64}",
    "separated by comma": "v1,AAAA,v1,{base64}",
    "separated by tab": "v1,AAAA\tv1,{base64}",
    "separated by no-break space": "v1,AAAA\xa0v1,{base64}",
    "nothing signed": "v1,",
    "not base64": "v1,!!!!",
    "half": "v1,{half}",
    "without padding": "v1,{unpadded}",
    "too much padding": "v1,{base64}=",
    "padding in front": "v1,={base64}",
    "one letter": "v1,A",
    "a byte too short": "v1,{shorter}",
    "a byte too long": "v1,{longer}",
    "all zero": "v1," + base64.b64encode(bytes(32)).decode(),
    "one bit off": "v1,{flipped}",
    "lower case": "v1,{lower}",
    "reversed": "v1,{reversed}",
    "hexadecimal": "v1,{hex}",
    "sha256= as GitHub has it": "sha256={hex}",
    "t=, v1= as Stripe has it": "t=1,v1={hex}",
    "NUL": "v1,{base64}\0",
    "NUL in front": "\0v1,{base64}",
    "line": "v1,\n{base64}",
    "umlaut": "v1,\xfc{base64}",
    "Arabic": "v1,\xd9\xa1{base64}",
    "none": "none",
    "null": "null",
    "JSON": '["v1,{base64}"]',
    "a token": "eyJhbGciOiJub25lIn0.e30.",
    "17 wrong ones": " ".join(["v1," + base64.b64encode(bytes(32)).decode()] * 17),
    "17 right ones": " ".join(["v1,{base64}"] * 17),
    "10,000 letters": "v1," + "A" * 10_000,
    "2,000 entries": "v1,AAAA " * 2000,
}


@pytest.mark.parametrize("case", SIGNATURES)
def test_signature(case: str, client: Client) -> None:
    sent = headers(BODY)
    right = sent["svix-signature"].removeprefix("v1,")
    digest = base64.b64decode(right)
    sent["svix-signature"] = SIGNATURES[case].format(
        base64=right,
        half=right[:22],
        unpadded=right.rstrip("="),
        shorter=base64.b64encode(digest[:-1]).decode(),
        longer=base64.b64encode(digest + b"\0").decode(),
        flipped=base64.b64encode(bytes([digest[0] ^ 1]) + digest[1:]).decode(),
        lower=right.lower(),
        reversed=right[::-1],
        hex=digest.hex(),
    )
    assert_refused(post(client, BODY, sent))


@pytest.mark.parametrize(
    "kept",
    [[], ["id"], ["timestamp"], ["signature"], ["id", "timestamp"], ["id", "signature"], ["timestamp", "signature"]],
    ids=lambda kept: " and ".join(kept) or "nothing",
)
def test_only_some_headers(kept: list[str], client: Client) -> None:
    sent = headers(BODY)
    assert_refused(post(client, BODY, {f"svix-{name}": sent[f"svix-{name}"] for name in kept}))


def test_names_of_the_standard_are_not_those_of_svix(client: Client) -> None:
    """Clerk sends "svix-…"; a second set of names would be a second door."""
    assert_refused(
        post(client, BODY, {name.replace("svix", "webhook"): value for name, value in headers(BODY).items()})
    )


@pytest.mark.parametrize("name", ["svix-id", "svix-timestamp"])
def test_what_is_signed_cannot_be_exchanged(name: str, client: Client) -> None:
    changed = {"svix-id": new_svix_id(), "svix-timestamp": str(int(time.time()) - 1)}
    assert_refused(post(client, BODY, headers(BODY) | {name: changed[name]}))


WRONG_KEYS = {
    "another secret": OTHER_SECRET,
    "an empty key": "whsec_",
    "a key of zeros": "whsec_" + base64.b64encode(bytes(24)).decode(),
    "the text of the secret, not its bytes": "whsec_"
    + base64.b64encode(base64.b64encode(b"the tests' signing secret")).decode(),
    "the first half of the key": "whsec_" + base64.b64encode(b"the tests' s").decode(),
}


@pytest.mark.parametrize("case", WRONG_KEYS)
def test_wrong_key(case: str, client: Client) -> None:
    assert_refused(post(client, BODY, headers(BODY, secret=WRONG_KEYS[case])))


def test_wrong_keys_in_a_header_of_many(client: Client) -> None:
    sent = headers(BODY)
    sent["svix-signature"] = " ".join(
        signature(BODY, svix_id=sent["svix-id"], timestamp=sent["svix-timestamp"], secret=secret)
        for secret in WRONG_KEYS.values()
    )
    assert_refused(post(client, BODY, sent))


#: Odd company in svix-signature that does not harm: Svix's header is a list, and one right entry is enough.
ACCEPTED = {
    "alone": "v1,{base64}",
    "after a wrong one": "v1,AAAA v1,{base64}",
    "before a wrong one": "v1,{base64} v1,AAAA",
    "after another key's": "v1,{zeros} v1,{base64}",
    "beside an asymmetric one": "v1a,AAAA v1,{base64} v1a,BBBB",
    "beside entries without comma": "AAAA v1,{base64} v1",
    "beside entries with many commas": "v1,,, v1,{base64} ,,,",
    "with many spaces": "  v1,{base64}   ",
    "16 of them": " ".join(["v1,{base64}"] * 16),
}


@pytest.mark.parametrize("case", ACCEPTED)
def test_a_right_signature_is_found(case: str, client: Client) -> None:
    """The control: were all deliveries refused, this file would pass as well."""
    sent = headers(BODY)
    right, zeros = sent["svix-signature"].removeprefix("v1,"), base64.b64encode(bytes(32)).decode()
    sent["svix-signature"] = ACCEPTED[case].format(base64=right, zeros=zeros)
    assert post(client, BODY, sent).status_code == 200
    assert ClerkUser.objects.get().clerk_id == "user_ada"
