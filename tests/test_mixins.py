"""The mixins: how they stand together on one view. For who passes, see test_doors."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import ImproperlyConfigured
from django.http import Http404, HttpRequest, HttpResponse
from django.test import AsyncRequestFactory, RequestFactory
from django.views import View
from django.views.generic import CreateView, DetailView, ListView, UpdateView

from django_clerk import mixins
from django_clerk.core import policies
from django_clerk.core.policies import Policy
from tests.callers import CALLERS, sign_up
from tests.mint import bearer, organization
from tests.testapp.models import Post
from tests.testapp.people import create_user

pytestmark = pytest.mark.django_db


class Page(View):
    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        return HttpResponse("in")


class AsyncPage(View):
    async def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        return HttpResponse("in")


class PostPage(DetailView):
    model = Post

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return HttpResponse(str(self.get_object()))


class Admins(mixins.ClerkRoleRequiredMixin):
    role = "admin"


class OrgAdmins(mixins.ClerkRoleRequiredMixin):
    role = "org:admin"


class Members(mixins.ClerkPolicyRequiredMixin):
    """As a project writes one, without calling super()."""

    def get_policy(self) -> Policy:
        return policies.in_organization()


class Reporters(mixins.ClerkPolicyRequiredMixin):
    policy = policies.has_feature("reports")


class Authors(mixins.ClerkOwnerRequiredMixin):
    owner_field = "author"


@pytest.fixture
def ada() -> Any:
    return sign_up(CALLERS["owner"])


def ask(
    view: type[View], *, method: str = "get", initkwargs: dict[str, Any] | None = None, claims: Any = (), **kwargs: Any
) -> Any:
    request = getattr(RequestFactory(), method)("/", headers={**bearer(**dict(claims)), "Accept": "*/*"})
    answer = view.as_view(**(initkwargs or {}))
    return async_to_sync(answer)(request, **kwargs) if view.view_is_async else answer(request, **kwargs)


#: What each mixin wants, as claims.
WANTS: list[tuple[type, dict[str, Any]]] = [
    (Admins, {"metadata": {"role": "admin"}}),
    (OrgAdmins, {"o": organization("admin")}),
    (Members, {"o": organization("member")}),
    (Reporters, {"fea": "u:reports"}),
]


@pytest.mark.parametrize("page", [Page, AsyncPage])
@pytest.mark.parametrize(("first", "second"), list(itertools.permutations(WANTS, 2)))
def test_two_of_them_must_both_agree(ada: Any, first: Any, second: Any, page: type[View]) -> None:
    (one, its_claims), (other, other_claims) = first, second
    view = type("Guarded", (one, other, page), {})
    everything = {**its_claims, **other_claims, **({"o": organization("admin")} if OrgAdmins in (one, other) else {})}
    assert ask(view, claims=everything).content == b"in"
    for claims in (its_claims, other_claims, {}):
        if any(name not in claims for name in everything):
            assert ask(view, claims=claims).status_code == 403


@pytest.mark.parametrize("order", [(Admins, Authors), (Authors, Admins)])
def test_role_and_owner(ada: Any, order: tuple[type, ...]) -> None:
    view = type("Guarded", (*order, PostPage), {})
    mine, hers = Post.objects.create(author=ada, title="mine"), Post.objects.create(author=create_user("eve"))
    admin = {"metadata": {"role": "admin"}}
    assert ask(view, claims=admin, pk=mine.pk).content == b"mine"
    assert ask(view, claims=admin, pk=hers.pk).status_code == 403
    assert ask(view, pk=mine.pk).status_code == 403


class TestOverriding:
    def test_a_subclass_replaces_an_attribute(self, ada: Any) -> None:
        view = type("Stricter", (type("Guarded", (Admins, Page), {}),), {"role": "owner"})
        assert ask(view, claims={"metadata": {"role": "owner"}}).status_code == 200
        assert ask(view, claims={"metadata": {"role": "admin"}}).status_code == 403

    def test_the_view_itself_decides_between_mixins(self, ada: Any) -> None:
        view = type("Guarded", (Admins, OrgAdmins, Page), {"role": "owner"})
        assert ask(view, claims={"metadata": {"role": "owner"}}).status_code == 200

    @pytest.mark.parametrize("role", ["owner", ["owner", "editor"]])
    def test_as_view_replaces_an_attribute(self, ada: Any, role: Any) -> None:
        view = type("Guarded", (Admins, OrgAdmins, Page), {})
        assert ask(view, initkwargs={"role": role}, claims={"metadata": {"role": "owner"}}).status_code == 200
        assert ask(view, initkwargs={"role": role}, claims={"metadata": {"role": "admin"}}).status_code == 403

    def test_a_property_is_asked(self, ada: Any) -> None:
        view = type("Guarded", (Admins, OrgAdmins, Page), {"role": property(lambda view: view.kwargs["role"])})
        assert ask(view, claims={"metadata": {"role": "editor"}}, role="editor").status_code == 200
        assert ask(view, claims={"metadata": {"role": "editor"}}, role="admin").status_code == 403

    @pytest.mark.parametrize("with_super", [True, False])
    def test_get_policy_adds_to_the_mixins(self, ada: Any, with_super: bool) -> None:
        class Guarded(Admins, Authors, PostPage):
            def get_policy(self) -> Policy:
                mine = policies.in_organization_named(self.kwargs["org"])
                return super().get_policy() & mine if with_super else mine

        post, admin = Post.objects.create(author=ada, title="mine"), {"metadata": {"role": "admin"}}
        claims = {**admin, "o": organization("member")}
        assert ask(Guarded, claims=claims, pk=post.pk, org="acme").content == b"mine"
        assert ask(Guarded, claims=claims, pk=post.pk, org="other").status_code == 403
        assert ask(Guarded, claims={"o": organization("member")}, pk=post.pk, org="acme").status_code == 403
        hers = Post.objects.create(author=create_user("eve"))
        assert ask(Guarded, claims=claims, pk=hers.pk, org="acme").status_code == 403


class TestMisuse:
    @pytest.mark.parametrize(
        "define",
        [
            lambda: type("Guarded", (Page, Admins), {}),
            lambda: type("Guarded", (UpdateView, Admins), {}),
            lambda: type("Guarded", (type("Base", (Page,), {}), mixins.ClerkLoginRequiredMixin), {}),
        ],
    )
    def test_after_the_view_class_is_noticed_at_import(self, define: Callable[[], type]) -> None:
        with pytest.raises(TypeError, match="before its view class"):
            define()

    @pytest.mark.parametrize(
        ("mixin", "attributes", "message"),
        [
            (mixins.ClerkPolicyRequiredMixin, {}, "needs a policy"),
            (mixins.ClerkRoleRequiredMixin, {}, "Guarded.role: has_role"),
            (mixins.ClerkRoleRequiredMixin, {"role": ""}, "Guarded.role: has_role"),
            (mixins.ClerkRoleRequiredMixin, {"role": ["admin", None]}, "Guarded.role: has_role"),
            (mixins.ClerkPermissionRequiredMixin, {}, "Guarded.permission"),
            (mixins.ClerkFeatureRequiredMixin, {}, "Guarded.feature"),
            (mixins.ClerkPlanRequiredMixin, {}, "Guarded.plan"),
            (mixins.ClerkReverificationRequiredMixin, {"reverification": "sometimes"}, "Guarded.reverification"),
            (mixins.ClerkOwnerRequiredMixin, {"owner_field": ""}, "Guarded.owner_field"),
            (mixins.ClerkOwnerRequiredMixin, {"or_role": ""}, "Guarded.or_role"),
            (mixins.ClerkOwnerRequiredMixin, {}, "has no get_object"),
        ],
    )
    def test_what_is_forgotten_lets_nobody_in(self, ada: Any, mixin: type, attributes: Any, message: str) -> None:
        for page in (Page, AsyncPage):
            with pytest.raises(ImproperlyConfigured, match=message):
                ask(type("Guarded", (mixin, page), attributes))

    @pytest.mark.parametrize("page", [CreateView, ListView])
    def test_owner_of_what_is_no_single_object_lets_nobody_in(self, ada: Any, page: type[View]) -> None:
        view = type("Guarded", (Authors, page), {"model": Post, "fields": ["title"]})
        with pytest.raises((AttributeError, ImproperlyConfigured)):
            ask(view)

    def test_what_is_no_policy_lets_nobody_in(self, ada: Any) -> None:
        for bases in ((mixins.ClerkPolicyRequiredMixin, Page), (mixins.ClerkLoginRequiredMixin, Page)):
            for attributes in ({"get_policy": lambda view: None}, {"policy": "admin"}):
                with pytest.raises((AttributeError, TypeError)):
                    ask(type("Guarded", bases, attributes))


class TestOwner:
    def test_object_is_looked_up_once(self, ada: Any, django_assert_num_queries: Any) -> None:
        pk = Post.objects.create(author=ada, title="mine").pk
        with django_assert_num_queries(2):
            assert ask(type("Guarded", (Authors, PostPage), {}), pk=pk).content == b"mine"

    def test_nobody_learns_what_exists_without_signing_in(self, django_assert_num_queries: Any) -> None:
        view = type("Guarded", (Authors, PostPage), {})
        with django_assert_num_queries(0):
            assert view.as_view()(RequestFactory().get("/", headers={"Accept": "*/*"}), pk=1).status_code == 401

    @pytest.mark.parametrize("pk", ["abc", "1e3", "\0"])
    def test_what_can_be_no_key_is_nothings(self, ada: Any, pk: str) -> None:
        with pytest.raises(Http404):
            ask(type("Guarded", (Authors, PostPage), {}), pk=pk)

    @pytest.mark.parametrize("method", ["get", "head", "options", "post", "put", "delete"])
    def test_every_method_is_guarded(self, ada: Any, method: str) -> None:
        view = type("Guarded", (Authors, UpdateView), {"model": Post, "fields": ["title"]})
        assert ask(view, method=method, pk=Post.objects.create(author=create_user("eve")).pk).status_code == 403


class TestAsync:
    def test_other_methods_are_waited_for(self, ada: Any) -> None:
        view = type("Guarded", (mixins.ClerkLoginRequiredMixin, AsyncPage), {})
        assert ask(view, method="options").status_code == 200
        assert ask(view, method="post").status_code == 405

    def test_a_mixin_further_in_that_does_not_wait_is_no_trouble(self, ada: Any) -> None:
        view = type("Guarded", (mixins.ClerkLoginRequiredMixin, LoginRequiredMixin, AsyncPage), {})
        request = AsyncRequestFactory().get("/", headers=bearer())
        request.user = ada
        assert async_to_sync(view.as_view())(request).content == b"in"
        request = AsyncRequestFactory().get("/", headers=bearer())
        request.user = type("Anonymous", (), {"is_authenticated": False})()
        assert async_to_sync(view.as_view())(request)["Location"].startswith("/accounts/login/")

    def test_policies_that_look_into_the_database(self, ada: Any) -> None:
        policy = Policy("has_posts", lambda who, obj: Post.objects.filter(author=who.user).exists())
        view = type("Guarded", (mixins.ClerkPolicyRequiredMixin, AsyncPage), {"policy": policy})
        assert ask(view).status_code == 403
        Post.objects.create(author=ada)
        assert ask(view).status_code == 200


def test_organization_that_the_url_names(ada: Any) -> None:
    view = type("Guarded", (mixins.ClerkOrgRequiredMixin, Page), {"org_kwarg": "org"})
    answers = [
        ask(view, claims={"o": organization()}, org=org).status_code for org in ("acme", "org_acme", "", "x", None)
    ]
    assert answers == [200, 200, 403, 403, 403]
    any_org = type("Guarded", (mixins.ClerkOrgRequiredMixin, Page), {})
    assert [ask(any_org, claims=claims).status_code for claims in ({"o": organization()}, {})] == [200, 403]


def test_responses_are_private(ada: Any) -> None:
    response = ask(type("Guarded", (mixins.ClerkLoginRequiredMixin, Page), {}))
    assert (response["Cache-Control"], response["Vary"]) == ("private", "Authorization, Cookie")
