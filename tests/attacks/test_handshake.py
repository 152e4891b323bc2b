"""
Handshakes that Clerk never made: tokens, payloads, nonces and cookies of somebody who wants a browser signed in as
them, or cookies set that are theirs.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from django_clerk.core import base64url
from django_clerk.core.jws import LONGEST_TOKEN
from tests.attacks.target import table
from tests.attacks.test_redirects import origin_in_a_browser
from tests.forge import forge
from tests.handshakes import (
    DEVELOPMENT,
    PRODUCTION,
    STALE,
    ask,
    configure,
    cookie_lines,
    directives,
    handshake_token,
    home,
)
from tests.jwks import OTHER_KEY
from tests.keys import PUBLIC_PEM
from tests.loopback import Loopback, ok, serve
from tests.mint import M2M, TEMPLATE, bearer, mint

pytestmark = pytest.mark.django_db

PAYLOAD = "/v1/clients/handshake_payload"
EVE = "user_eve"


@pytest.fixture(params=[PRODUCTION, DEVELOPMENT], ids=["production", "development"])
def instance(request: Any, settings: Any) -> Any:
    configure(settings, request.param)
    return request.param


@pytest.fixture
def clerk(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Loopback]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with serve() as server:
        settings.CLERK_API_URL, settings.CLERK_SECRET_KEY = server.url, "sk_live_VeryUnlikelyToAppearByChance"
        yield server


def check(response: Any, instance: Any) -> None:
    """Make sure that nobody is signed in, nothing of theirs is set, and nobody is sent elsewhere than to Clerk."""
    if response.status_code == 200:
        assert response.json()["clerk"] is None
    else:
        assert response.status_code == 307
        own = (home(instance), f"https://{instance.frontend_api}")
        assert origin_in_a_browser(response["Location"]) in own
        assert re.fullmatch(r"[!-~]+", response["Location"])
    assert all(line.startswith("__clerk_redirect_count=") for line in cookie_lines(response))


def confused(lines: list[str]) -> str:
    """Sign with the public key as if it were a secret that both sides know."""
    text = handshake_token(*lines, header={"alg": "HS256"}).rpartition(".")[0]
    return f"{text}.{base64url.encode(hmac.digest(PUBLIC_PEM.encode(), text.encode(), 'sha256'))}"


FORGED: dict[str, Callable[[list[str]], str]] = {
    "another key": lambda lines: handshake_token(*lines, key=OTHER_KEY),
    "none": lambda lines: handshake_token(*lines, header={"alg": "none"}, signature=""),
    "None": lambda lines: handshake_token(*lines, header={"alg": "None"}, signature=""),
    "no signature": lambda lines: handshake_token(*lines, signature=""),
    "no third part": lambda lines: handshake_token(*lines).rpartition(".")[0],
    "HS256 by the public key": confused,
    "HS256 in the header alone": lambda lines: handshake_token(*lines, header={"alg": "HS256"}),
    "RS512 in the header alone": lambda lines: handshake_token(*lines, header={"alg": "RS512"}),
    "no algorithm": lambda lines: handshake_token(*lines, header={"alg": None}),
    "a template": lambda lines: handshake_token(*lines, header={"cat": TEMPLATE}),
    "a whole template": lambda lines: mint(headers={"cat": TEMPLATE}, sid=None, handshake=lines),
    "a machine's category": lambda lines: handshake_token(*lines, header={"cat": M2M}),
    "a machine's token": lambda lines: mint(headers={"cat": None}, sub="mch_1", handshake=lines),
    "an OAuth token": lambda lines: mint(headers={"cat": None, "typ": "at+jwt"}, handshake=lines),
    "no category": lambda lines: handshake_token(*lines, header={"cat": ""}),
    "a category that is no text": lambda lines: handshake_token(*lines, header={"cat": ["cl_B7d4PD111AAA"]}),
    "another type": lambda lines: handshake_token(*lines, header={"typ": "handshake"}),
    "an extension": lambda lines: handshake_token(*lines, header={"crit": ["x"], "x": 1}),
    "unencoded": lambda lines: handshake_token(*lines, header={"b64": False, "crit": ["b64"]}),
    "a changed payload": lambda lines: forge(
        header={"cat": None}, payload={"handshake": lines}, signature=handshake_token().rpartition(".")[2]
    ),
    "too long": lambda lines: handshake_token(*lines, "__client_uat=1; x=" + "x" * LONGEST_TOKEN),
    "a session token": lambda lines: mint(sub=EVE),
    "no list": lambda lines: forge(header={"cat": None}, payload={"handshake": "; ".join(lines)}),
    "an object": lambda lines: forge(header={"cat": None}, payload={"handshake": dict.fromkeys(lines, 1)}),
    "a list in a list": lambda lines: forge(header={"cat": None}, payload={"handshake": [lines, None, 1, {}]}),
    "another claim": lambda lines: forge(header={"cat": None}, payload={"handshakes": lines, "cookies": lines}),
    "the member twice": lambda lines: forge(
        header={"cat": None}, payload=b'{"handshake": [], "handshake": ["__session=x"]}'
    ),
    "garbage": lambda lines: "garbage",
    "dots": lambda lines: "..",
    "many dots": lambda lines: "." * 10_000,
    "not UTF-8": lambda lines: "%ff%fe.%ff.%ff",
}


@table(FORGED)
def test_a_forged_token_brings_nothing(instance: Any, attack: Callable[[list[str]], str]) -> None:
    lines = directives(EVE, instance)
    token = attack(lines)
    for url, cookie in (("/page/", f"__clerk_handshake={token}"), (f"/page/?__clerk_handshake={token}", "a=1")):
        for more in ([], [STALE]):
            check(ask("sync", url, cookie, *more, origin=home(instance)), instance)
            check(ask("sync", url, cookie, *more, origin=home(instance), method="POST"), instance)


#: Clerk's key has signed them, and they say of no session: then there is none, in Clerk's SDK as well.
GENUINE = {"a session token", "no list", "an object", "a list in a list", "another claim"}


@table({name: make for name, make in FORGED.items() if name not in GENUINE})
def test_nor_does_it_sign_anybody_out_in_production(settings: Any, attack: Callable[[list[str]], str]) -> None:
    configure(settings, PRODUCTION)
    cookie = f"__clerk_handshake={attack(directives(EVE))}"
    response = ask("sync", "/page/", cookie, f"__session={mint()}", STALE)
    assert response.json()["clerk"] == "user_ada"
    assert cookie_lines(response) == []


FOREIGN = {
    "Django's session": "sessionid=1; Path=/",
    "Django's CSRF token": "csrftoken=1; Path=/",
    "a prefix": "__Host-__session=1; Path=/; Secure",
    "another prefix": "__Secure-__session=1",
    "something before": "x__session=1",
    "no separator": "__sessionid=1",
    "a dot": "__session.x=1",
    "a bracket": "__session[x]=1",
    "capitals": "__SESSION=1",
    "half a name": "__clerk=1",
    "half a name and the separator": "__clerk_=1",
    "no name": "=1",
    "no value": "__session",
    "nothing": "",
    "attributes alone": "; Path=/; Domain=example.com",
    "a name behind a semicolon": "; __session=1",
    "quoted": '"__session"=1',
    "a comma": "sessionid=1, __session=1",
    "a space in it": "__session x=1",
    "CRLF": "__client_uat=1\r\nSet-Cookie: sessionid=1",
    "LF": "__client_uat=1\nX: y",
    "CR": "__client_uat=1\rX: y",
    "LF before": "\n__client_uat=1",
    "LF at the end": "__client_uat=1\n",
    "NUL": "__client_uat=1\0; Path=/",
    "tab": "__client_uat=1;\tPath=/",
    "next line": "__client_uat=1\x85X: y",
    "line separator": "__client_uat=1\N{LINE SEPARATOR}X: y",
    "letters beyond ASCII": "__client_uat=\N{LATIN SMALL LETTER E WITH ACUTE}",
    "huge": "__client_uat=1; x=" + "x" * 9000,
    "huge name": "__clerk_" + "x" * 9000 + "=1",
}


@table(FOREIGN)
def test_only_clerks_cookies_are_set(clerk: Loopback, instance: Any, attack: str) -> None:
    """Even where Clerk's own key has signed them: what an application puts into a token is not what Clerk means."""
    good = directives(instance=instance)
    lines = [attack, *good, attack, attack.replace("__client_uat=1", f"__session={mint(sub=EVE)}")]
    expected = sorted(good)
    clerk.on(PAYLOAD, ok({"directives": lines}))
    for cookie in (f"__clerk_handshake={handshake_token(*lines)}", "__clerk_handshake_nonce=abc"):
        if len(cookie) > LONGEST_TOKEN:
            continue
        response = ask("sync", "/page/", cookie, origin=home(instance), method="POST")
        assert response.json()["clerk"] == "user_ada"
        assert sorted(cookie_lines(response)) == expected


