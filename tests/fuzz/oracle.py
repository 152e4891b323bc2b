"""
What may come of a request, found without the package: from what the tests know they have sent.

It is a bound, not a second implementation: Clerk's rules sign fewer in than this allows, and never others.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl, unquote

from django_clerk.core.auth import Auth
from tests.fuzz.network import BACKEND, OPAQUE
from tests.fuzz.projects import Project
from tests.fuzz.tokens import SIGNED, Facts
from tests.fuzz.wire import Sent
from tests.mint import M2M, NO_INFORMATION, SESSION

_SPARE = 5 + 3  #: seconds: the clocks' difference that is allowed for, and the time that an example takes
_DAY = 24 * 60 * 60
CLERK_COOKIE = re.compile(
    r"\s*(__session|__client|__client_uat|__refresh)(_[\w-]+)?\s*=|\s*__clerk_[\w-]+\s*=", re.ASCII
)
_LOOP_COOKIE = re.compile(r"__clerk_redirect_count=[^;]+; SameSite=Lax; HttpOnly; Max-Age=2")
_URL = re.compile(r"(https?)://([a-z0-9.-]+|\[[0-9a-f:.]+\])(:[0-9]+)?(/[\x21-\x7e]*|\?[\x21-\x7e]*)?", re.ASCII)
_OWN_HOST = re.compile(
    r"(example\.com|([a-z0-9-]*\.)*example\.org|satellite\.example|127\.0\.0\.1|\[::1\])\.?(:[0-9]+)?"
)
_PRINTABLE = re.compile(r"[\t\x20-\x7e]*")


def check_caller(auth: Auth, sent: Sent, project: Project, accepted: Iterable[str], *, pending: bool) -> None:
    """Fail when somebody is signed in who has not shown, where it belongs, what makes them so."""
    if not auth.is_signed_in:
        assert (auth.user_id, auth.org, auth.machine, dict(auth.claims), auth.permissions) == (None, None, None, {}, ())
        return
    assert auth.token is not None
    if auth.machine is not None:
        assert auth.source == "header"
        assert auth.token in _in_header(sent), "a machine without a header"
        assert auth.token_type in accepted
        assert auth.subject == _machine(auth.token, auth.token_type, project), "not that machine's"
        return
    assert "session_token" in accepted
    facts = SIGNED.get(auth.token)
    assert facts is not None, "signed in with something that was never signed"
    assert (auth.user_id, auth.session_id) == (facts.claims["sub"], facts.claims["sid"])
    assert pending or facts.claims.get("sts") != "pending"
    assert not (project.revokes and facts.claims["sid"] == "sess_ended"), "the session has ended"
    brought = _brought(sent, project)
    slack = _DAY if auth.token in brought and not project.is_production else 0
    assert _is_good_session(facts, project, slack), f"signed in with {facts}"
    if auth.source == "header":
        assert auth.token in [*_in_header(sent), *_refreshed(sent, project, _in_header(sent))]
    else:
        assert not _in_header(sent), "a credential in the header is the only one"
        assert not _is_ambiguous(sent, project), "two cookies of one name"
        held = [value for name, value in _pairs(sent) if name in ("__session", f"__session_{project.suffix}")]
        assert auth.token in [*held, *brought, *_refreshed(sent, project, held)]
        assert auth.token in brought or any(name.startswith("__client_uat") for name, _ in _pairs(sent))


def check_answer(status: int, headers: list[tuple[str, str]], sent: Sent, project: Project) -> None:
    """Fail when a response sends a browser elsewhere, sets what is not Clerk's, or breaks out of its headers."""
    for name, value in headers:
        assert _PRINTABLE.fullmatch(name + value), f"{name}: {value!r}"
    lines = [value for name, value in headers if name.lower() == "set-cookie"]
    known = {*_lines_of(sent, project), *BACKEND.gave}
    for line in lines:
        assert CLERK_COOKIE.match(line), f"{line!r} is not Clerk's"
        assert line in known or _LOOP_COOKIE.fullmatch(line), f"{line!r} is of nobody"
    locations = [value for name, value in headers if name.lower() == "location"]
    assert len(locations) == (status == 307)
    if locations:
        check_redirect(locations[0], sent, project)


def check_redirect(location: str, sent: Sent, project: Project) -> None:
    assert sent.method.upper() == "GET"  # as Django reads it
    assert "HX_REQUEST" not in sent.headers
    assert sent.get("X_REQUESTED_WITH") != "XMLHttpRequest"
    destination = sent.get("SEC_FETCH_DEST")
    is_page = destination in ("document", "iframe") if destination else sent.get("ACCEPT").startswith("text/html")
    origin, own = origin_of(location), own_origins(sent, project)
    assert origin in {*project.clerk, *own}, f"{location} is neither Clerk's nor ours"
    assert is_page, "a script is sent away"
    if "/v1/client/handshake?" in location:
        back = [value for name, value in parse_qsl(location.partition("?")[2]) if name == "redirect_url"]
        assert len(back) == 1
        assert origin_of(back[0]) in own, f"{location} comes back elsewhere"


def origin_of(url: str) -> str:
    match = _URL.fullmatch(url)
    assert match is not None, f"{url!r} may be read in several ways"
    return f"{match[1]}://{match[2]}{match[3] or ''}"


