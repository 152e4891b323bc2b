"""Tokens, good ones and others, as recipes that are followed when a request is made; and what each of them proves."""

from __future__ import annotations

import hashlib
import hmac
import re
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from hypothesis import strategies as st

from tests.forge import HEADER, segment, sign
from tests.fuzz.projects import LIVE_ISSUER, TEST_ISSUER, Project
from tests.jwks import OTHER_KEY
from tests.keys import PRIVATE_KEY, PUBLIC_PEM
from tests.mint import M2M, NO_INFORMATION, ORIGIN, SESSION, TEMPLATE

ABSENT = "@absent"
_AT = re.compile(r"@([+-][0-9]+)")

Changes = tuple[tuple[str, Any], ...]


@dataclass(frozen=True)
class Token:
    """
    A recipe. Claims and headers are changes of a good session token's: "@+50" is a time from now, "@absent" none.

    ``raw`` is a payload spelled out, whatever the claims. ``harm`` is what is done to the finished text.
    """

    claims: Changes = ()
    headers: Changes = ()
    key: str = "ours"  #: or "theirs", "none", or "hmac" with our public key as the secret
    lines: tuple[tuple[Any, ...], ...] | None = None  #: of a handshake
    raw: bytes | None = None
    harm: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Quoted:
    """A part of a request, percent-encoded from the first letter to the last."""

    part: Any


Part = str | Token | Quoted


@dataclass(frozen=True)
class Facts:
    """What is inside a token that the key of the tests has really signed."""

    header: dict[str, Any]
    claims: dict[str, Any]
    lines: tuple[str, ...]


#: The tokens that were signed with our key and are as they were then. Any other text is worth nothing.
SIGNED: dict[str, Facts] = {}
_made: dict[tuple[str, str, int], str] = {}


def text_of(part: Any, project: Project) -> str:
    """Follow a recipe. Equal ones give equal texts for some seconds."""
    if isinstance(part, str):
        return part
    if isinstance(part, Quoted):
        return "".join(f"%{byte:02x}" for byte in text_of(part.part, project).encode())
    now = int(time.time()) // 8 * 8
    key = (repr(part), project.name, now)
    if key not in _made:
        _made[key] = _make(part, project, now)
    return _made[key]


def forget() -> None:
    """Begin anew, when many were made."""
    if len(_made) > 2000:
        _made.clear()
        SIGNED.clear()


def _make(token: Token, project: Project, now: int) -> str:
    if token.lines is not None:
        base: dict[str, Any] = {"handshake": ["".join(text_of(p, project) for p in line) for line in token.lines]}
    else:
        base = {
            "azp": ORIGIN, "exp": now + 60, "iat": now - 20, "iss": project.issuer, "nbf": now - 30, "sid": "sess_1",
            "sts": "active", "sub": "user_ada", "v": 2,
        }  # fmt: skip
    claims, header = _changed(base, token.claims, now), _changed(HEADER, token.headers, now)
    payload: Any = claims if token.raw is None else token.raw
    text = f"{segment(header)}.{segment(payload)}"
    if token.key == "none":
        signature = b""
    elif token.key == "hmac":
        signature = hmac.new(PUBLIC_PEM.encode(), text.encode(), hashlib.sha256).digest()
    else:
        signature = sign(text, PRIVATE_KEY if token.key == "ours" else OTHER_KEY)
    whole = f"{text}.{segment(signature)}"
    if token.key == "ours" and token.raw is None:
        lines = claims.get("handshake")
        SIGNED[whole] = Facts(header, claims, tuple(lines) if isinstance(lines, list) else ())
    return _harmed(whole, token.harm)


def _changed(base: dict[str, Any], changes: Changes, now: int) -> dict[str, Any]:
    changed = dict(base)
    for name, value in changes:
        if value == ABSENT:
            changed.pop(name, None)
        elif isinstance(value, str) and (match := _AT.fullmatch(value)):
            changed[name] = now + int(match[1])
        else:
            changed[name] = value
    return changed


def _harmed(text: str, harm: tuple[Any, ...]) -> str:
    if not harm:
        return text
    kind, *rest = harm
    if kind == "flip":
        at = rest[0] % len(text)
        return f"{text[:at]}{rest[1]}{text[at + 1 :]}"
    if kind == "cut":
        return text[: rest[0] % len(text)]
    if kind == "add":
        return text + rest[0]
    if kind == "before":
        return rest[0] + text
    if kind == "part":  # one of the three parts is something else
        parts = text.split(".")
        parts[rest[0]] = rest[1]
        return ".".join(parts)
    return quote(text, safe="") if kind == "quote" else text.swapcase()


