"""What belongs to the organization that is active in the session, at every door."""

from __future__ import annotations

from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import AsyncClient, Client
from django.urls import include, path
from django.views.generic import DetailView
from rest_framework import serializers, viewsets
from rest_framework.routers import SimpleRouter

from django_clerk.core.auth import Auth
from django_clerk.core.claims import read_claims
from django_clerk.core.machines import Machine
from django_clerk.core.policies import Subject
from django_clerk.decorators import clerk_owner_required
from django_clerk.drf import ClerkAuthentication, ClerkOwnedMixin, HasClerkRole, IsClerkOwner, IsClerkOwnerOrRole
from django_clerk.mixins import ClerkOwnerRequiredMixin
from django_clerk.models import ClerkOrganization
from django_clerk.ownership import is_owner, owned_by, owner_stamp, owns
from django_clerk.sync import delete_organization
from tests.callers import CALLERS, sign_up
from tests.mint import bearer, claims, organization
from tests.testapp.models import Invoice, Line, Note, Post

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]

ACME = organization()
OTHER = organization("admin", id="org_other", slug="other")
#: Claims of callers who own nothing of acme's.
OUTSIDERS: list[dict[str, Any]] = [
    {},
    {"o": OTHER},
    {"o": organization(id="acme")},
    {"o": organization(id="org_ACME")},
    {"o": organization(id="org_other", slug="org_acme")},
    {"o": {"id": None, "slg": "acme", "rol": "admin"}},
    {"o": {"id": ["org_acme"], "slg": "acme", "rol": "admin"}},
    {"o": {"id": "", "slg": "acme", "rol": "admin"}},
    {"org_id": "org_acme", "org_role": "org:admin"},
    {"metadata": {"org_id": "org_acme", "role": "org:admin"}},
    {"sub": "org_acme"},
    {"o": ACME, "sts": "pending"},
]


