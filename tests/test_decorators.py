"""
The decorators: what they are put on, what they look at, and what they leave alone.

Who passes is in test_doors, and clerk_owner_required in test_owner_required.
"""

from __future__ import annotations

from typing import Any

import django
import pytest
from asgiref.sync import async_to_sync, iscoroutinefunction
from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.test import AsyncClient, Client, RequestFactory, override_settings
from django.urls import path
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import cache_page
from django.views.decorators.csrf import csrf_exempt

from django_clerk import decorators
from django_clerk.core.policies import Policy, has_role
from django_clerk.ownership import is_owner
from tests.callers import CALLERS, as_page, sign_up
from tests.mint import bearer, organization
from tests.testapp.models import Post

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]

login_required, role_required = decorators.clerk_login_required, decorators.clerk_role_required
ADMIN_OF_ACME: dict[str, Any] = {"metadata": {"role": "admin"}, "o": organization("admin")}


def show(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    return HttpResponse(str(request.__dict__.get("clerk_object", "in")))


async def ashow(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    return show(request)


both_roles = (role_required("admin"), role_required("org:admin"))
has_posts = decorators.clerk_policy_required(
    Policy("has_posts", lambda who, obj: Post.objects.filter(author=who.user).exists())
)
owns_post = decorators.clerk_owner_required(Post, field="author")


class Page(View):
    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        return HttpResponse("in")


class AsyncPage(View):
    async def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        return HttpResponse("in")


def on_dispatch(decorator: Any, page: type[View]) -> Any:
    return method_decorator(decorator, name="dispatch")(type("Guarded", (page,), {})).as_view()


class GuardedMethod(View):
    @method_decorator(both_roles)
    def get(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse("in")


class AsyncGuardedMethod(View):
    @method_decorator(both_roles)
    async def get(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse("in")


class ForgotMethodDecorator(View):
    @login_required  # type: ignore[arg-type]
    def get(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse("in")


urlpatterns = [
    path("bare/", login_required(show)),
    path("called/", login_required()(show)),
    path("org/", decorators.clerk_org_required(show)),
    path("org/acme/", decorators.clerk_org_required("acme")(show)),
    path("orgs/<path:org>/end/", decorators.clerk_org_required(kwarg="org")(show)),
    path("stacked/", both_roles[0](both_roles[1](show))),
    path("async/stacked/", both_roles[0](both_roles[1](ashow))),
    path("dispatch/", on_dispatch(both_roles, Page)),
    path("async/dispatch/", on_dispatch(both_roles, AsyncPage)),
    path("async/dispatch/single/", on_dispatch(role_required("admin"), AsyncPage)),
    path("async/dispatch/exempt/", on_dispatch((role_required("admin"), csrf_exempt), AsyncPage)),
    path("method/", GuardedMethod.as_view()),
    path("async/method/", AsyncGuardedMethod.as_view()),
    path("forgot/", ForgotMethodDecorator.as_view()),
    path("has-posts/", has_posts(show)),
    path("async/has-posts/", has_posts(ashow)),
    path("posts/<str:pk>/", owns_post(show)),
    path("async/posts/<str:pk>/", owns_post(ashow)),
    path("cached/", cache_page(60)(login_required(show))),
    path("open/", login_not_required(lambda request: HttpResponse("open"))),
    path("closed/", show),
]  # fmt: skip


@pytest.fixture
def ada() -> Any:
    return sign_up(CALLERS["owner"])


def get(path: str, **claims: Any) -> Any:
    if path.startswith("/async/"):
        return async_to_sync(AsyncClient().get)(path, headers=bearer(**claims))
    return Client().get(path, headers=bearer(**claims))


@pytest.mark.parametrize("path", ["/bare/", "/called/"])
def test_with_and_without_parentheses(ada: Any, path: str) -> None:
    assert get(path).status_code == 200
    assert Client().get(path).status_code == 302


@pytest.mark.parametrize(
    "path",
    [
        "/stacked/",
        "/async/stacked/",
        "/dispatch/",
        "/async/dispatch/",
        "/method/",
        # Before, Django takes a view with a decorated async method for a sync one, and lets nobody in.
        pytest.param("/async/method/", marks=pytest.mark.skipif(django.VERSION < (5, 2), reason="not waited for")),
    ],
)
@pytest.mark.parametrize("held", [(), ("metadata",), ("o",), ("metadata", "o")])
def test_two_of_them_must_both_agree(ada: Any, path: str, held: tuple[str, ...]) -> None:
    claims = {name: ADMIN_OF_ACME[name] for name in held}
    assert get(path, **claims).status_code == (200 if len(held) == 2 else 403)


@pytest.mark.parametrize("path", ["/async/dispatch/", "/async/dispatch/single/", "/async/dispatch/exempt/"])
def test_dispatch_of_an_async_view_is_waited_for(path: str) -> None:
    sign_up(CALLERS["synced-admin"])
    assert get(path, o=organization("admin")).content == b"in"
    assert get(path, o=organization("admin"), sub="user_eve").status_code == 403
    assert async_to_sync(AsyncClient().options)(path).status_code == 302


def test_methods_without_method_decorator_are_refused_to_everybody(ada: Any) -> None:
    with pytest.raises(TypeError, match="method_decorator"):
        get("/forgot/")


@pytest.mark.parametrize("decorate", [login_required, login_required(), role_required("admin"), owns_post])
def test_classes_are_refused(decorate: Any) -> None:
    with pytest.raises(TypeError, match="mixin"):
        decorate(Page)


def test_what_is_forgotten_is_noticed_at_import() -> None:
    for forget in (
        lambda: role_required(),
        lambda: role_required(show),  # type: ignore[arg-type]
        lambda: decorators.clerk_permission_required(show),  # type: ignore[arg-type]
        lambda: decorators.clerk_feature_required(show),  # type: ignore[arg-type]
        lambda: decorators.clerk_plan_required(show),  # type: ignore[arg-type]
        lambda: decorators.clerk_reverification_required(show),  # type: ignore[arg-type]
        lambda: decorators.clerk_org_required(""),
        lambda: decorators.clerk_owner_required(Post, field=""),
        lambda: decorators.clerk_owner_required(Post, or_role=""),
    ):
        with pytest.raises(ValueError, match=r"needs|takes"):
            forget()
    with pytest.raises(TypeError, match="takes a policy"):
        decorators.clerk_policy_required(show)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="not both"):
        decorators.clerk_org_required("acme", kwarg="org")


def test_policies_combine_where_they_are_used(ada: Any) -> None:
    guarded = decorators.clerk_policy_required(has_role("admin") | is_owner("author"))(show)
    assert guarded(RequestFactory().get("/", headers=bearer(metadata={"role": "admin"}))).status_code == 200
    assert guarded(RequestFactory().get("/", headers=bearer(), HTTP_ACCEPT="*/*")).status_code == 403


def test_what_other_decorators_left_on_a_view_stays() -> None:
    def sync(request: HttpRequest) -> None: ...
    async def asynchronous(request: HttpRequest) -> None: ...

    for view in (sync, asynchronous):
        guarded = login_required(login_not_required(csrf_exempt(view)))
        assert guarded.csrf_exempt is True
        assert guarded.login_required is False
        assert guarded.__name__ == view.__name__
        assert iscoroutinefunction(guarded) is iscoroutinefunction(view)
    guarded = csrf_exempt(login_required(show))
    assert Client(enforce_csrf_checks=True).post("/bare/").status_code == 403
    assert guarded(RequestFactory().post("/")).status_code == 302


def test_djangos_login_required_middleware_works_unchanged(ada: Any, settings: Any) -> None:
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "django.contrib.auth.middleware.LoginRequiredMiddleware"]
    assert Client().get("/open/").status_code == 200
    assert Client().get("/closed/")["Location"].startswith("/accounts/login/?next=")
    assert get("/closed/").status_code == 200
    assert get("/bare/").status_code == 200
    assert async_to_sync(AsyncClient().get)("/open/").status_code == 200
    assert get("/async/stacked/", **ADMIN_OF_ACME).status_code == 200


@pytest.mark.parametrize("method", ["get", "head", "options", "post", "put", "delete", "trace"])
def test_every_method_is_guarded(method: str) -> None:
    response = getattr(Client(), method)("/bare/", headers={"Accept": "application/json"})
    assert response.status_code == 401


class TestOrganization:
    @pytest.mark.parametrize(("path", "status"), [
        ("/org/", 200), ("/org/acme/", 200), ("/orgs/acme/end/", 200), ("/orgs/org_acme/end/", 200),
        ("/orgs/ACME/end/", 403), ("/orgs/other/end/", 403), ("/orgs/%20/end/", 403), ("/orgs/None/end/", 403),
        ("/orgs/acme/../acme/end/", 403), ("/orgs/acme%00/end/", 403),
    ])  # fmt: skip
    def test_of_the_member(self, ada: Any, path: str, status: int) -> None:
        assert get(path, o=organization("member")).status_code == status

    @pytest.mark.parametrize("path", ["/org/", "/org/acme/", "/orgs/acme/end/", "/orgs/None/end/"])
    def test_of_nobody(self, ada: Any, path: str) -> None:
        assert get(path).status_code == 403


class TestPolicyOfTheProject:
    @pytest.mark.parametrize("path", ["/has-posts/", "/async/has-posts/"])
    def test_may_ask_the_database(self, ada: Any, path: str) -> None:
        assert get(path).status_code == 403
        Post.objects.create(author=ada)
        assert get(path).status_code == 200


class TestKeysUnavailable:
    @pytest.mark.parametrize("path", ["/bare/", "/posts/1/", "/async/stacked/", "/async/dispatch/", "/async/posts/1/"])
    def test_nobody_can_tell(self, path: str) -> None:
        with override_settings(CLERK_JWT_KEY=None):
            response = get(path)
            assert (response.status_code, response["Retry-After"], list(response.json())) == (503, "10", ["detail"])
            page = Client().get("/bare/", headers=as_page(CALLERS["owner"]))
            assert (page.status_code, page["Retry-After"]) == (503, "10")
            assert Client().get("/bare/", headers=as_page(CALLERS["nobody"])).status_code == 302


class TestWithoutTheMiddleware:
    def test_guards_all_the_same(self, ada: Any) -> None:
        rf = RequestFactory()
        let_in = login_required(show)(rf.get("/", headers=bearer()))
        assert (let_in.status_code, let_in["Cache-Control"]) == (200, "private")
        assert let_in["Vary"] == "Authorization, Cookie"
        refused = login_required(show)(rf.get("/", headers={"Accept": "*/*"}))
        assert (refused.status_code, refused["Cache-Control"]) == (401, "private")
        assert async_to_sync(login_required(ashow))(rf.get("/", headers=bearer())).content == b"in"

    def test_view_that_is_no_view_is_left_alone(self, ada: Any) -> None:
        assert login_required(lambda request: "anything")(RequestFactory().get("/", headers=bearer())) == "anything"


def test_page_cached_around_the_guard_is_not_shown_to_strangers(ada: Any) -> None:
    cache.clear()
    assert get("/cached/").status_code == 200
    assert Client().get("/cached/").status_code == 302
