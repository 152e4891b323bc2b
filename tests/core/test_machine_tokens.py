"""Opaque machine credentials: what Clerk says of them, and how often it is asked."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from typing import Any

import pytest

from django_clerk.core import machine_tokens
from django_clerk.core.machine_tokens import MachineTokenVerifier
from django_clerk.core.machines import TokenType
from django_clerk.exceptions import APIError, APINotFound, APIRateLimited, APIUnauthorized, APIUnavailable
from tests.clock import Clock
from tests.machines import OPAQUE, Clerk, document, m2m_jwt, reason_of


@pytest.mark.parametrize(("token_type", "token"), list(OPAQUE.items()))
class TestOpaque:
    def test_is_asked_about_once_a_minute(
        self, machine_verifier: MachineTokenVerifier, clerk: Clerk, clock: Clock, token_type: str, token: str
    ) -> None:
        assert reason_of(machine_verifier, token) is None
        clock.forward(59)
        assert reason_of(machine_verifier, token) is None
        assert clerk.asked == [(token_type, token)]
        clock.forward(1)
        clerk.known[token] = document(token_type, revoked=True)
        assert reason_of(machine_verifier, token) == "token-invalid"
        assert len(clerk.asked) == 2

    def test_is_not_believed_beyond_its_end(
        self, machine_verifier: MachineTokenVerifier, clerk: Clerk, clock: Clock, token_type: str, token: str
    ) -> None:
        ends = clock.now + 10
        clerk.known[token] = document(token_type, expiration=int(ends * (1 if token_type == "oauth_token" else 1000)))
        assert reason_of(machine_verifier, token) is None
        clock.forward(11)
        assert reason_of(machine_verifier, token) == "token-invalid"

    def test_each_request_has_claims_of_its_own(
        self, machine_verifier: MachineTokenVerifier, token_type: str, token: str
    ) -> None:
        for _ in range(2):
            machine = machine_verifier.verify(token, token_type)  # type: ignore[arg-type]
            if machine.claims is not None and "plan" in machine.claims:
                assert machine.claims["plan"] == {"tier": 1}
                machine.claims["plan"]["tier"] = 2

    @pytest.mark.parametrize(
        ("error", "reason"),
        [
            (APINotFound("x", status=404, code="resource_not_found"), "token-invalid"),  # D49
            (APIError("x", status=404), "token-invalid"),
            (APIUnauthorized("x", status=401), "secret-key-invalid"),  # D50
            (APIUnavailable("x", status=500), "unexpected-error"),  # D51
            (APIUnavailable("no answer"), "unexpected-error"),
            (APIRateLimited("x", status=429, retry_after=3), "unexpected-error"),
            (APIError("x", status=400), "unexpected-error"),
            (APIError("not JSON", status=200), "unexpected-error"),
        ],
        ids=lambda value: repr(value)[:30],
    )
    def test_what_comes_of_an_error(
        self,
        machine_verifier: MachineTokenVerifier,
        clerk: Clerk,
        token_type: str,
        token: str,
        error: APIError,
        reason: str,
    ) -> None:
        clerk.known[token] = error
        assert reason_of(machine_verifier, token) == reason

    def test_d52_and_d63(
        self, machine_verifier: MachineTokenVerifier, clerk: Clerk, token_type: str, token: str
    ) -> None:
        clerk.known[token] = {"active": False}
        assert reason_of(machine_verifier, token) == "token-invalid"
        clerk.known[token + "2"] = document(token_type, revoked=True, expired=True)
        assert reason_of(machine_verifier, token + "2") == "token-invalid"


class TestHowOftenClerkIsAsked:
    def test_an_invented_credential_is_remembered_for_a_moment(
        self, machine_verifier: MachineTokenVerifier, clerk: Clerk, clock: Clock
    ) -> None:
        for _ in range(50):
            assert reason_of(machine_verifier, "ak_invented") == "token-invalid"
        assert len(clerk.asked) == 1
        clock.forward(machine_tokens.REFUSE_FOR)
        clerk.known["ak_invented"] = document("api_key")  # it has been made since
        assert reason_of(machine_verifier, "ak_invented") is None

    def test_a_thousand_invented_ones_cost_a_few_calls(
        self, machine_verifier: MachineTokenVerifier, clerk: Clerk, clock: Clock
    ) -> None:
        reasons = [reason_of(machine_verifier, f"ak_{number}") for number in range(1000)]
        assert len(clerk.asked) == machine_tokens.MOST_REFUSED
        assert set(reasons[machine_tokens.MOST_REFUSED :]) == {"unexpected-error"}
        assert reason_of(machine_verifier, "ak_secret") == "unexpected-error"
        clock.forward(machine_tokens.REFUSE_FOR)
        assert reason_of(machine_verifier, "ak_secret") is None

    def test_nor_does_a_burst_of_them_cost_more(self, machine_verifier: MachineTokenVerifier, clerk: Clerk) -> None:
        """What is being asked about counts, or sixty workers would have Clerk asked sixty times."""
        slow, answer = threading.Event(), machine_verifier._fetch

        def fetch(token_type: TokenType, token: str) -> Mapping[str, Any]:
            slow.wait(5)
            return answer(token_type, token)

        verifier = MachineTokenVerifier(machine_verifier._keys, fetch)
        threads = [threading.Thread(target=reason_of, args=(verifier, f"ak_{number}")) for number in range(60)]
        for thread in threads:
            thread.start()
        slow.set()
        for thread in threads:
            thread.join()
        assert len(clerk.asked) <= machine_tokens.MOST_REFUSED + 5  # counting and asking are two steps

    def test_those_who_were_known_before_are_asked_about_all_the_same(
        self, machine_verifier: MachineTokenVerifier, clerk: Clerk, clock: Clock
    ) -> None:
        assert reason_of(machine_verifier, "ak_secret") is None
        clock.forward(600)
        for number in range(100):
            reason_of(machine_verifier, f"ak_{number}")
        assert reason_of(machine_verifier, "ak_secret") is None

    def test_memory_is_bounded(
        self, machine_verifier: MachineTokenVerifier, clerk: Clerk, clock: Clock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(machine_tokens, "_MOST_REMEMBERED", 10)
        for number in range(50):
            clerk.known[f"ak_good{number}"] = document("api_key")
            reason_of(machine_verifier, f"ak_good{number}")
            reason_of(machine_verifier, f"ak_bad{number}")
            clock.forward(1)
        assert len(machine_verifier._good) <= 10
        assert len(machine_verifier._refused) <= 10

    @pytest.mark.parametrize(
        ("error", "seconds"),
        [
            (APIUnavailable("down"), machine_tokens.QUIET_FOR),
            (APIRateLimited("slow", status=429), machine_tokens.QUIET_FOR),
            (APIRateLimited("slow", status=429, retry_after=7), 7),
            (APIRateLimited("slow", status=429, retry_after=1e9), 60),
        ],
    )
    def test_clerk_is_left_alone_while_it_cannot_answer(
        self, machine_verifier: MachineTokenVerifier, clerk: Clerk, clock: Clock, error: APIError, seconds: float
    ) -> None:
        good = clerk.known["ak_secret"]
        clerk.known["ak_secret"] = error
        reasons = {reason_of(machine_verifier, token) for token in ["ak_secret", "oat_secret", "mt_secret"] * 10}
        assert reasons == {"unexpected-error"}
        assert len(clerk.asked) == 1
        clerk.known["ak_secret"] = good
        clock.forward(seconds)
        assert reason_of(machine_verifier, "ak_secret") is None

    def test_who_sends_what_clerk_stumbles_over_stops_nobody_else(
        self, machine_verifier: MachineTokenVerifier, clerk: Clerk, clock: Clock
    ) -> None:
        for code in (500, 503, 400, 422, 200):
            clerk.known["ak_poison"] = APIUnavailable("x", status=code) if code >= 500 else APIError("x", status=code)
            asked = len(clerk.asked)
            for _ in range(3):
                assert reason_of(machine_verifier, "ak_poison") == "unexpected-error"
            assert len(clerk.asked) == asked + 1
            clock.forward(machine_tokens.REMEMBER_FOR)
            assert reason_of(machine_verifier, "ak_secret") is None

    def test_a_wrong_key_for_machines_stops_no_api_key(
        self, machine_verifier: MachineTokenVerifier, clerk: Clerk
    ) -> None:
        clerk.known["mt_secret"] = APIUnauthorized("key", status=401)
        assert reason_of(machine_verifier, "mt_secret") == "secret-key-invalid"
        assert reason_of(machine_verifier, "ak_secret") is None

    def test_who_was_known_is_known_after_an_answer_that_was_none(
        self, machine_verifier: MachineTokenVerifier, clerk: Clerk, clock: Clock
    ) -> None:
        assert reason_of(machine_verifier, "ak_secret") is None
        clock.forward(machine_tokens.REMEMBER_FOR)
        good, clerk.known["ak_secret"] = clerk.known["ak_secret"], APIUnavailable("x", status=500)
        assert reason_of(machine_verifier, "ak_secret") == "unexpected-error"
        for number in range(machine_tokens.MOST_REFUSED):
            reason_of(machine_verifier, f"ak_{number}")
        clerk.known["ak_secret"] = good
        clock.forward(machine_tokens.QUIET_FOR)
        assert reason_of(machine_verifier, "ak_secret") is None

    def test_who_is_known_passes_while_clerk_is_down(
        self, machine_verifier: MachineTokenVerifier, clerk: Clerk
    ) -> None:
        assert reason_of(machine_verifier, "ak_secret") is None
        clerk.known["ak_other"] = APIUnavailable("down")
        assert reason_of(machine_verifier, "ak_other") == "unexpected-error"
        assert reason_of(machine_verifier, "ak_secret") is None
        assert reason_of(machine_verifier, m2m_jwt()) is None

    def test_what_it_is_asked_about_is_in_no_log(
        self, machine_verifier: MachineTokenVerifier, clerk: Clerk, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        for token in ("ak_secret", "ak_invented", "oat_secret"):
            reason_of(machine_verifier, token)
        assert "ak_" not in caplog.text
        assert "oat_" not in caplog.text
        assert "ak_secret" not in repr(machine_verifier.__dict__)
