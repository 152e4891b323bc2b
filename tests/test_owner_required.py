"""clerk_owner_required: which object the URL names, and what becomes of those who do not own it."""

from __future__ import annotations

from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse
from django.test import AsyncClient, Client
from django.urls import path

from django_clerk.decorators import clerk_owner_required
from tests.callers import CALLERS, sign_up
from tests.mint import bearer
from tests.testapp.models import Post, Project, Task
from tests.testapp.people import create_user

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


def show(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    return HttpResponse(str(request.__dict__["clerk_object"]))


async def ashow(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    return show(request)


owns_post = clerk_owner_required(Post, field="author")
owns_task = clerk_owner_required(Task, field="project__owner")
drafts = Post.objects.filter(title="Draft")

urlpatterns = [
    path("posts/<str:pk>/", owns_post(show)),
    path("async/posts/<str:pk>/", owns_post(ashow)),
    path("posts/<int:post_id>/comments/<int:pk>/", owns_post(show)),
    path("posts/by-pk/<int:post_pk>/", owns_post(show)),
    path("posts/by-id/<int:id>/", owns_post(show)),
    path("posts/named/<int:number>/", clerk_owner_required(Post, field="author", lookup_kwarg="number")(show)),
    path("posts/misnamed/<int:number>/", owns_post(show)),
    path("drafts/<int:pk>/", clerk_owner_required(drafts, field="author")(show)),
    path("managed/<int:pk>/", clerk_owner_required(Post.objects, field="author")(show)),  # type: ignore[arg-type]
    path("projects/<slug:slug>/", clerk_owner_required(Project)(show)),
    path("titles/<slug:slug>/", clerk_owner_required(Post, field="author", lookup_field="title")(show)),
    path("tasks/<int:pk>/", owns_task(show)),
    path("async/tasks/<int:pk>/", owns_task(ashow)),
]


@pytest.fixture
def ada() -> Any:
    return sign_up(CALLERS["owner"])


def get(url: str) -> Any:
    if url.startswith("/async/"):
        return async_to_sync(AsyncClient().get)(url, headers=bearer())
    return Client().get(url, headers=bearer())


def test_finds_the_object_and_leaves_it_on_the_request(ada: Any) -> None:
    post = Post.objects.create(author=ada, title="Draft")
    paths = (f"/posts/{post.pk}/", f"/async/posts/{post.pk}/", f"/posts/{post.pk}/comments/99/")
    others = (f"/posts/by-pk/{post.pk}/", f"/posts/by-id/{post.pk}/", f"/posts/named/{post.pk}/", "/titles/Draft/")
    for url in (*paths, *others, f"/drafts/{post.pk}/", f"/managed/{post.pk}/"):
        assert get(url).content == b"Draft", url


def test_finds_by_slug(ada: Any) -> None:
    Project.objects.create(owner=ada, slug="mine")
    Project.objects.create(owner=create_user("eve"), slug="hers")
    assert [get(f"/projects/{slug}/").status_code for slug in ("mine", "hers", "none")] == [200, 403, 404]


@pytest.mark.parametrize("prefix", ["", "/async"])
def test_follows_a_path(ada: Any, prefix: str) -> None:
    mine = Task.objects.create(project=Project.objects.create(owner=ada), title="mine")
    hers = Task.objects.create(project=Project.objects.create(owner=create_user("eve")))
    nobodys = Task.objects.create(project=Project.objects.create())
    stray = Task.objects.create()
    answers = [get(f"{prefix}/tasks/{task.pk}/").status_code for task in (mine, hers, nobodys, stray)]
    assert answers == [200, 403, 403, 403]


def test_of_the_parent_is_not_taken_for_that_of_the_child(ada: Any) -> None:
    """ada owns the post whose key is that of the comment; that must not open somebody else's post."""
    hers, mine = Post.objects.create(author=create_user("eve")), Post.objects.create(author=ada)
    assert get(f"/posts/{hers.pk}/comments/{mine.pk}/").status_code == 403


@pytest.mark.parametrize("prefix", ["", "/async"])
@pytest.mark.parametrize("pk", ["0", "-1", "9" * 30, "abc", "1.0", "1 ", "%00", "None", "'", "١٢"])
def test_what_is_not_there_is_not_found(ada: Any, prefix: str, pk: str) -> None:
    assert get(f"{prefix}/posts/{pk}/").status_code == 404


def test_outside_the_queryset_is_not_found(ada: Any) -> None:
    assert get(f"/drafts/{Post.objects.create(author=ada, title='Published').pk}/").status_code == 404


def test_nobody_learns_what_exists_without_signing_in(ada: Any, django_assert_num_queries: Any) -> None:
    pk = Post.objects.create(author=ada).pk
    with django_assert_num_queries(0):
        answers = [Client().get(f"/posts/{key}/", headers={"Accept": "*/*"}) for key in (pk, pk + 1, "abc")]
    assert [answer.status_code for answer in answers] == [401, 401, 401]
    assert answers[0].content == answers[1].content == answers[2].content


def test_refused_object_is_not_on_the_request(ada: Any) -> None:
    response = get(f"/posts/{Post.objects.create(author=create_user('eve')).pk}/")
    assert response.status_code == 403
    assert "clerk_object" not in response.wsgi_request.__dict__


def test_argument_that_is_missing_from_the_url_is_named(ada: Any) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"number\. Pass lookup_kwarg"):
        get("/posts/misnamed/1/")


def test_costs_one_query_for_the_user_and_one_for_the_object(ada: Any, django_assert_num_queries: Any) -> None:
    pk = Post.objects.create(author=ada).pk
    with django_assert_num_queries(2):
        assert get(f"/posts/{pk}/").status_code == 200
