"""Requests as browsers, programs and attackers send them."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.fuzz.network import MOODS, OPAQUE
from tests.fuzz.tokens import SPICE, Part, Quoted, Token, good, good_machines, known, machine_jwts, sessions
from tests.fuzz.wire import Ask, Parts


def _as_latin(text: str) -> str:
    return text.encode().decode("latin-1")


_text = st.text(st.characters(max_codepoint=255, exclude_characters="\r\n\0"), max_size=12)
_NOT_CLERKS = [
    "sessionid=1", "csrftoken=1", "__session", "__Session=1", "a=1; __session=1", "__session=1\r\nX-A: 1", "",
    "__session=1\r\nLocation: https://evil.example", "__session=é", "__session =1", " __session=1", "__session\x00=1",
    "__session=" + "x" * 9000, "__client_uat=1\x85", "=__session=1", "__session=%0d%0a",
]  # fmt: skip
_session_lines = st.tuples(
    st.sampled_from(["__session=", "__session_<suffix>=", "__session_x="]), sessions, st.just("; Path=/")
)
_other_lines = st.sampled_from(
    ["__client_uat=1", "__clerk_db_jwt=dvb; Secure", "__refresh_x=1; HttpOnly", *_NOT_CLERKS]
)
_lines: st.SearchStrategy[tuple[Parts, ...]] = st.lists(_session_lines | st.tuples(_other_lines), max_size=3).map(tuple)
_WAYS_IN: tuple[Parts, ...] = (("__session=", Token(), "; Path=/"), ("__client_uat=1; Path=/",))
handshakes = st.one_of(
    st.builds(Token, lines=st.just(_WAYS_IN)),
    st.builds(Token, lines=_lines),
    st.builds(Token, lines=st.just(_WAYS_IN), key=st.sampled_from(["theirs", "none", "hmac"])),
    st.builds(
        Token,
        lines=st.just(_WAYS_IN),
        headers=st.sampled_from(
            [(("cat", c),) for c in ("cl_B7d4PD222AAA", "cl_B7d4PD333AAA", None)]
            + [(("typ", "at+jwt"),), (("alg", "none"),), (("kid", "ins_other"),), (("crit", ["exp"]),)]
        ),
    ),
    st.builds(Token, lines=st.just(_WAYS_IN), claims=st.just((("sub", "mch_1"),))),
    sessions,
)
_nonces = st.sampled_from([*MOODS, "", "../../v1/users", "good&nonce=x", "x" * 600, "%2e%2e", "é", "good "])
_numbers = st.sampled_from(
    ["1", "1", "0", "", "-1", "99999999999", "1e9", "abc", "9" * 5000, "%31", "0x1", "NaN", "inf", "4"]
)

_values: dict[str, st.SearchStrategy[Part]] = {
    "__session": sessions,
    "__session_<suffix>": sessions,
    "__client_uat": _numbers,
    "__client_uat_<suffix>": _numbers,
    "__clerk_db_jwt": _text | st.just("dvb_1") | sessions,
    "__clerk_db_jwt_<suffix>": st.just("dvb_2") | _text,
    "__refresh_<suffix>": st.sampled_from(MOODS) | _text,
    "__refresh": st.sampled_from(MOODS),
    "__clerk_handshake": handshakes,
    "__clerk_handshake_nonce": _nonces,
    "__clerk_redirect_count": _numbers,
    "__SESSION": good,
    "__session_": good,
    "__session_nx2hSE6I": good,
    "__Host-__session": good,
    "\xa0__session": good,
    "__%73ession": good,
    "a=1%3B __session": good,
    "sessionid": good,
    "x": _text,
}


@st.composite
def cookie_headers(draw: st.DrawFn) -> Parts:
    """Return a ``Cookie`` header: that of a visitor perhaps, and what others have put there."""
    pairs: list[Parts] = []
    way = draw(st.integers(0, 5))
    if way < 4:
        suffix = draw(st.sampled_from(["", "_<suffix>"]))
        token = draw(good if way < 2 else known)
        pairs = [(f"__session{suffix}=", token), (f"__client_uat{suffix}=1",), ("__clerk_db_jwt=dvb",)]
    for name in draw(st.lists(st.sampled_from([*_values]), max_size=3)):
        value = draw(_values[name])
        how = draw(st.integers(0, 9))
        spice = draw(st.sampled_from(SPICE)) if how == 9 else ""
        pairs.insert(draw(st.integers(0, len(pairs))), (f"{name}=", Quoted(value) if how == 8 else value, spice))
    if draw(st.integers(0, 30)) == 30:
        pairs += draw(st.sampled_from([pairs * 200, [("a=" + "x" * 50_000,)], [(";;=;",), ("\xe9\xff",)]]))
    joint = draw(st.sampled_from(["; ", "; ", "; ", ";", " ; \t", ", "]))
    return tuple(part for pair in pairs for part in (*pair, joint))[:-1]


_authorization: st.SearchStrategy[Parts] = st.one_of(
    st.tuples(st.just("Bearer "), good),
    st.tuples(st.just("Bearer "), sessions),
    st.tuples(st.just("Bearer "), good_machines | st.sampled_from([*OPAQUE])),
    st.tuples(st.just("Bearer "), machine_jwts),
    st.tuples(
        st.just("Bearer "), st.sampled_from([*OPAQUE, *(f"{p}{m}" for p in ("ak_", "mt_", "oat_") for m in MOODS)])
    ),
    st.tuples(
        st.sampled_from(
            ["", "bearer ", "BEARER ", "Bearer  ", " Bearer ", "Bearer\t", "Basic ", "Token ", "Bearer Bearer "]
        ),
        sessions,
        st.sampled_from(["", " x", ", Bearer x", " "]),
    ),
    st.tuples(_text),
    st.sampled_from([("",), ("Bearer",), ("Bearer ",), ("Bearer " + "x" * 40_000,), ("Bearer \xe9.\xe9.\xe9",)]),
)
_ORIGINS = [
    "https://example.com", "https://satellite.example", "https://evil.example", "http://localhost:3001", "null", "",
    "https://primary.example", "https://clerk.example.com", "https://happy-cat-1.accounts.dev", "data:,",
    "//evil.example", "https://satellite.example@evil.example", "https://satellite.example.evil.example",
    "https://satellite.example\\@evil", "http://satellite.example", "https://satellite.example:443",
    "https:/satellite.example", "https:evil.example", "\xe9", "https://[::1", "https://x:99999999999",
    "javascript:alert(1)//", "https://satellite.example:443@evil.example", "https://satéllite.example",
    "https://ſatellite.example", "https://satellite。example", "HTTPS://SATELLITE.EXAMPLE", "\\\\evil.example",
    "https:///evil.example", "https://satellite.example%2eevil.example", "\thttps://satellite.example",
]  # fmt: skip
_PATHS = [
    "/", "//", "//evil.example/", "/\\evil.example", "/%2F%2Fevil.example", "/%5cevil", "/..", "/a/../b", "/%2e%2e/a",
    "/a/.", "/orgs/acme", "/orgs/acme/x", "/orgs/%C3%A9/x", "/by-id/org_1/x", "/me", "/me/", "/orgs/../me",
    "/%0d%0aX-A:1", "/%00", "/a%0Ab", "/\xe9", "/%ff", "/%E2%80%AE", "/;a=1", "/a?b", "/:", "/@evil.example",
    "/https://evil.example", "/%", "/%zz", "/orgs/" + "a/" * 400, "*", "", "/\x7f", "/%C2%85",
    "/é/ü".encode().decode("latin-1"), "/ \t", '/|[]^`{}<>"',
]  # fmt: skip
targets = st.tuples(
    st.sampled_from(_ORIGINS), st.sampled_from(["", *_PATHS]), st.sampled_from(["", "?a=1", "#x", "\r\nX: 1", " "])
)
_parameters: dict[str, st.SearchStrategy[Part]] = {
    "__clerk_handshake": handshakes,
    "__clerk_handshake_nonce": _nonces,
    "__clerk_db_jwt": _text.map(Quoted) | st.just("dvb_3"),
    "__clerk_redirect_url": targets.map("".join).map(Quoted) | st.sampled_from(_ORIGINS).map(_as_latin),
    "__clerk_synced": st.sampled_from(["true", "false", "", "TRUE"]),
    "__clerk_help": _text,
    "__dev_session": _text,
    "redirect_url": st.sampled_from(_ORIGINS).map(_as_latin),
    "__session": sessions,
    "%5F_clerk_handshake": handshakes,
    "a": _text
    | _text.map(Quoted)
    | st.sampled_from(["%0d%0aX-A:%201", "%00", "%ff", "%zz", "%", "+", "~", "*", "&&;=", "%e2%80%ae"]),
}


@st.composite
def _queries(draw: st.DrawFn) -> Parts:
    names = draw(st.lists(st.sampled_from([*_parameters]), max_size=3))
    return tuple(part for name in names for part in (f"{name}=", draw(_parameters[name]), "&"))[:-1]


_others: dict[str, st.SearchStrategy[str]] = {
    "SEC_FETCH_DEST": st.sampled_from(["document", "document", "iframe", "empty", "", "image", "Document", "\xe9"]),
    "SEC_FETCH_MODE": st.sampled_from(["navigate", "cors", "no-cors"]),
    "SEC_FETCH_SITE": st.sampled_from(["cross-site", "same-origin", "none"]),
    "ACCEPT": st.sampled_from(["text/html,application/xhtml+xml,*/*;q=0.8", "text/html", "*/*", "application/json", ""])
    | _text,
    "REFERER": targets.map("".join).map(_as_latin) | _text,
    "ORIGIN": st.sampled_from(_ORIGINS).map(_as_latin),
    "X_FORWARDED_HOST": st.sampled_from(
        ["evil.example", "a.example.org", "example.com, evil.example", "example.com:8443", ""]
    ),
    "X_FORWARDED_PROTO": st.sampled_from(["https", "http", "https, http", "javascript"]),
    "X_FORWARDED_PORT": st.sampled_from(["443", "8443", "x"]),
    "HX_REQUEST": st.sampled_from(["true", "false", ""]),
    "X_REQUESTED_WITH": st.sampled_from(["XMLHttpRequest", "xmlhttprequest", "fetch"]),
    "X_CLERK_AUTH_STATUS": st.sampled_from(["signed-in"]),
    "REMOTE_USER": st.sampled_from(["user_ada"]),
}
_STRANGE_HOSTS = [
    "EXAMPLE.com", "example.com:443", "example.com:80", "example.com:8443", "a.example.org", "satellite.example", "",
    "[::1]:8000", "evil.example", "example.com@evil.example", "example.com/evil", "example.com\\evil",
    "\xe9.example.org", "example.com.", "example.com:x", "a.example.org:99999999999999999999",
    "evil.example#.example.org", " example.com", "example.com:443:443", "satellite.example:443", "127.0.0.1",
    "127.0.0.1:8000", "[::1", "example.com\x7f", "a..example.org",
]  # fmt: skip
_BROWSERS: list[Parts] = [
    ("__clerk_db_jwt=dvb",),
    ("__client_uat=1; __clerk_db_jwt=dvb",),
    ("__session=", Token(), "; __clerk_db_jwt=dvb"),
    ("__session=", Token(), "; __client_uat=1; __clerk_db_jwt=dvb"),
    ("__session_<suffix>=", Token(), "; __client_uat_<suffix>=9999999999; __clerk_db_jwt_<suffix>=dvb"),
    ("__session=", Token(claims=(("exp", "@-60"), ("iat", "@-120"), ("nbf", "@-130"))), "; __client_uat=1"),
    ("__client_uat=1; __clerk_redirect_count=2",),
]
_hosts = st.sampled_from(["example.com"] * 24 + _STRANGE_HOSTS)


_leading = ["__clerk_redirect_url", "__clerk_synced", "__clerk_handshake", "__clerk_db_jwt", "redirect_url", "a"]
_links = st.lists(
    st.sampled_from(_leading).flatmap(lambda name: st.tuples(st.just(f"{name}="), _parameters[name])), max_size=3
)


@st.composite
def pages(draw: st.DrawFn) -> Ask:
    """Return a page that a browser is led to, by a link that anybody may have written."""
    headers: dict[str, Parts] = {"HOST": (draw(_hosts),), "SEC_FETCH_DEST": ("document",)}
    if draw(st.booleans()):
        headers["REFERER"] = (draw(_others["REFERER"]),)
    if draw(st.booleans()):
        headers["COOKIE"] = draw(st.sampled_from(_BROWSERS))
    query = tuple(part for pair in draw(_links) for part in (*pair, "&"))[:-1]
    return Ask(
        "GET", draw(st.booleans()), draw(st.sampled_from(_PATHS)), query, tuple(headers.items()), draw(st.booleans())
    )


@st.composite
def asks(draw: st.DrawFn) -> Ask:
    """Return any request at all; more than half of them are pages that a browser with cookies navigates to."""
    headers: dict[str, Parts] = {"HOST": (draw(_hosts),)}
    if draw(st.integers(0, 3)):
        headers |= {"SEC_FETCH_DEST": ("document",), "ACCEPT": ("text/html,*/*",)}
    for name in draw(st.lists(st.sampled_from([*_others]), max_size=3)):
        headers[name] = (draw(_others[name]),)
    if draw(st.integers(0, 3)):
        headers["COOKIE"] = draw(cookie_headers())
    if draw(st.integers(0, 2)) == 2:
        headers["AUTHORIZATION"] = draw(_authorization)
    return Ask(
        method=draw(st.sampled_from(["GET"] * 12 + ["POST", "HEAD", "OPTIONS", "PUT", "get", "\xe9"])),
        is_secure=draw(st.booleans()),
        path=draw(st.sampled_from(_PATHS)),
        query=draw(_queries()),
        headers=tuple(headers.items()),
        has_raw_path=draw(st.booleans()),
    )
