"""What the verifier checks, in which order, and the reasons it gives. Attacks are in tests/attacks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from django_clerk.core.keys import JwksKeys
from django_clerk.core.tokens import TokenVerifier
from django_clerk.exceptions import InvalidToken
from tests.clock import Clock
from tests.forge import forge
from tests.jwks import OTHER_KEY
from tests.mint import M2M, NO_INFORMATION, ORIGIN, SESSION, claims, mint

Make = Callable[..., TokenVerifier]


def reason(verifier: TokenVerifier, token: str) -> str:
    with pytest.raises(InvalidToken) as caught:
        verifier.verify(token)
    return caught.value.reason


def test_a_session_token_is_verified(verifier: TokenVerifier) -> None:
    session = verifier.verify(mint(sub="user_ada", sid="sess_1"))
    assert (session.user_id, session.session_id) == ("user_ada", "sess_1")
    assert session.payload["azp"] == ORIGIN


@pytest.mark.parametrize("category", [SESSION, NO_INFORMATION, None])
@pytest.mark.parametrize("type_", ["JWT", None])
def test_categories_and_types_of_session_tokens(
    verifier: TokenVerifier, category: str | None, type_: str | None
) -> None:
    assert verifier.verify(forge({"cat": category, "typ": type_})).user_id == "user_ada"


def test_members_of_the_header_that_say_nothing_are_let_be(verifier: TokenVerifier) -> None:
    assert verifier.verify(forge({"oiat": 1, "x": {"y": []}})).user_id == "user_ada"


#: Each token fails this check and every check after it: the reason shows which comes first.
ORDER: list[tuple[str, dict[str, Any], dict[str, Any], bool]] = [
    ("token-type-mismatch", {"cat": M2M, "typ": "X", "alg": "HS256"}, {"sub": 1, "exp": 0}, False),
    ("token-invalid", {"typ": "X", "alg": "HS256"}, {"sub": 1, "exp": 0}, False),
    ("token-invalid-algorithm", {"alg": "HS256"}, {"sub": 1, "exp": 0}, False),
    ("token-invalid-signature", {}, {"sub": 1, "exp": 0}, False),
    ("token-verification-failed", {}, {"sub": 1, "sid": 1, "azp": "x", "iss": "x", "exp": 0}, True),
    ("token-invalid-authorized-parties", {}, {"sid": 1, "azp": "x", "iss": "x", "exp": 0}, True),
    ("token-invalid-issuer", {}, {"sid": 1, "iss": "x", "exp": 0}, True),
    ("token-expired", {}, {"sid": 1, "exp": 0, "nbf": 10**10, "iat": 10**10}, True),
    ("token-not-active-yet", {}, {"sid": 1, "nbf": 10**10, "iat": 10**10}, True),
    ("token-iat-in-the-future", {}, {"sid": 1, "iat": 10**10}, True),
    ("token-type-mismatch", {}, {"sid": 1}, True),
]


@pytest.mark.parametrize(("expected", "header", "changes", "signed"), ORDER)
def test_the_order_of_checks(
    verifier: TokenVerifier, expected: str, header: dict[str, Any], changes: dict[str, Any], signed: bool
) -> None:
    token = forge(header, claims(**changes), None if signed else b"no signature")
    assert reason(verifier, token) == expected


@pytest.mark.parametrize(
    ("claim", "offset", "expected"),
    [
        ("exp", -4, None),
        ("exp", -5, "token-expired"),
        ("exp", -6, "token-expired"),
        ("nbf", 5, None),
        ("nbf", 6, "token-not-active-yet"),
        ("iat", 5, None),
        ("iat", 6, "token-iat-in-the-future"),
        ("nbf", 600, "token-not-active-yet"),
    ],
)
def test_the_clock_may_be_five_seconds_off(make_verifier: Make, claim: str, offset: int, expected: str | None) -> None:
    now = 1_800_000_000
    times = {"exp": now + 60, "nbf": now - 10, "iat": now, claim: now + offset}
    verifier = make_verifier(clock=Clock(now))
    if expected is None:
        assert verifier.verify(mint(**times)).user_id
    else:
        assert reason(verifier, mint(**times)) == expected


def test_a_tolerance_of_zero_is_kept(make_verifier: Make) -> None:
    now = 1_800_000_000
    verifier = make_verifier(clock=Clock(now), clock_skew=0)
    assert reason(verifier, mint(exp=now, iat=now - 60, nbf=now - 60)) == "token-expired"
    assert verifier.verify(mint(exp=now + 1, iat=now, nbf=now)).user_id
    assert reason(verifier, mint(exp=now + 60, iat=now, nbf=now + 1)) == "token-not-active-yet"


def test_a_wrong_clock_can_be_told_from_the_message(make_verifier: Make) -> None:
    verifier = make_verifier(clock=Clock(1_800_000_000))
    with pytest.raises(InvalidToken, match=r"15 Jan 2027 08:10:00 GMT, Current date: Fri, 15 Jan 2027 08:00:00 GMT"):
        verifier.verify(mint(exp=1_800_000_660, iat=1_800_000_600, nbf=1_800_000_600))


def test_nbf_may_be_missing(verifier: TokenVerifier) -> None:
    assert verifier.verify(mint(nbf=None)).user_id == "user_ada"


def test_without_authorized_parties_any_origin_passes(make_verifier: Make) -> None:
    verifier = make_verifier(authorized_parties=())
    for party in ("https://elsewhere.example", None):
        assert verifier.verify(mint(azp=party)).user_id


def test_without_an_issuer_any_passes(make_verifier: Make) -> None:
    assert make_verifier(issuers=()).verify(mint(iss="https://clerk.other.example")).user_id


@pytest.mark.parametrize("audience", [None, "", [], "api", ["api"], ["web", "api"], ["web", 1, "api"]])
def test_an_audience_that_fits(make_verifier: Make, audience: Any) -> None:
    assert make_verifier(audience=["api", "other"]).verify(forge(payload={**claims(), "aud": audience})).user_id


@pytest.mark.parametrize("audience", ["web", "ap", "api2", ["web"], [["api"]], {"api": 1}, 1, True, [None], ["API"]])
def test_an_audience_that_does_not_fit(make_verifier: Make, audience: Any) -> None:
    assert reason(make_verifier(audience=["api"]), mint(aud=audience)) == "token-verification-failed"
    assert make_verifier().verify(mint(aud=audience)).user_id


def test_an_audience_is_not_quoted(make_verifier: Make) -> None:
    with pytest.raises(InvalidToken) as caught:
        make_verifier(audience=["api"]).verify(mint(aud="ada@example.com"))
    assert "ada@" not in str(caught.value)


def test_only_a_token_that_could_be_one_is_worth_waiting_for(make_verifier: Make) -> None:
    verifier = make_verifier(keys=JwksKeys(dict))
    assert verifier.may_wait(mint())
    for token in (mint(padding="x" * 17_000), forge({"kid": 1}), "x.y.z", "W10.e30.", "", "é"):
        assert not verifier.may_wait(token)
    assert not make_verifier().may_wait(mint())


class TestMemory:
    """A token that was verified is remembered, never longer than it would be accepted."""

    def test_a_known_token_is_not_verified_again(self, verifier: TokenVerifier) -> None:
        token = mint()
        assert verifier.verify(token) is verifier.verify(token)

    def test_until_it_expires(self, make_verifier: Make, clock: Clock) -> None:
        verifier = make_verifier()
        token = mint(exp=int(clock()) + 60)
        verifier.verify(token)
        clock.now = int(clock()) + 64.9
        assert verifier.verify(token).user_id
        clock.forward(0.1)
        assert reason(verifier, token) == "token-expired"
        assert not verifier._remembered
        clock.forward(-10)
        assert verifier.verify(token).user_id

    def test_what_was_refused_is_judged_anew(self, make_verifier: Make, clock: Clock) -> None:
        verifier = make_verifier()
        token = mint(nbf=int(clock()) + 10)
        assert reason(verifier, token) == "token-not-active-yet"
        clock.forward(10)
        assert verifier.verify(token).user_id

    def test_a_clock_set_back_is_not_fooled(self, make_verifier: Make, clock: Clock) -> None:
        verifier = make_verifier()
        token = mint()
        verifier.verify(token)
        clock.forward(-3600)
        assert reason(verifier, token) == "token-not-active-yet"

    def test_a_forgery_of_a_known_token_is_another_token(self, verifier: TokenVerifier) -> None:
        token = mint()
        verifier.verify(token)
        head, body, signature = token.split(".")
        assert reason(verifier, f"{head}.{body}.{'A' * len(signature)}") == "token-invalid-signature"
        assert reason(verifier, f"{token}=") == "token-invalid"
        assert reason(verifier, mint(key=OTHER_KEY)) == "token-invalid-signature"

    def test_it_is_bounded(self, verifier: TokenVerifier, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("django_clerk.core.tokens._MOST_REMEMBERED", 8)
        tokens = [mint(jti=str(number)) for number in range(30)]
        for token in tokens:
            session = verifier.verify(token)
            assert verifier.verify(token) is session  # the newest is never the one to go
            assert len(verifier._remembered) <= 8
        assert verifier.verify(tokens[0]).user_id  # forgotten, not refused

    def test_two_verifiers_share_nothing(self, make_verifier: Make) -> None:
        token = mint(azp="https://other.example")
        assert make_verifier(authorized_parties=["https://other.example"]).verify(token).user_id
        assert reason(make_verifier(), token) == "token-invalid-authorized-parties"


class TestASlowClock:
    """A token from the future was signed by Clerk: it is our clock that is wrong, and somebody should be told."""

    @pytest.mark.parametrize("behind", [6, 600])
    def test_is_reported_once_in_a_while(
        self, make_verifier: Make, behind: int, caplog: pytest.LogCaptureFixture
    ) -> None:
        clock = Clock(1_800_000_000)
        verifier = make_verifier(clock=clock)
        for _ in range(5):
            now = int(clock()) + behind
            assert reason(verifier, mint(iat=now, nbf=now - 10, exp=now + 60)).endswith(("active-yet", "the-future"))
            clock.forward(1)
        (record,) = caplog.records
        assert record.levelname == "WARNING"
        assert "clock is slow" in record.getMessage()
        clock.forward(3600)
        now = int(clock()) + behind
        reason(verifier, mint(iat=now, nbf=now - 10, exp=now + 60))
        assert len(caplog.records) == 2

    def test_cannot_be_made_up(self, verifier: TokenVerifier, caplog: pytest.LogCaptureFixture) -> None:
        reason(verifier, mint(iat=10**10, nbf=10**10, exp=10**10 + 60, key=OTHER_KEY))
        assert not caplog.records