@pytest.mark.parametrize(
    "odd", [" __client_uat=1", "__client_uat =1", "__client_uat= 1", '__client_uat="1', "__clerk_x==="]
)
def test_odd_cookies_break_nothing(settings: Any, odd: str) -> None:
    configure(settings, PRODUCTION)
    good = directives()
    response = ask("sync", "/page/", f"__clerk_handshake={handshake_token(odd, *good)}")
    assert (response.status_code, response.json()["clerk"]) == (200, "user_ada")
    assert cookie_lines(response) in ([odd, *good], good)


def test_ten_thousand_cookies_are_no_harder(clerk: Loopback, settings: Any) -> None:
    configure(settings, PRODUCTION)
    good = directives()
    clerk.on(PAYLOAD, ok({"directives": ["sessionid=1"] * 10_000 + good}))
    response = ask("sync", "/page/", "__clerk_handshake_nonce=abc")
    assert cookie_lines(response) == good


NONCES = [
    "../users", "..%2f..%2fusers", "abc/def", "abc?x=1", "abc&x=1", "abc#x", "abc%3Bx", "abc\\x", "abc def", ".", "..",
    "abc%00", "abc%0d%0aX: y", "%c3%a9", "%ff", "+", "*", "{}", "<x>", '"abc"', "a" * 5_000, "https://evil.com/",
]  # fmt: skip


