"""Cookies that were set by somebody else, look like ours, or can be read in two ways; thrown at real pages."""

from __future__ import annotations

import base64
import time
from typing import Any

import pytest
from django.test import Client

from django_clerk.core.instance import Instance
from tests.attacks.target import table
from tests.mint import mint

pytestmark = pytest.mark.urls("tests.pages")

OURS = Instance.from_publishable_key("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k").cookie_suffix
THEIRS = Instance.from_publishable_key("pk_live_Y2xlcmsuY2xlcmsuZGV2JA").cookie_suffix
DEVELOPMENT = Instance.from_publishable_key("pk_test_Y2xlcmsuZXhhbXBsZS5jb20k").cookie_suffix

#: <T> is a valid token of user_ada, <E> one of user_eve; fill() tells the others.
LOOK_ALIKES: dict[str, str] = {
    "another instance's suffix": f"__session_{THEIRS}=<T>; __client_uat_{THEIRS}=1",
    "the suffix of our development key": f"__session_{DEVELOPMENT}=<T>; __client_uat_{DEVELOPMENT}=1",
    "no suffix": "__session_=<T>; __client_uat_=1",
    "half a suffix": f"__session_{OURS[:4]}=<T>; __client_uat_{OURS[:4]}=1",
    "more than a suffix": f"__session_{OURS}x=<T>; __client_uat_{OURS}=1",
    "suffix in capitals": f"__session_{OURS.upper()}=<T>; __client_uat_{OURS.upper()}=1",
    "suffix in small letters": f"__session_{OURS.lower()}=<T>; __client_uat_{OURS.lower()}=1",
    "name in capitals": "__SESSION=<T>",
    "one underscore": "_session=<T>",
    "three underscores": "___session=<T>",
    "a hyphen": f"__session-{OURS}=<T>",
    "begins with the name": "__sessions=<T>; __session2=<T>; __session.x=<T>; __session[]=<T>",
    "ends with the name": "x__session=<T>; x_session=<T>",
    "host prefix": "__Host-__session=<T>",
    "secure prefix": "__Secure-__session=<T>",
    "no-break space before": "\xa0__session=<T>",
    "no-break space behind": "__session\xa0=<T>",
    "next line before": "\x85__session=<T>",
    "unit separator behind": "__session\x1f=<T>",
    "vertical tab before": "\x0b__session=<T>",
    "NUL": "__session\0=<T>",
    "percent name": "__%73ession=<T>",
    "quoted name": '"__session"=<T>',
    "attribute of $Version": "$Version=1; $__session=<T>",
    "Django's session": "sessionid=<T>",
    "refresh": f"__refresh_{OURS}=<T>",
    "database": "__clerk_db_jwt=<T>",
    "handshake": "__clerk_handshake=<T>",
    "client": "__client=<T>",
    "token": "token=<T>; jwt=<T>; clerk=<T>; Authorization=Bearer <T>",
}

DELIMITERS: dict[str, str] = {
    "encoded semicolon": "a=1%3B __session=<T>",
    "encoded semicolon and equals": "a=1%3B%20__session%3DT",
    "inside quotes": 'a="1; __session2=1"; b="; x__session=<T>"',
    "comma": "a=1, __session=<T>",
    "comma, no space": "a=1,__session=<T>",
    "line break": "a=1\n__session=<T>",
    "CRLF": "a=1\r\n__session=<T>",
    "NUL": "a=1\0__session=<T>",
    "space": "a=1 __session=<T>",
    "name without equals": "__session <T>",
    "colon": "__session:<T>",
    "equals in the name": "=__session=<T>",
    "quoted value": '__session="<T>"',
    "single quotes": "__session='<T>'",
    "half a quote": '__session="<T>',
    "backslash": "__session=\\<T>",
    "percent quotes": "__session=%22T%22",
    "encoded NUL behind": "__session=<T>%00",
    "encoded line break behind": "__session=<T>%0A",
    "encoded space before": "__session=%20<T>",
    "plus for a space": "__session=+<T>",
    "base64": "__session=<B>",
    "Bearer": "__session=Bearer <T>",
    "attributes": "__session=<T>, Path=/",
}

