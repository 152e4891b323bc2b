from __future__ import annotations

from collections.abc import Callable

import pytest

from django_clerk.core.keys import PemKey
from django_clerk.core.machine_tokens import MachineTokenVerifier
from django_clerk.core.tokens import TokenVerifier
from tests.clock import Clock
from tests.keys import PUBLIC_PEM
from tests.machines import Clerk
from tests.mint import ISSUER, ORIGIN


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def make_verifier(clock: Clock) -> Callable[..., TokenVerifier]:
    """Return a function that makes a verifier of the tests' instance; its arguments replace these."""

    def make(**changes: object) -> TokenVerifier:
        arguments = {"keys": PemKey(PUBLIC_PEM), "authorized_parties": [ORIGIN], "issuers": [ISSUER], "clock": clock}
        return TokenVerifier(**{**arguments, **changes})  # type: ignore[arg-type]

    return make


@pytest.fixture
def verifier(make_verifier: Callable[..., TokenVerifier]) -> TokenVerifier:
    return make_verifier()


@pytest.fixture
def clerk() -> Clerk:
    return Clerk()


@pytest.fixture
def make_machine_verifier(clock: Clock, clerk: Clerk) -> Callable[..., MachineTokenVerifier]:
    """Return a function that makes a verifier of machine credentials; its arguments replace these."""

    def make(**changes: object) -> MachineTokenVerifier:
        arguments = {"keys": PemKey(PUBLIC_PEM), "fetch": clerk, "clock": clock, "monotonic": clock}
        return MachineTokenVerifier(**{**arguments, **changes})  # type: ignore[arg-type]

    return make


@pytest.fixture
def machine_verifier(make_machine_verifier: Callable[..., MachineTokenVerifier]) -> MachineTokenVerifier:
    return make_machine_verifier()
