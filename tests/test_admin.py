"""The admin: everything can be looked at, nothing written, nobody's markup runs."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from django_clerk.core.memberships import read_membership, read_role_definition
from django_clerk.core.profiles import read_profile
from django_clerk.models import ClerkMembership, ClerkOrganization, ClerkRole, ClerkUser, ClerkWebhookEvent
from django_clerk.sync import apply_memberships, apply_profiles, apply_roles
from tests.deliveries import clerk_membership, clerk_organization, clerk_role, clerk_user
from tests.testapp.people import create_user

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.webhook_urls")]

MODELS = ["clerkuser", "clerkorganization", "clerkmembership", "clerkrole", "clerkwebhookevent"]
MARKUP = "<script>alert(1)</script>"


def url(model: str, view: str, *arguments: object) -> str:
    return reverse(f"admin:django_clerk_{model}_{view}", args=arguments)


@pytest.fixture
def ada() -> ClerkUser:
    apply_profiles([read_profile(clerk_user(email="ada@example.com", public_metadata={"role": "editor"}))])
    return ClerkUser.objects.get()


@pytest.fixture
def event() -> ClerkWebhookEvent:
    return ClerkWebhookEvent.objects.create(svix_id="msg_1", type="user.created", object_id="user_ada")


@pytest.fixture
def rows(ada: ClerkUser, event: ClerkWebhookEvent) -> dict[str, Any]:
    """One row of each model, by the model's name."""
    apply_memberships([read_membership(clerk_membership())])
    apply_roles([read_role_definition(clerk_role())])
    told = [ada, event, *[model._default_manager.get() for model in (ClerkOrganization, ClerkMembership, ClerkRole)]]
    return {row._meta.model_name: row for row in told}


@pytest.mark.parametrize(
    "query", ["", "?q=ada", "?role=editor", "?banned__exact=0", "?deleted_at__isempty=1", "?o=1.-2"]
)
def test_users_are_listed(query: str, admin_client: Client, ada: ClerkUser) -> None:
    page = admin_client.get(url("clerkuser", "changelist") + query)
    assert page.status_code == 200
    assert "user_ada" in page.text
    assert "ada@example.com" in page.text


def test_a_user_is_shown_without_secrets(admin_client: Client, ada: ClerkUser) -> None:
    page = admin_client.get(url("clerkuser", "change", ada.pk)).text
    assert "editor" in page
    assert "private" not in page
    assert "not for another database" not in page
    assert 'name="role"' not in page
    assert 'name="_save"' not in page


@pytest.mark.parametrize("query", ["", "?q=msg_1", "?type=user.created"])
def test_events_are_listed(query: str, admin_client: Client, event: ClerkWebhookEvent) -> None:
    page = admin_client.get(url("clerkwebhookevent", "changelist") + query)
    assert "user_ada" in page.text
    assert admin_client.get(url("clerkwebhookevent", "change", event.pk)).status_code == 200


@pytest.mark.parametrize("model", MODELS)
def test_nothing_can_be_written_even_by_a_superuser(model: str, admin_client: Client, rows) -> None:
    row = rows[model]
    before = list(type(row).objects.values())
    forged = {"clerk_id": "user_eve", "svix_id": "msg_2", "type": "x", "role": "admin", "user": "", "_save": "Save"}
    assert admin_client.get(url(model, "add")).status_code == 403
    assert admin_client.post(url(model, "add"), forged).status_code == 403
    assert admin_client.post(url(model, "change", row.pk), forged).status_code == 403
    assert admin_client.get(url(model, "delete", row.pk)).status_code == 403
    assert admin_client.post(url(model, "delete", row.pk), {"post": "yes"}).status_code == 403
    action = {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
    admin_client.post(url(model, "changelist"), action)
    editing = {
        "form-TOTAL_FORMS": 1,
        "form-INITIAL_FORMS": 1,
        "form-0-id": row.pk,
        "form-0-role": "admin",
        "_save": "Save",
    }
    admin_client.post(url(model, "changelist"), editing)
    assert list(type(row).objects.values()) == before


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("permitted", [True, False])
def test_staff_see_what_they_are_permitted_to(model: str, permitted: bool, client: Client, rows) -> None:
    staff = create_user("staff", is_staff=True)
    if permitted:
        staff.user_permissions.add(Permission.objects.get(codename=f"view_{model}"))
    client.force_login(staff, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(url(model, "changelist")).status_code == (200 if permitted else 403)


def test_markup_is_shown_and_does_not_run(admin_client: Client) -> None:
    data = clerk_user(
        first_name=MARKUP,
        username=MARKUP,
        image_url=f"https://img.clerk.com/{MARKUP}",
        external_id=MARKUP,
        public_metadata={"role": MARKUP, MARKUP: MARKUP},
        unsafe_metadata=json.loads(json.dumps({MARKUP: MARKUP})),
    )
    apply_profiles([read_profile(data)])
    for page in (url("clerkuser", "changelist"), url("clerkuser", "change", ClerkUser.objects.get().pk)):
        shown = admin_client.get(page).text
        assert "alert(1)" in shown
        assert MARKUP not in shown


@pytest.mark.parametrize("model", ["clerkorganization", "clerkmembership", "clerkrole"])
@pytest.mark.parametrize("query", ["", "?q=org", "?deleted_at__isempty=1", "?o=1.-2"])
def test_organizations_are_listed_and_shown(model: str, query: str, admin_client: Client, rows) -> None:
    page = admin_client.get(url(model, "changelist") + query)
    assert page.status_code == 200
    assert ">1 " in page.text or "1 Clerk" in page.text
    shown = admin_client.get(url(model, "change", rows[model].pk)).text
    assert rows[model].clerk_id in shown
    assert "another database" not in shown
    assert 'name="_save"' not in shown


def test_a_long_list_of_memberships_costs_few_queries(admin_client: Client) -> None:
    page = [
        clerk_membership(f"orgmem_{n}", user=f"user_{n}", organization=clerk_organization(f"org_{n}", name=MARKUP))
        for n in range(120)
    ]
    apply_memberships(read_membership(data) for data in page)
    with CaptureQueriesContext(connection) as captured:
        shown = admin_client.get(url("clerkmembership", "changelist"))
    assert shown.text.count("field-role") == 100
    assert MARKUP not in shown.text
    assert len(captured) <= 10


def test_a_long_list_costs_few_queries(admin_client: Client) -> None:
    apply_profiles([read_profile(clerk_user(f"user_{number}", first_name=MARKUP)) for number in range(150)])
    with CaptureQueriesContext(connection) as captured:
        page = admin_client.get(url("clerkuser", "changelist"))
    assert page.text.count("field-first_name") == 100
    assert len(captured) <= 10


def test_deleting_a_django_user_leaves_the_row(admin_client: Client, ada: ClerkUser) -> None:
    model = type(ada.user)._meta
    if not admin_client.get("/admin/").text.count(f"/admin/{model.app_label}/{model.model_name}/"):
        pytest.skip("this user model is not in the admin")
    admin_client.post(f"/admin/{model.app_label}/{model.model_name}/{ada.user.pk}/delete/", {"post": "yes"})
    assert ClerkUser.objects.values_list("clerk_id", "user").get() == ("user_ada", None)