TOSSED: dict[str, str] = {
    "two users": "__session=<T>; __session=<E>",
    "the other order": "__session=<E>; __session=<T>",
    "far apart": "__session=<T>; a=1; b=2; __session=<E>",
    "an empty one first": "__session=; __session=<T>",
    "an empty one last": "__session=<T>; __session=",
    "without equals": "__session; __session=<T>",
    "a broken one first": "__session=x; __session=<T>",
    "a broken one last": "__session=<T>; __session=x",
    "three": "__session=<T>; __session=<T>; __session=<E>",
    "one of them encoded": "__session=<T>; __session=%20<T>",
    "two suffixed": f"__session_{OURS}=<T>; __session_{OURS}=<E>; __client_uat_{OURS}=1",
    "two times": "__session=<T>; __client_uat=1; __client_uat=2",
    "two suffixed times": f"__session_{OURS}=<T>; __client_uat_{OURS}=1; __client_uat_{OURS}=2",
}

BROKEN: dict[str, str] = {
    "empty": "__session=",
    "garbage": "__session=garbage",
    "dots": "__session=..",
    "expired": "__session=<X>",
    "forged": "__session=<S>",
    "another instance's": "__session=<F>",
    "long": "__session=" + "x" * 20_000,
    "Latin-1": "__session=\xe9\xff",
    "percent": "__session=%",
    "half a percent": "__session=%f",
    "not UTF-8": "__session=%ff%fe",
    "surrogate": "__session=%ed%a0%80",
    "only delimiters": ";;;=;=;;",
    "only time": "__client_uat=1",
    "time in the far future": "__session=<T>; __client_uat=99999999999",
    "time of 5000 digits": "__session=<T>; __client_uat=" + "9" * 5000,
    "signed out": "__session=<T>; __client_uat=0",
    "time that is none": "__session=<T>; __client_uat=abc",
    "signed in after the token": "__session=<T>; __client_uat=<N>",
    "10,000 cookies": "; ".join(f"a{n}=1" for n in range(10_000)),
    "10,000 equal ones": "; ".join(["__session=x"] * 10_000),
}

GOOD: dict[str, str] = {
    "alone": "__session=<T>",
    "with a time": "__session=<T>; __client_uat=1",
    "suffixed": f"__session_{OURS}=<T>; __client_uat_{OURS}=1",
    "the same twice": "__session=<T>; __session=<T>",
    "the same twice, once encoded": "__session=<T>; __session=<P>",
    "beside look-alikes": f"__session_{THEIRS}=<E>; __session_=<E>; __SESSION=<E>; __session=<T>",
    "after a quote that does not end": 'a="; __session=<T>',
    "with $Version": "$Version=1; __session=<T>; $Path=/",
    "tight": "a=1;__session=<T>;b=2",
    "wide": "  a=1 ;\t__session = <T> ; b=2",
    "beside rubbish": ";;=; x; __session=<T>; \xff=\xff",
    "beside an older plain one": f"__session=<O>; __client_uat=1; __session_{OURS}=<T>; __client_uat_{OURS}=1",
    "beside another instance's plain one": f"__session=<F>; __session_{OURS}=<T>; __client_uat_{OURS}=1",
}


def fill(header: str) -> str:
    now = int(time.time())
    token = mint(sub="user_ada")
    values = {
        "T": token,
        "E": mint(sub="user_eve"),
        "X": mint(exp=now - 60),
        "F": mint(iss="https://clerk.other.example"),
        "S": token[:-10] + "A" * 10,
        "O": mint(iat=now - 30),
        "P": "".join(f"%{ord(letter):x}" for letter in token),
        "B": base64.b64encode(token.encode()).decode(),
        "N": str(now + 5),
    }
    for letter, value in values.items():
        header = header.replace(f"<{letter}>", value)
    return header


def who(header: str, path: str = "/clerk/") -> dict[str, Any]:
    began = time.thread_time()
    # Without the time of the last change no session counts, and no attack would show anything.
    if "__client_uat" not in header:
        header += "; __client_uat=1"
    response = Client().get(path, headers={"Cookie": fill(header)})
    assert time.thread_time() - began < 1
    assert response.status_code == 200
    return dict(response.json())


@table(LOOK_ALIKES | DELIMITERS)
def test_what_only_looks_like_our_cookie(attack: str) -> None:
    assert who(attack)["user_id"] is None


@table(TOSSED)
def test_two_cookies_of_one_name_are_nobody(attack: str) -> None:
    assert who(attack) == {"user_id": None, "source": "cookie", "reason": "token-invalid"}


@table(BROKEN)
def test_a_broken_cookie_locks_nobody_out(attack: str) -> None:
    assert who(attack)["user_id"] is None
    response = Client().get("/untouched/", headers={"Cookie": fill(attack)})
    assert (response.status_code, response.content) == (200, b"hello")


@table(GOOD)
def test_the_genuine_cookie_is_found(attack: str) -> None:
    assert who(attack) == {"user_id": "user_ada", "source": "cookie", "reason": None}