_weird = st.sampled_from(
    [
        None, True, False, 0, -1, 1, 1.5, 1e400, float("nan"), 10**30, "", " ", "1", [], {}, [None], {"a": 1},
        "@absent", "user_ada\n", "User_ada", "user_", "user_é", "user_" + "a" * 201, ["user_ada"], "mch_1", "org_1",
        "sess_ended", "sess_1 ", "sess_", "\ud800", "\x00", LIVE_ISSUER, TEST_ISSUER, LIVE_ISSUER + "/",
        "http://clerk.example.com", "https://clerk.satellite.example", "https://example.com/__clerk",
        ORIGIN + ".evil.example", [ORIGIN], "pending", "@-60", "@+600", "@-3000", "@+3000", "@-100000", "@+100000",
        "at+jwt", "application/at+jwt", "jwt", "RS512", "HS256", "none", "PS256", "rs256", SESSION, TEMPLATE, M2M,
        NO_INFORMATION, "ins_other", ["exp"], "DEF", {"id": "org_1", "slg": "acme", "rol": "admin"},
        {"id": "org_1", "fpm": 5}, "o:a,u:b", [9, 9], 2, 3,
    ]
)  # fmt: skip
_CLAIMS = [
    "azp",
    "exp",
    "iat",
    "iss",
    "nbf",
    "sid",
    "sts",
    "sub",
    "v",
    "aud",
    "o",
    "fea",
    "pla",
    "fva",
    "act",
    "handshake",
    "cat",
    "org_id",
    "metadata",
    "jti",
    "scopes",
    "scp",
]
_HEADERS = ["alg", "cat", "kid", "typ", "crit", "b64", "zip", "jwk", "jku", "x5u", "x5c", "iss"]
_changes = st.lists(st.tuples(st.sampled_from(_CLAIMS), _weird), max_size=3).map(tuple)
_header_changes = st.lists(st.tuples(st.sampled_from(_HEADERS), _weird), max_size=2).map(tuple)

#: Texts around a token that a careless reader would cut off.
SPICE = [" ", "=", "==", ".", "..", ".x", "\x00", "%00", "%20", "\t", "\x0b", "\xa0", ",x", '"', "'", "\xe9", "+", "A"]
_harm = st.one_of(
    st.tuples(st.just("flip"), st.integers(0, 900), st.sampled_from("Aabz09-_.=+/ \xe9")),
    st.tuples(st.just("cut"), st.integers(0, 900)),
    st.tuples(st.sampled_from(["add", "before"]), st.sampled_from(SPICE)),
    st.tuples(
        st.just("part"), st.integers(0, 2), st.sampled_from(["", "e30", "W10", "bnVsbA", "!", "eyJhIjp9", "IjEi"])
    ),
    st.sampled_from([("quote",), ("case",)]),
)
_RAW = [
    b"", b"{}", b"[]", b"null", b"1", b'"user_ada"', b"\xff", b'{"sub":"user_ada","sub":"user_bob"}', b'{"exp":1e400}',
    b"[" * 3000, b'{"a":' * 70 + b"1" + b"}" * 70, b'{"exp":' + b"9" * 5000 + b"}", b'\xef\xbb\xbf{"sub":"user_ada"}',
    b'{"sub":"user_ada"} x', '{"sub":"user_ada"}'.encode("utf-16"),
]  # fmt: skip

good = st.sampled_from(
    [
        Token(),
        Token(),
        Token(claims=(("sub", "user_bob"), ("sid", "sess_2"))),
        Token(claims=(("o", {"id": "org_1", "slg": "acme", "rol": "admin"}), ("fea", "o:a"))),
    ]
)
known = st.sampled_from(
    [
        Token(claims=(("sts", "pending"),)),
        Token(claims=(("sid", "sess_ended"),)),
        Token(claims=(("exp", "@-60"), ("iat", "@-120"), ("nbf", "@-130"))),
        Token(claims=(("exp", "@+700"), ("iat", "@+600"), ("nbf", "@+600"))),
        Token(claims=(("iss", "https://clerk.other.example"),)),
        Token(key="theirs"),
        Token(key="none", headers=(("alg", "none"),)),
        Token(key="hmac", headers=(("alg", "HS256"),)),
        Token(headers=(("cat", TEMPLATE),)),
        Token(headers=(("kid", "ins_other"),)),
    ]
)
good_machines = st.sampled_from(
    [
        Token(claims=(("sub", "mch_1"), ("sid", ABSENT)), headers=(("cat", M2M),)),
        Token(claims=(("sub", "user_bob"), ("sid", ABSENT)), headers=(("cat", ABSENT), ("typ", "at+jwt"))),
    ]
)
machine_jwts = st.builds(
    Token,
    claims=st.tuples(
        st.tuples(st.just("sub"), st.sampled_from(["mch_1", "user_ada", "mch_", "org_1"])),
        st.tuples(st.just("sid"), st.just(ABSENT)),
        st.tuples(st.sampled_from(["exp", "aud", "scopes", "scp", "iat"]), _weird | st.just("@+60")),
    ),
    headers=st.sampled_from(
        [(("cat", M2M),), (("cat", ABSENT), ("typ", "at+jwt")), (("cat", ABSENT),), (("typ", "at+jwt"),)]
    ),
    key=st.sampled_from(["ours", "ours", "theirs", "none"]),
)
_other_keys = st.builds(
    Token, claims=_changes, headers=_header_changes, key=st.sampled_from(["theirs", "none", "hmac"])
)
sessions = st.one_of(
    good,
    known,
    st.builds(Token, claims=_changes, headers=_header_changes),
    st.builds(Token, claims=_changes, harm=_harm),
    _other_keys,
    st.builds(Token, raw=st.sampled_from(_RAW) | st.binary(max_size=40)),
)