@pytest.mark.parametrize("nonce", NONCES, ids=lambda nonce: nonce[:20])
def test_a_nonce_chooses_no_path(clerk: Loopback, instance: Any, nonce: str) -> None:
    clerk.on(PAYLOAD, ok({"directives": directives(EVE, instance)}))
    check(ask("sync", "/page/", f"__clerk_handshake_nonce={nonce}", origin=home(instance)), instance)
    query = nonce.replace("#", "%23").replace("&", "%26")
    check(ask("sync", f"/page/?__clerk_handshake_nonce={query}", origin=home(instance)), instance)
    assert clerk.received == []


def twice(name: str, first: str, second: str) -> list[str]:
    return [f"{name}={first}; {name}={second}", f"{name}={second}; a=1; {name}={first}"]


@pytest.mark.parametrize("name", ["handshake", "nonce", "uat", "browser", "refresh"])
def test_two_cookies_of_one_name_bring_nothing(clerk: Loopback, instance: Any, name: str) -> None:
    token, other = (handshake_token(*directives(user, instance)) for user in ("user_ada", EVE))
    pairs = {
        "handshake": ("__clerk_handshake", token, other),
        "nonce": ("__clerk_handshake_nonce", "abc", "abd"),
        "uat": (instance.suffixed("__client_uat"), "1", "2"),
        "browser": (instance.suffixed("__clerk_db_jwt"), "dvb_1", "dvb_2"),
        "refresh": (instance.suffixed("__refresh"), "rt_1", "rt_2"),
    }
    for cookies in twice(*pairs[name]):
        more = f"__session={mint(iss=instance.issuer)}; {STALE}; __clerk_handshake={token}"
        for header in (cookies, f"{cookies}; {more}" if name != "handshake" else cookies):
            response = ask("sync", "/page/", header, origin=home(instance))
            assert response.status_code == 200
            assert (response.json()["clerk"], response["X-Clerk-Auth-Reason"]) == (None, "token-invalid")
            assert cookie_lines(response) == []
            expired = bearer(exp=1, iss=instance.issuer)
            assert ask("sync", "/page/", header, origin=home(instance), **expired).status_code == 200
    assert clerk.received == []


def test_a_session_token_ends_no_handshake(instance: Any) -> None:
    """It has the same category, and the application may put claims into it, an author's own words among them."""
    token = mint(iss=instance.issuer, handshake=directives(EVE, instance))
    check(ask("sync", "/page/", f"__clerk_handshake={token}", origin=home(instance)), instance)
