"""Sessions with unfinished tasks: nobody, save at the views that allow them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import path

from django_clerk import decorators
from django_clerk.mixins import ClerkAcceptsMixin, ClerkLoginRequiredMixin
from tests.callers import CALLERS, sign_up
from tests.loopback import Loopback
from tests.machines import clerk_on_loopback, oauth_jwt
from tests.mint import bearer, mint
from tests.test_accepts import Page, awhoami, mixed, whoami

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]

accepts, pending_allowed = decorators.clerk_accepts, decorators.clerk_pending_allowed
login_required = decorators.clerk_login_required
SESSION_OR_KEY = ("session_token", "api_key")

urlpatterns = [
    path("plain/", whoami),
    path("closed/", login_required(whoami)),
    path("accepting/", accepts(*SESSION_OR_KEY)(whoami)),
    path("pending/open/", pending_allowed(whoami)),
    path("pending/view/", pending_allowed(login_required(whoami))),
    path("pending/async/", pending_allowed(login_required(awhoami))),
    path("pending/class/", mixed(Page, ClerkAcceptsMixin, ClerkLoginRequiredMixin, pending_allowed=True)),
    path("pending/above/", pending_allowed(accepts(*SESSION_OR_KEY)(whoami))),
    path("pending/below/", accepts(*SESSION_OR_KEY)(pending_allowed(whoami))),
]


@pytest.fixture(autouse=True)
def clerk(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Loopback]:
    with clerk_on_loopback(settings, monkeypatch) as server:
        yield server


@pytest.fixture
def ada() -> Any:
    return sign_up(CALLERS["owner"])


def get(client: Client, url: str, token: str) -> Any:
    return client.get(url, headers=bearer(token=token))


@pytest.mark.parametrize("door", ["open", "view", "async", "class", "above", "below"])
def test_is_somebody_here_and_nobody_elsewhere(client: Client, ada: Any, door: str) -> None:
    pending = mint(sts="pending")
    assert get(client, f"/pending/{door}/", pending).json()["user"] == ada.pk
    cookie = {"Cookie": f"__session={pending}; __client_uat=1", "Accept": "application/json"}
    assert client.get(f"/pending/{door}/", headers=cookie).json()["user"] == ada.pk
    assert get(client, "/plain/", pending).json()["user"] is None
    for url in ("/closed/", "/accepting/"):
        assert get(client, url, pending).status_code == 401


@pytest.mark.parametrize("door", ["view", "async", "class", "above", "below"])
def test_lets_in_nobody_else(client: Client, ada: Any, door: str) -> None:
    for token in ("x", mint(exp=1), mint(sts="pending", exp=1), "mt_secret", oauth_jwt(sts="pending")):
        assert get(client, f"/pending/{door}/", token).status_code == 401
    assert client.get(f"/pending/{door}/", headers={"Accept": "application/json"}).status_code == 401


@pytest.mark.parametrize("name", ["banned", "inactive", "tombstoned"])
@pytest.mark.parametrize("door", ["view", "async", "class", "above", "below"])
def test_lets_in_nobody_who_is_shut_out(client: Client, name: str, door: str) -> None:
    sign_up(CALLERS[name])
    assert get(client, f"/pending/{door}/", mint(sts="pending")).status_code == 401


@pytest.mark.parametrize("door", ["above", "below"])
def test_beside_machines(client: Client, ada: Any, door: str) -> None:
    assert get(client, f"/pending/{door}/", "ak_secret").status_code == 200


@pytest.mark.parametrize("door", ["view", "async", "class", "above", "below"])
def test_a_header_needs_no_csrf_token_and_a_cookie_does(ada: Any, door: str) -> None:
    client, pending = Client(enforce_csrf_checks=True), mint(sts="pending")
    assert client.post(f"/pending/{door}/", headers=bearer(token=pending)).status_code == 200
    cookie = {"Cookie": f"__session={pending}; __client_uat=1", "Accept": "application/json"}
    assert client.post(f"/pending/{door}/", headers=cookie).status_code == 403