def own_origins(sent: Sent, project: Project) -> set[str]:
    """Return the origins that this site may have in a request."""
    forwarded = (sent.get("X_FORWARDED_HOST"),) if project.trusts_proxy else ()
    schemes = {sent.scheme, *(("http", "https") if project.trusts_proxy else ())}
    hosts = [host.lower() for host in (sent.get("HOST") or "example.com", *forwarded)]
    defaults = {"http": ":80", "https": ":443"}
    return {f"{s}://{host.removesuffix(defaults[s])}" for host in hosts if _OWN_HOST.fullmatch(host) for s in schemes}


def _is_good_session(facts: Facts, project: Project, slack: int) -> bool:
    claims = facts.claims
    return (
        _is_well_signed(facts.header, project, ("JWT",))
        and facts.header.get("cat", SESSION) in (SESSION, NO_INFORMATION)
        and _is_id(claims.get("sub"), "user_")
        and _is_id(claims.get("sid"), "sess_")
        and (not project.issuers or claims.get("iss") in project.issuers)
        and (not project.parties or claims.get("azp") in project.parties)
        and _is_now(claims, slack)
    )


def _is_well_signed(header: dict[str, Any], project: Project, types: tuple[str, ...]) -> bool:
    return (
        project.answers
        and header.get("alg") == "RS256"
        and header.get("typ", types[0]) in types
        and not {"crit", "b64", "zip"} & set(header)
        and (not project.checks_kid or header.get("kid") == "ins_tests")
    )


def _is_now(claims: dict[str, Any], slack: int) -> bool:
    spare, now = _SPARE + slack, time.time()
    times = [claims.get("exp"), claims.get("iat"), claims.get("nbf", 0)]
    if not all(type(moment) is int for moment in times):
        return False
    return times[0] > now - spare and times[1] < now + spare and times[2] < now + spare


def _is_id(value: object, prefix: str) -> bool:
    rest = value[len(prefix) :] if isinstance(value, str) and value.startswith(prefix) else ""
    return 0 < len(rest) <= 200 and rest.isascii() and all(letter.isalnum() or letter in "_-" for letter in rest)


def _machine(token: str, kind: str | None, project: Project) -> str | None:
    """Return the subject of a good machine credential."""
    prefixes = {"ak_": "api_key", "mt_": "m2m_token", "oat_": "oauth_token"}
    for prefix, type_ in prefixes.items():
        if token.startswith(prefix):
            return OPAQUE.get(token) if type_ == kind and project.asks_clerk else None
    facts = SIGNED.get(token)
    if facts is None or not _is_now(facts.claims, 0):
        return None
    subject = facts.claims.get("sub")
    if kind == "m2m_token" and facts.header.get("cat", M2M) == M2M and str(subject).startswith("mch_"):
        return subject if _is_well_signed(facts.header, project, ("JWT",)) else None
    if kind == "oauth_token" and _is_id(subject, "user_") and "typ" in facts.header:
        is_signed = _is_well_signed(facts.header, project, ("at+jwt", "application/at+jwt"))
        return subject if is_signed else None
    return None


def _in_header(sent: Sent) -> list[str]:
    """Return the credential of the Authorization header: after "Bearer ", or alone."""
    words = sent.get("AUTHORIZATION").split(" ")
    if len(words) == 1 or not words[1]:
        return [word for word in words[:1] if word]
    return [words[1]] if words[0] == "Bearer" else []


def _pairs(sent: Sent) -> list[tuple[str, str]]:
    pairs = [pair.partition("=") for pair in sent.get("COOKIE").split(";")]
    return [(name.strip(" \t"), unquote(value.strip(" \t"), errors="replace")) for name, _, value in pairs]


def _is_ambiguous(sent: Sent, project: Project) -> bool:
    names = {"__session", "__client_uat"}
    if "CLERK_PUBLISHABLE_KEY" in project.settings:
        names |= {f"{name}_{project.suffix}" for name in names}
    held = {pair for pair in _pairs(sent) if pair[0] in names}
    return len({name for name, _ in held}) < len(held)


def _lines_of(sent: Sent, project: Project) -> list[str]:
    """Return the cookies in the handshake tokens that a request carries and that Clerk could have made."""
    tokens = [value for name, value in _pairs(sent) if name == "__clerk_handshake"]
    if not project.is_production:
        tokens += [value for name, value in parse_qsl(sent.query) if name == "__clerk_handshake"]
    found: list[str] = []
    for facts in filter(None, map(SIGNED.get, tokens)):
        category, subject = facts.header.get("cat", SESSION), facts.claims.get("sub")
        is_machine = isinstance(subject, str) and subject.startswith("mch_")
        if (
            _is_well_signed(facts.header, project, ("JWT",))
            and category in (SESSION, NO_INFORMATION)
            and not is_machine
        ):
            found += [line for line in facts.lines if isinstance(line, str)]
    return found


def _brought(sent: Sent, project: Project) -> set[str]:
    """Return the session tokens that a handshake has brought."""
    lines = [
        *_lines_of(sent, project),
        *(BACKEND.gave if "__clerk_handshake_nonce" in f"{sent.query}{sent.get('COOKIE')}" else []),
    ]
    return {text for line in lines if line.startswith("__session") for text in SIGNED if f"={text}" in line}


def _refreshed(sent: Sent, project: Project, held: list[str]) -> set[str]:
    """Return the session tokens that Clerk has given for one that is over and a refresh token."""
    names = [name for name, _ in _pairs(sent)]
    if (
        sent.method.upper() != "GET"
        or f"__refresh_{project.suffix}" not in names
        or not any(one in SIGNED for one in held)
    ):
        return set()
    return {text for line in BACKEND.gave if line.startswith("__session") for text in SIGNED if f"={text}" in line}
