"""ClerkOwnedMixin: whose objects are listed, whose name is on a new one, and that nobody gives one away."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from django.urls import include, path
from rest_framework import generics, mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny, BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter

from django_clerk.drf import ClerkAuthentication, ClerkOwnedMixin, HasClerkRole, IsClerkAuthenticated, IsClerkOwner
from tests.callers import CALLERS, sign_up
from tests.mint import bearer
from tests.testapp.models import Note, Post, Project, Task
from tests.testapp.people import create_user

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]

ADMIN = {"metadata": {"role": "admin"}}


def serializer(model_: Any, *names: str, **declared: Any) -> Any:
    meta = type("Meta", (), {"model": model_, "fields": ["id", *names]})
    return type("Serializer", (serializers.ModelSerializer,), {"Meta": meta, **declared})


def writer(source: str) -> serializers.IntegerField:
    return serializers.IntegerField(source=source, required=False, allow_null=True)


class Owned(ClerkOwnedMixin, viewsets.ModelViewSet):
    authentication_classes = [ClerkAuthentication]
    permission_classes = [IsClerkOwner]
    serializer_class = serializer(Post, "title", "writer", writer=writer("author_id"))
    queryset = Post.objects.order_by("pk")
    owner_field = "author"


class Shown(Owned):
    permission_classes = [HasClerkRole("admin") | IsClerkOwner]
    hide_others = False

    @action(detail=True)
    def siblings(self, request: Request, pk: str) -> Response:
        """A list under an object, whose URL has the key of the object."""
        return Response([post.title for post in self.get_queryset()])


class Bulk(Owned):
    def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
        return super().get_serializer(*args, **{**kwargs, "many": isinstance(kwargs.get("data"), list)})


class Attname(Owned):
    owner_field = "author_id"


class Nested(Owned):
    class AuthorSerializer(serializers.Serializer):
        pk = serializers.IntegerField()

    serializer_class = serializer(Post, "title", "author", author=AuthorSerializer(required=False))


class TaskSerializer(serializers.ModelSerializer):
    class Meta:
        model = Task
        fields = ["id", "title", "project"]
        list_serializer_class = type("Many", (serializers.ListSerializer,), {"update": lambda self, old, data: old})


class Keepers(Owned):
    serializer_class = serializer(Note, "keeper", "clerk_id", "pages")
    queryset = Note.objects.order_by("pk")
    owner_field = "keeper"


class ClerkIds(Keepers):
    owner_field = "clerk_id"


class Tasks(Owned):
    serializer_class = serializer(Task, "title", "project")
    queryset = Task.objects.order_by("pk")
    owner_field = "project__owner"


class ManyTasks(Tasks):
    @action(detail=False, methods=["put"])
    def all(self, request: Request) -> Response:
        many = TaskSerializer(self.get_queryset(), data=request.data, many=True)
        many.is_valid(raise_exception=True)
        self.perform_update(many)
        return Response()


class TasksByKey(Tasks):
    serializer_class = serializer(Task, "title", "parent", parent=writer("project_id"))


class OpenToAll(Owned):
    permission_classes = [AllowAny]


class CustomRule(BasePermission):
    def has_object_permission(self, request: Request, view: Any, obj: Any) -> bool:
        return True


class Unguarded(Owned):
    permission_classes = [IsClerkAuthenticated & CustomRule]
    hide_others = False


class PostsOf(ClerkOwnedMixin, mixins.ListModelMixin, generics.GenericAPIView):
    """A list whose URL has an argument of the name that details have."""

    authentication_classes = [ClerkAuthentication]
    permission_classes = [IsClerkOwner]
    serializer_class = Owned.serializer_class
    queryset = Post.objects.order_by("pk")
    owner_field = "author"
    hide_others = False
    get = mixins.ListModelMixin.list


router = SimpleRouter()
VIEWS = [Owned, Shown, Bulk, Attname, Nested, Keepers, ClerkIds, Tasks, ManyTasks, TasksByKey, OpenToAll, Unguarded]
for view in VIEWS:
    router.register(view.__name__, view, basename=view.__name__)
urlpatterns = [path("users/<int:pk>/posts/", PostsOf.as_view()), path("", include(router.urls))]


@pytest.fixture
def ada() -> Any:
    return sign_up(CALLERS["owner"])


@pytest.fixture
def eve() -> Any:
    return sign_up(CALLERS["owner"], "eve")


def call(method: str, url: str, data: Any = None, **claims: Any) -> Any:
    return getattr(Client(), method)(url, data, content_type="application/json", headers=bearer(**claims))


class TestList:
    @pytest.mark.parametrize("claims", [{}, ADMIN])
    @pytest.mark.parametrize(
        "url", ["/Owned/", "/Shown/", "/OpenToAll/", "/Unguarded/", "/users/{pk}/posts/", "/Shown/{pk}/siblings/"]
    )
    def test_shows_what_is_one_s_own(self, ada: Any, eve: Any, url: str, claims: Any) -> None:
        mine = Post.objects.create(author=ada, title="mine")
        hers = Post.objects.create(author=eve, title="hers")
        for pk in (mine.pk, hers.pk):
            response = Client().get(url.format(pk=pk), headers=bearer(**claims))
            assert response.status_code == 200
            assert b"mine" in response.content
            assert b"hers" not in response.content

    def test_shows_strangers_nothing_even_where_all_may_look(self, ada: Any) -> None:
        Post.objects.create(author=ada)
        assert Client().get("/OpenToAll/").json() == []
        assert Client().get("/Owned/").status_code == 401

    def test_follows_a_path(self, ada: Any, eve: Any) -> None:
        for user, title in ((ada, "mine"), (eve, "hers"), (None, "nobody's")):
            Task.objects.create(project=Project.objects.create(owner=user), title=title)
        Task.objects.create(title="stray")
        assert [task["title"] for task in Client().get("/Tasks/", headers=bearer()).json()] == ["mine"]


class TestObject:
    @pytest.mark.parametrize("method", ["get", "put", "patch", "delete"])
    @pytest.mark.parametrize(("url", "claims", "status"), [
        ("/Owned/{pk}/", {}, 404), ("/Owned/{pk}/", ADMIN, 404), ("/Shown/{pk}/", {}, 403),
        ("/OpenToAll/{pk}/", {}, 404),
    ])  # fmt: skip
    def test_another_s(self, ada: Any, eve: Any, method: str, url: str, claims: Any, status: int) -> None:
        hers = Post.objects.create(author=eve, title="hers")
        assert call(method, url.format(pk=hers.pk), {"title": "mine now"}, **claims).status_code == status
        hers.refresh_from_db()
        assert hers.title == "hers"

    def test_of_anybody_for_an_admin(self, ada: Any, eve: Any) -> None:
        hers = Post.objects.create(author=eve, title="hers")
        assert call("patch", f"/Shown/{hers.pk}/", {"title": "better"}, **ADMIN).status_code == 200
        assert call("delete", f"/Shown/{hers.pk}/", **ADMIN).status_code == 204

    def test_that_is_not_there(self, ada: Any) -> None:
        assert [call("get", f"/{name}/99/").status_code for name in ("Owned", "Shown", "Tasks")] == [404] * 3

    def test_shown_without_a_rule_of_ownership_is_refused_to_all(self, ada: Any) -> None:
        with pytest.raises(ImproperlyConfigured, match="must hold IsClerkOwner"):
            call("get", f"/Unguarded/{Post.objects.create(author=ada).pk}/")


class TestCreate:
    @pytest.mark.parametrize("name", ["Owned", "Shown", "Attname", "Nested", "Bulk"])
    @pytest.mark.parametrize("key", ["author", "author_id", "writer", "owner", "user"])
    def test_owner_is_the_caller_whatever_the_body_says(self, ada: Any, eve: Any, name: str, key: str) -> None:
        value: Any = {"pk": eve.pk} if name == "Nested" else eve.pk
        assert call("post", f"/{name}/", {"title": "new", key: value}).status_code == 201
        assert Post.objects.get().author == ada

    def test_of_many(self, ada: Any, eve: Any) -> None:
        data = [{"title": "one", "writer": eve.pk}, {"title": "two"}, {"title": "three", "writer": None}]
        assert call("post", "/Bulk/", data).status_code == 201
        assert [post.author for post in Post.objects.all()] == [ada] * 3

    def test_by_clerk_user_and_by_clerk_id(self, ada: Any, eve: Any) -> None:
        body = {"keeper": eve.clerk.pk, "clerk_id": "user_eve"}
        assert call("post", "/Keepers/", body).status_code == 201
        assert Note.objects.latest("pk").keeper == ada.clerk
        assert call("post", "/ClerkIds/", body).status_code == 201
        assert Note.objects.latest("pk").clerk_id == "user_ada"

    def test_by_a_stranger_is_refused_even_where_all_may_try(self, eve: Any) -> None:
        body = {"title": "new", "writer": eve.pk}
        assert Client().post("/OpenToAll/", body, content_type="application/json").status_code == 401
        assert not Post.objects.exists()

    def test_along_a_path_is_under_what_one_owns(self, ada: Any, eve: Any) -> None:
        mine, hers, nobodys = (Project.objects.create(owner=owner) for owner in (ada, eve, None))
        for body in ({"project": hers.pk}, {"project": nobodys.pk}, {"project": None}, {}):
            assert call("post", "/Tasks/", {"title": "new", **body}).status_code == 403, body
        assert call("post", "/Tasks/", {"title": "new", "project": mine.pk}).status_code == 201
        assert Client().post("/Tasks/", {"project": mine.pk}, content_type="application/json").status_code == 401
        # By the bare key nobody has looked whose project it is.
        assert call("post", "/TasksByKey/", {"title": "new", "parent": mine.pk}).status_code == 403
        assert [task.project for task in Task.objects.all()] == [mine]


class TestUpdate:
    @pytest.mark.parametrize("name", ["Owned", "Shown", "Attname", "Nested", "Bulk", "OpenToAll"])
    @pytest.mark.parametrize("method", ["put", "patch"])
    def test_gives_nothing_away(self, ada: Any, eve: Any, name: str, method: str) -> None:
        mine = Post.objects.create(author=ada, title="old")
        for key in ("author", "author_id", "writer"):
            for value in (eve.pk, None):
                nested: Any = {"pk": eve.pk} if name == "Nested" and key == "author" else value
                assert call(method, f"/{name}/{mine.pk}/", {"title": key, key: nested}).status_code == 200
                mine.refresh_from_db()
                assert (mine.author, mine.title) == (ada, key)

    def test_by_an_admin_changes_no_owner_either(self, ada: Any, eve: Any) -> None:
        hers = Post.objects.create(author=eve)
        assert call("patch", f"/Shown/{hers.pk}/", {"writer": ada.pk}, **ADMIN).status_code == 200
        hers.refresh_from_db()
        assert hers.author == eve

    @pytest.mark.parametrize(("name", "key"), [("Tasks", "project"), ("TasksByKey", "parent")])
    def test_moves_nothing_into_another_s_keeping(self, ada: Any, eve: Any, name: str, key: str) -> None:
        mine, also_mine = (Project.objects.create(owner=ada) for _ in range(2))
        task = Task.objects.create(project=mine)
        for target in (Project.objects.create(owner=eve).pk, Project.objects.create().pk, None):
            assert call("patch", f"/{name}/{task.pk}/", {key: target}).status_code == 403
        assert call("patch", f"/{name}/{task.pk}/", {"title": "new", key: mine.pk}).status_code == 200
        moved = call("patch", f"/{name}/{task.pk}/", {key: also_mine.pk})
        task.refresh_from_db()
        # By the bare key nobody has looked whose project it is.
        assert (moved.status_code, task.project) == ((200, also_mine) if key == "project" else (403, mine))

    def test_of_many_along_a_path_moves_nothing(self, ada: Any) -> None:
        task = Task.objects.create(project=Project.objects.create(owner=ada))
        assert call("put", "/ManyTasks/all/", [{"title": "new"}]).status_code == 200
        assert call("put", "/ManyTasks/all/", [{"title": "new", "project": task.project_id}]).status_code == 403


def test_stranger_learns_nothing_from_a_path_to_another_user(ada: Any) -> None:
    Task.objects.create(project=Project.objects.create(owner=create_user("zoe")))
    assert Client().get("/Tasks/", headers=bearer()).json() == []
