"""Guards below clerk_accepts: what holds for machines, and what is about people only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import path

from django_clerk import decorators
from django_clerk.core.machine_policies import has_scope, is_machine
from django_clerk.core.policies import Policy, has_role, in_organization, signed_in
from django_clerk.mixins import ClerkAcceptsMixin, ClerkOwnerRequiredMixin, ClerkRoleRequiredMixin
from tests.callers import CALLERS, create_post, sign_up
from tests.loopback import Loopback
from tests.machines import OPAQUE, clerk_on_loopback, document, m2m_jwt, oauth_jwt, serve_machines
from tests.mint import bearer, mint
from tests.test_accepts import Page, awhoami, mixed, whoami
from tests.testapp.models import Post

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]

ALL = ("session_token", "api_key", "m2m_token", "oauth_token")
accepts, role_required = decorators.clerk_accepts(*ALL), decorators.clerk_role_required
owner_required = decorators.clerk_owner_required(Post, field="author")


class OwnedPage(Page):
    def get_object(self) -> Post:
        return Post.objects.get(pk=self.kwargs["pk"])


RULES: dict[str, tuple[Policy, tuple[int, ...]]] = {
    # who presents a key, a machine's token, an OAuth token, and a session
    "signed-in": (signed_in, (200, 403, 200, 200)),
    "not-admin": (~has_role("editor"), (403, 403, 403, 200)),
    "not-in-organization": (~in_organization(), (403, 403, 403, 200)),
    "machine": (is_machine, (200, 200, 200, 403)),
    "not-machine": (~is_machine, (403, 403, 403, 200)),
    "scope": (has_scope("read:posts"), (200, 403, 200, 403)),
    "scope-or-session": (has_scope("read:posts") | ~is_machine, (200, 403, 200, 200)),
    "machine-or-admin": (is_machine | has_role("admin"), (200, 200, 200, 200)),
    "scope-and-admin": (has_scope("read:posts") & has_role("admin"), (403, 403, 403, 403)),
    "not-not-machine": (~~is_machine, (403, 403, 403, 403)),
}
urlpatterns = [
    *(path(f"{name}/", accepts(decorators.clerk_policy_required(rule)(whoami))) for name, (rule, _) in RULES.items()),
    *(path(f"a{name}/", accepts(decorators.clerk_policy_required(rule)(awhoami))) for name, (rule, _) in RULES.items()),
    path("role/view/", accepts(role_required("admin")(whoami))),
    path("role/async/", accepts(role_required("admin")(awhoami))),
    path("role/class/", mixed(Page, ClerkAcceptsMixin, ClerkRoleRequiredMixin, accepts=ALL, role="admin")),
    path("fresh/", accepts(decorators.clerk_reverification_required()(whoami))),
    path("organization/", accepts(decorators.clerk_org_required(whoami))),
    path("outside/", decorators.clerk_login_required(accepts(whoami))),
    path("posts/<int:pk>/", accepts(owner_required(whoami))),
    path("aposts/<int:pk>/", accepts(owner_required(awhoami))),
    path(
        "cposts/<int:pk>/",
        mixed(OwnedPage, ClerkAcceptsMixin, ClerkOwnerRequiredMixin, accepts=ALL, owner_field="author"),
    ),
]


@pytest.fixture(autouse=True)
def clerk(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Loopback]:
    with clerk_on_loopback(settings, monkeypatch) as server:
        yield server


def get(client: Client, url: str, token: str) -> Any:
    return client.get(url, headers=bearer(token=token))


@pytest.mark.parametrize("prefix", ["", "a"])
@pytest.mark.parametrize("name", list(RULES))
def test_who_passes(client: Client, name: str, prefix: str) -> None:
    sign_up(CALLERS["owner"])
    tokens = (*OPAQUE.values(), mint(metadata={"role": "admin"}))
    assert tuple(get(client, f"/{prefix}{name}/", token).status_code for token in tokens) == RULES[name][1]
    assert client.get(f"/{prefix}{name}/", headers={"Accept": "application/json"}).status_code == 401


@pytest.mark.parametrize("door", ["view", "async", "class"])
def test_a_machine_has_no_role(client: Client, door: str) -> None:
    sign_up(CALLERS["synced-admin"])
    admin = {"metadata": {"role": "admin"}}
    for token in (*OPAQUE.values(), m2m_jwt(**admin), oauth_jwt(**admin)):
        assert get(client, f"/role/{door}/", token).status_code == 403
    assert get(client, f"/role/{door}/", mint()).status_code == 200


def test_a_machine_has_no_factor_and_no_organization(client: Client, clerk: Loopback) -> None:
    sign_up(CALLERS["owner"])
    serve_machines(clerk, ak_org=document("api_key", subject="org_acme"))
    organization = {"fva": [0, 0], "org_id": "org_acme", "org_role": "org:admin"}
    for token in ("ak_org", m2m_jwt(**organization), oauth_jwt(**organization)):
        response = get(client, "/fresh/", token)
        assert (response.status_code, "clerk_error" in response.json()) == (403, False)
        assert get(client, "/organization/", token).status_code == 403


@pytest.mark.parametrize("door", ["posts", "aposts", "cposts"])
def test_a_machine_owns_what_its_user_owns(client: Client, door: str) -> None:
    ada = sign_up(CALLERS["owner"])
    own, other = create_post(CALLERS["owner"], ada), create_post(CALLERS["member"], ada)
    for token in ("ak_secret", "oat_secret", oauth_jwt(), mint()):
        assert get(client, f"/{door}/{own.pk}/", token).status_code == 200
        assert get(client, f"/{door}/{other.pk}/", token).status_code == 403
    for token in ("mt_secret", m2m_jwt(), m2m_jwt(user_id="user_ada")):
        assert get(client, f"/{door}/{own.pk}/", token).status_code == 403


def test_a_guard_above_sees_sessions_only(client: Client) -> None:
    sign_up(CALLERS["owner"])
    assert [get(client, "/outside/", token).status_code for token in (*OPAQUE.values(), mint())] == [401, 401, 401, 200]