def show(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    return HttpResponse(str(request.__dict__["clerk_object"]))


async def ashow(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    return show(request)


class Show(ClerkOwnerRequiredMixin, DetailView):
    model = Invoice
    owner_field = "org_id"
    owner_type = "organization"

    def render_to_response(self, context: Any, **kwargs: Any) -> HttpResponse:
        return HttpResponse(str(self.object))


class Invoices(ClerkOwnedMixin, viewsets.ModelViewSet):
    authentication_classes = [ClerkAuthentication]
    permission_classes = [IsClerkOwner]
    serializer_class = type("InvoiceSerializer", (serializers.ModelSerializer,), {
        "Meta": type("Meta", (), {"model": Invoice, "fields": ["id", "title", "org_id"]}),
    })  # fmt: skip
    queryset = Invoice.objects.order_by("pk")
    owner_field = "org_id"
    owner_type = "organization"


class Shown(Invoices):
    permission_classes = [IsClerkOwnerOrRole("admin")]
    hide_others = False


class OfAdmins(Invoices):
    permission_classes = [IsClerkOwner & HasClerkRole("org:admin")]


class ByKey(Invoices):
    serializer_class = type("ByKeySerializer", (serializers.ModelSerializer,), {
        "Meta": type("Meta", (), {"model": Invoice, "fields": ["id", "title", "organization"]}),
    })  # fmt: skip
    owner_field = "organization"


class Lines(Invoices):
    serializer_class = type("LineSerializer", (serializers.ModelSerializer,), {
        "Meta": type("Meta", (), {"model": Line, "fields": ["id", "title", "invoice"]}),
    })  # fmt: skip
    queryset = Line.objects.order_by("pk")
    owner_field = "invoice__org_id"


def owner_required(model: Any, field: str = "org_id", **options: Any) -> Any:
    return clerk_owner_required(model, field=field, owner_type="organization", **options)


router = SimpleRouter()
for view in (Invoices, Shown, OfAdmins, ByKey, Lines):
    router.register(f"api/{view.__name__}", view, basename=view.__name__)
urlpatterns = [
    path("sync/<int:pk>/", owner_required(Invoice)(show)),
    path("async/<int:pk>/", owner_required(Invoice)(ashow)),
    path("hidden/<int:pk>/", owner_required(Invoice, hide_others=True)(show)),
    path("async/hidden/<int:pk>/", owner_required(Invoice, hide_others=True)(ashow)),
    path("key/<int:pk>/", owner_required(Invoice, "organization")(show)),
    path("async/key/<int:pk>/", owner_required(Invoice, "organization")(ashow)),
    path("line/<int:pk>/", owner_required(Line, "invoice__org_id")(show)),
    path("mixin/<int:pk>/", Show.as_view()),
    path("mixin/hidden/<int:pk>/", Show.as_view(hide_others=True)),
    path("", include(router.urls)),
]


@pytest.fixture(autouse=True)
def ada() -> Any:
    return sign_up(CALLERS["owner"])


@pytest.fixture
def invoice() -> Invoice:
    return Invoice.objects.create(org_id="org_acme", title="acme's")


def subject(user: Any, **changes: Any) -> Subject:
    return Subject(Auth(read_claims(claims(**changes))), lambda: user)


def call(method: str, url: str, data: Any = None, **changes: Any) -> Any:
    return getattr(Client(), method)(url, data, content_type="application/json", headers=bearer(**changes))


def get(url: str, **changes: Any) -> Any:
    if url.startswith("/async/"):
        return async_to_sync(AsyncClient().get)(url, headers=bearer(**changes))
    return Client().get(url, headers=bearer(**changes))


def test_every_member_owns_and_nobody_else(ada: Any, invoice: Invoice) -> None:
    for role in ("member", "admin", "billing"):
        assert owns(subject(ada, o=organization(role)), invoice, "org_id", "organization")
    line = Line.objects.create(invoice=invoice)
    assert owns(subject(ada, o=ACME), line, "invoice__org_id", "organization")
    for changes in OUTSIDERS:
        outsider = subject(ada, **changes)
        assert not owns(outsider, invoice, "org_id", "organization"), changes
        seen = Invoice.objects.filter(owned_by(Invoice, "org_id", outsider, "organization"))
        if connection.vendor != "mysql":  # whose usual collation does not tell letter case apart in a list
            assert not seen.exists(), changes


def test_token_of_version_one_names_its_organization_elsewhere(ada: Any, invoice: Invoice) -> None:
    first = subject(ada, v=None, sts=None, org_id="org_acme", org_role="org:member")
    assert owns(first, invoice, "org_id", "organization")
    assert not owns(subject(ada, v=2, org_id="org_acme"), invoice, "org_id", "organization")


@pytest.mark.parametrize("held", ["", "None", "acme", "user_ada", "org_"])
def test_what_no_organization_owns_is_nobodys(ada: Any, held: str) -> None:
    invoice = Invoice.objects.create(org_id=held)
    for caller in (subject(ada, o=ACME), subject(ada), subject(None, o=ACME), Subject(Auth(), lambda: ada)):
        assert not owns(caller, invoice, "org_id", "organization")
        assert not Invoice.objects.filter(owned_by(Invoice, "org_id", caller, "organization")).exists()


def test_who_owns_is_said_and_not_guessed(ada: Any, invoice: Invoice) -> None:
    """A column with an id holds whichever is meant; a key to the other sort of owner is a mistake."""
    mine = Invoice.objects.create(org_id="user_ada")
    assert owns(subject(ada, o=ACME), mine, "org_id")
    assert not owns(subject(ada, o=ACME), mine, "org_id", "organization")
    assert not owns(subject(ada, o=ACME), invoice, "org_id")
    for model, field in ((Post, "author"), (Note, "keeper"), (Note, "pages"), (Line, "invoice")):
        with pytest.raises(ImproperlyConfigured, match="cannot hold an owner of the type organization"):
            owned_by(model, field, subject(ada, o=ACME), "organization")
    for wrong in ("org", "", None, "User"):
        with pytest.raises(ValueError, match='"user" or an "organization"'):
            is_owner("org_id", wrong)  # type: ignore[arg-type]


def test_key_of_an_organization_is_no_member(ada: Any, invoice: Invoice) -> None:
    """It acts for no user, and has no organization that is active."""
    for subject_id in ("org_acme", "user_ada"):
        key = Auth(machine=Machine("api_key", "ak_1", subject_id), token_type="api_key", source="header")
        assert not owns(Subject(key, lambda: ada), invoice, "org_id", "organization")


@pytest.mark.parametrize("changes", [{"o": ACME}, {"o": organization("admin")}])
def test_members_are_let_in(invoice: Invoice, changes: Any) -> None:
    for door in ("sync", "async", "hidden", "async/hidden", "mixin", "mixin/hidden"):
        assert get(f"/{door}/{invoice.pk}/", **changes).content == b"acme's", door
    line = Line.objects.create(invoice=invoice, title="line")
    assert get(f"/line/{line.pk}/", **changes).content == b"line"
    for view in ("Invoices", "Shown"):
        assert get(f"/api/{view}/{invoice.pk}/", **changes).json()["title"] == "acme's"
        assert [row["title"] for row in get(f"/api/{view}/", **changes).json()] == ["acme's"]


@pytest.mark.parametrize("changes", [changes for changes in OUTSIDERS if not {"sub", "sts"} & changes.keys()])
@pytest.mark.parametrize(
    ("door", "status"),
    [("sync", 403), ("async", 403), ("hidden", 404), ("async/hidden", 404), ("mixin", 403), ("mixin/hidden", 404),
     ("api/Invoices", 404), ("api/Shown", 403)],
)  # fmt: skip
def test_outsiders_are_kept_out(door: str, status: int, changes: Any) -> None:
    invoice = Invoice.objects.create(org_id="org_acme")
    if connection.vendor == "mysql" and door == "api/Invoices" and changes.get("o", {}).get("id") == "org_ACME":
        status = 403  # found by its collation, and refused
    assert get(f"/{door}/{invoice.pk}/", **changes).status_code == status


@pytest.mark.parametrize("door", ["hidden", "async/hidden", "mixin/hidden"])
def test_hidden_object_looks_like_one_that_is_not_there(invoice: Invoice, door: str) -> None:
    hers, none = get(f"/{door}/{invoice.pk}/"), get(f"/{door}/99999/")
    assert (hers.status_code, hers.content.replace(b"1", b"")) == (404, none.content.replace(b"1", b""))
    stranger = Client().get(f"/hidden/{invoice.pk}/", headers={"Accept": "application/json"})
    assert stranger.status_code == 401


def test_role_and_organization_combine(invoice: Invoice) -> None:
    assert get(f"/api/OfAdmins/{invoice.pk}/", o=organization("member")).status_code == 403
    assert get(f"/api/OfAdmins/{invoice.pk}/", o=organization("admin")).status_code == 200
    assert get(f"/api/OfAdmins/{invoice.pk}/", o=OTHER).status_code == 404
    assert get(f"/api/Shown/{invoice.pk}/", metadata={"role": "admin"}).status_code == 200


class TestWriting:
    def test_new_object_is_the_organizations(self) -> None:
        for owner in ("org_other", "", None, "user_ada"):
            created = call("post", "/api/Invoices/", {"title": "new", **({"org_id": owner} if owner else {})}, o=ACME)
            assert created.status_code == 201
        assert {invoice.org_id for invoice in Invoice.objects.all()} == {"org_acme"}

    def test_nothing_is_created_for_no_organization(self) -> None:
        for changes in ({}, {"org_id": "org_acme"}, {"o": {"id": "", "slg": "acme", "rol": "admin"}}):
            assert call("post", "/api/Invoices/", {"title": "new", "org_id": "org_acme"}, **changes).status_code == 403
        assert not Invoice.objects.exists()

    @pytest.mark.parametrize("method", ["put", "patch"])
    def test_update_gives_nothing_away(self, invoice: Invoice, method: str) -> None:
        answer = call(method, f"/api/Invoices/{invoice.pk}/", {"title": "new", "org_id": "org_other"}, o=ACME)
        invoice.refresh_from_db()
        assert (answer.status_code, invoice.title, invoice.org_id) == (200, "new", "org_acme")

    def test_line_is_created_and_moved_under_own_invoices_only(self, invoice: Invoice) -> None:
        theirs = Invoice.objects.create(org_id="org_other")
        nobodys = Invoice.objects.create()
        for target in (theirs, nobodys):
            assert call("post", "/api/Lines/", {"invoice": target.pk}, o=ACME).status_code == 403
        assert call("post", "/api/Lines/", {"invoice": invoice.pk}, o=ACME).status_code == 201
        line = Line.objects.get()
        for target in (theirs, nobodys):
            assert call("patch", f"/api/Lines/{line.pk}/", {"invoice": target.pk}, o=ACME).status_code == 403
        assert call("delete", f"/api/Lines/{line.pk}/", o=OTHER).status_code == 404


def test_stamp_is_the_active_organization(ada: Any) -> None:
    assert owner_stamp(Invoice, "org_id", subject(ada, o=ACME), "organization") == "org_acme"
    assert owner_stamp(Invoice, "org_id", subject(ada), "organization") is None
    assert owner_stamp(Invoice, "org_id", subject(None, o=ACME), "organization") is None


class TestForeignKey:
    """The owner is a row of ClerkOrganization, which webhooks keep true."""

    @pytest.fixture
    def acme(self) -> ClerkOrganization:
        return ClerkOrganization.objects.create(clerk_id="org_acme", slug="acme")

    @pytest.fixture
    def other(self) -> ClerkOrganization:
        return ClerkOrganization.objects.create(clerk_id="org_other", slug="org_acme")

    def test_owner_and_nobody_else(self, ada: Any, acme: ClerkOrganization, other: ClerkOrganization) -> None:
        mine, theirs = (Invoice.objects.create(organization=owner) for owner in (acme, other))
        nobodys = Invoice.objects.create()
        line = Line.objects.create(invoice=mine)
        member = subject(ada, o=ACME)
        assert [owns(member, row, "organization", "organization") for row in (mine, theirs, nobodys)] == [
            True, False, False,
        ]  # fmt: skip
        assert owns(member, line, "invoice__organization", "organization")
        assert list(Invoice.objects.filter(owned_by(Invoice, "organization", member, "organization"))) == [mine]
        for changes in OUTSIDERS:
            outsider = subject(ada, **changes)
            assert not owns(outsider, mine, "organization", "organization"), changes
            seen = Invoice.objects.filter(owned_by(Invoice, "organization", outsider, "organization"))
            assert mine not in seen, changes
            assert nobodys not in seen, changes

    @pytest.mark.parametrize("door", ["key", "async/key"])
    def test_doors(self, acme: ClerkOrganization, door: str) -> None:
        mine, nobodys = Invoice.objects.create(organization=acme), Invoice.objects.create()
        assert get(f"/{door}/{mine.pk}/", o=ACME).status_code == 200
        for changes in ({}, {"o": OTHER}):
            assert get(f"/{door}/{mine.pk}/", **changes).status_code == 403
        assert get(f"/{door}/{nobodys.pk}/", o=ACME).status_code == 403

    def test_what_a_deleted_organization_owned_is_nobodys(self, ada: Any, acme: ClerkOrganization) -> None:
        mine = Invoice.objects.create(organization=acme)
        delete_organization("org_acme")
        assert not owns(subject(ada, o=ACME), mine, "organization", "organization")
        assert get("/api/ByKey/", o=ACME).json() == []
        assert call("post", "/api/ByKey/", {"title": "new"}, o=ACME).status_code == 403

    def test_writing(self, acme: ClerkOrganization, other: ClerkOrganization) -> None:
        made = call("post", "/api/ByKey/", {"title": "new", "organization": other.pk}, o=ACME)
        assert (made.status_code, Invoice.objects.get().organization) == (201, acme)
        url = f"/api/ByKey/{Invoice.objects.get().pk}/"
        for owner in (other.pk, None):
            assert call("patch", url, {"title": "newer", "organization": owner}, o=ACME).status_code == 200
            assert Invoice.objects.get().organization == acme
        assert call("patch", url, {"title": "theirs"}, o=OTHER).status_code == 404

    def test_nothing_is_created_before_clerk_has_told_of_the_organization(self) -> None:
        assert call("post", "/api/ByKey/", {"title": "new"}, o=ACME).status_code == 403
        assert not Invoice.objects.exists()

    def test_is_no_user(self, ada: Any, acme: ClerkOrganization) -> None:
        with pytest.raises(ImproperlyConfigured, match="cannot hold an owner of the type user"):
            owns(subject(ada, o=ACME), Invoice.objects.create(organization=acme), "organization")
