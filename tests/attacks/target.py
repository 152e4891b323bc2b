"""What attacks on a token are thrown at: the verifier with both kinds of keys, and requests with header and cookie."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from django.test import RequestFactory

from django_clerk.core.keys import JwksKeys, PemKey, SigningKeys
from django_clerk.core.tokens import TokenVerifier
from django_clerk.exceptions import InvalidToken
from django_clerk.identify import identify
from tests.jwks import document
from tests.keys import PUBLIC_PEM
from tests.mint import ISSUER, ORIGIN

#: An attack is made when it is thrown: tokens do not keep.
Attack = Callable[[], str]


def verifiers() -> list[TokenVerifier]:
    kinds: list[SigningKeys] = [PemKey(PUBLIC_PEM), JwksKeys(document)]
    return [TokenVerifier(keys, authorized_parties=[ORIGIN], issuers=[ISSUER]) for keys in kinds]


def reasons(token: str) -> set[str]:
    """Throw a token at every target. Returns the reasons given; fails when one lets it in, raises or takes long."""
    given = set()
    began = time.thread_time()
    for verifier in verifiers():
        assert verifier.may_wait(token) in (True, False)
        with pytest.raises(InvalidToken) as caught:
            verifier.verify(token)
        given.add(caught.value.reason)
        assert len(str(caught.value)) < 400
        if len(token) > 100:
            assert token not in str(caught.value)
    for headers in ({"HTTP_AUTHORIZATION": f"Bearer {token}"}, {"HTTP_COOKIE": f"__session={token}; __client_uat=1"}):
        auth = identify(RequestFactory().get("/", **headers))  # type: ignore[arg-type]
        assert not auth.is_signed_in
        assert not auth.is_unavailable
        assert (auth.user_id, auth.org, auth.token, dict(auth.claims)) == (None, None, None, {})
    assert time.thread_time() - began < 1
    return given


def table(attacks: dict[str, Any]) -> pytest.MarkDecorator:
    """Return the decorator that throws each attack of a table, by its name."""
    return pytest.mark.parametrize("attack", attacks.values(), ids=attacks.keys())
