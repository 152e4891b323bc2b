"""The parts that read what strangers send: any text is understood or refused, and never an accident."""

from __future__ import annotations

import time
from typing import Any

from hypothesis import strategies as st

from django_clerk.core.cookies import AmbiguousCookie, ClerkCookies, choose, read_cookies
from django_clerk.core.handshake import directive_headers, session_of
from django_clerk.core.instance import Instance
from django_clerk.core.jws import UnverifiedToken, parse
from django_clerk.core.keys import PemKey
from django_clerk.core.machines import classify, is_opaque
from django_clerk.core.tokens import TokenVerifier
from django_clerk.exceptions import InvalidToken
from tests.fuzz.asking import cookie_headers, handshakes
from tests.fuzz.examples import fuzz, seen
from tests.fuzz.network import OPAQUE
from tests.fuzz.oracle import CLERK_COOKIE
from tests.fuzz.projects import LIVE, PROJECTS, TEST
from tests.fuzz.tokens import SIGNED, forget, machine_jwts, sessions, text_of
from tests.keys import PUBLIC_PEM

PROJECT = PROJECTS[0]
INSTANCES = [None, Instance.from_publishable_key(LIVE), Instance.from_publishable_key(TEST)]
TYPES = {"session_token", "api_key", "m2m_token", "oauth_token"}

_names = [
    "__session",
    "__session_x",
    "__client_uat",
    "__clerk_db_jwt",
    "__refresh_",
    "sessionid",
    "__Session",
    "__clerk_",
]
_signs = ["", "=", "==", ";", "; ", ",", " ", "\t", "\r\n", "\0", "\x7f", "\x85", "é", "%0d", "\ud800", '"', "Path=/"]
lines = st.one_of(st.lists(st.sampled_from(_names + _signs), max_size=7).map("".join), st.text(max_size=8))
tokens = st.one_of(
    sessions, machine_jwts, handshakes, st.sampled_from([*OPAQUE, "ak_", "oat_\ud800", "mt_" + "x" * 20_000]), st.text()
)


@fuzz(times=2, directives=st.lists(lines, max_size=4))
def test_only_clerks_cookies_are_set(directives: list[str]) -> None:
    headers = directive_headers(directives)
    kept = [value for _, value in headers]
    assert kept == [one for one in directives if one in kept], "in order, and to the letter"
    for name, value in headers:
        assert name == "Set-Cookie"
        assert CLERK_COOKIE.match(value)
        assert value.isascii()
        assert value.isprintable()
    session = session_of(directives)
    assert session == "" or any(session in one for one in kept if one.startswith("__session"))
    assert not {";", "="} & set(session)


@fuzz(
    times=2,
    header=st.one_of(cookie_headers(), st.text().map(lambda text: (text,))),
    instance=st.sampled_from(INSTANCES),
)
def test_cookies_are_chosen_or_ambiguous(header: Any, instance: Instance | None) -> None:
    forget()
    suffix = instance.cookie_suffix if instance is not None else "none"
    text = "".join(text_of(part, PROJECT) for part in header).replace("<suffix>", suffix)
    try:
        found = choose(text, instance, now=time.time())
    except AmbiguousCookie:
        seen("ambiguous")
        return
    assert isinstance(found, ClerkCookies)
    assert choose(f"{text}; {text}", instance, now=time.time()) == found, "equal ones count once"
    names = {"__session"} if instance is None else {"__session", f"__session_{suffix}"}
    assert found.session is None or found.session in read_cookies(text, frozenset(names)).values()
    assert found.redirect_count == found.redirect_count


@fuzz(times=2, token=tokens)
def test_every_text_is_of_one_type(token: Any) -> None:
    forget()
    text = text_of(token, PROJECT)
    kind = classify(text)
    assert kind in TYPES
    assert kind != "session_token" or len(text) > 16 * 1024 or not is_opaque(text)
    try:
        assert isinstance(parse(text), UnverifiedToken)
    except InvalidToken as error:
        assert error.reason == "token-invalid"  # noqa: PT017 - or none is raised
        assert is_opaque(text) or kind == "session_token"


@fuzz(times=2, token=tokens)
def test_a_verifier_believes_what_was_signed(token: Any) -> None:
    forget()
    text = text_of(token, PROJECT)
    verifier = TokenVerifier(PemKey(PUBLIC_PEM), issuers=PROJECT.issuers, authorized_parties=PROJECT.parties or ())
    assert verifier.may_wait(text) is False
    facts = SIGNED.get(text)
    for verify in (verifier.verify, verifier.verify_handshake, verifier.verify):
        try:
            found = verify(text)
        except InvalidToken as error:
            assert (str(error).isprintable(), len(str(error)) < 400) == (True, True)  # noqa: PT017 - or none is raised
        else:
            is_signed = found == [] or facts is not None  # what is signed and brings no cookies may be any JSON
            assert is_signed
            seen("tokens verified")
