"""Who owns an object, whose objects a list shows, and what cannot hold an owner."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from django_clerk.core.auth import Auth
from django_clerk.core.claims import read_claims
from django_clerk.core.policies import Answer, Subject
from django_clerk.models import ClerkUser
from django_clerk.ownership import is_owner, owned_by, owner_stamp, owns
from tests.callers import CALLERS, sign_up
from tests.mint import claims
from tests.testapp.models import Note, Post, Project, Task
from tests.testapp.people import create_user

pytestmark = pytest.mark.django_db


def subject(user: Any, **changes: Any) -> Subject:
    return Subject(Auth(read_claims(claims(**changes))), lambda: user)


@pytest.fixture
def ada() -> Any:
    return sign_up(CALLERS["owner"])


@pytest.fixture
def eve() -> Any:
    return sign_up(CALLERS["owner"], "eve")


def objects(user: Any) -> dict[str, tuple[str, Any]]:
    """Return an object of the user's for every way to own one, with the field that says so."""
    project = Project.objects.create(owner=user)
    return {
        "user": ("author", Post.objects.create(author=user)),
        "attname": ("author_id", Post.objects.create(author=user)),
        "nullable": ("owner", project),
        "ClerkUser": ("keeper", Note.objects.create(keeper=user.clerk)),
        "Clerk id": ("clerk_id", Note.objects.create(clerk_id=user.clerk.clerk_id)),
        "path": ("project__owner", Task.objects.create(project=project)),
        "path to itself": ("user", user.clerk),
    }


WAYS = ["user", "attname", "nullable", "ClerkUser", "Clerk id", "path", "path to itself"]


@pytest.mark.parametrize("way", WAYS)
def test_owner_and_nobody_else(ada: Any, eve: Any, way: str) -> None:
    field, mine = objects(ada)[way]
    _, hers = objects(eve)[way]
    assert objects(eve).keys() == set(WAYS)
    assert owns(subject(ada), mine, field)
    assert not owns(subject(ada), hers, field)
    assert is_owner(field).decide(subject(ada), mine).answer is Answer.ALLOW
    assert is_owner(field).decide(subject(ada), hers).answer is Answer.FORBID
    seen = type(mine)._default_manager.filter(owned_by(type(mine), field, subject(ada)))
    assert mine in seen
    assert hers not in seen


@pytest.mark.parametrize("way", WAYS)
def test_nobody_owns_nothing(ada: Any, way: str) -> None:
    field, mine = objects(ada)[way]
    for nobody in (Subject(Auth(), lambda: ada), subject(None)):
        assert not owns(nobody, mine, field)
        assert not type(mine)._default_manager.filter(owned_by(type(mine), field, nobody)).exists()


@pytest.mark.parametrize(
    ("field", "make"),
    [
        ("owner", lambda: Project.objects.create()),
        ("keeper", lambda: Note.objects.create()),
        ("clerk_id", lambda: Note.objects.create(clerk_id="")),
        ("project__owner", lambda: Task.objects.create(project=Project.objects.create())),
        ("project__owner", lambda: Task.objects.create()),
        ("user", lambda: ClerkUser.objects.create(clerk_id="user_orphan")),
    ],
)
def test_what_has_no_owner_is_nobodys(ada: Any, field: str, make: Any) -> None:
    ownerless = make()
    stranger = create_user("zoe")  # without a row of Clerk's, so that there is None on both sides
    for caller in (subject(ada), subject(stranger), subject(None), Subject(Auth(), lambda: None)):
        assert not owns(caller, ownerless, field)
        seen = type(ownerless)._default_manager.filter(owned_by(type(ownerless), field, caller))
        assert ownerless not in seen


@pytest.mark.parametrize("obj", [None, "", "ada", 1, [], {"author": 1}, object(), Post, Post.objects])
def test_what_is_no_row_is_nobodys(ada: Any, obj: Any) -> None:
    assert not owns(subject(ada), obj, "author")


def test_types_are_not_juggled(ada: Any) -> None:
    for key in (str(ada.pk), f" {ada.pk}", True if ada.pk == 1 else None, [ada.pk], float(ada.pk) + 0.5):
        post = Post(title="unsaved")
        post.__dict__["author_id"] = key
        assert not owns(subject(ada), post, "author") or key is True
    for text in ("USER_ADA", "user_ada ", "user_ada\n", "user_ad", "user_ada1", "ｕser_ada", str(ada.pk), "None"):
        assert not owns(subject(ada), Note(clerk_id=text), "clerk_id"), text


def test_letter_case_of_a_clerk_id_counts(ada: Any) -> None:
    note = Note.objects.create(clerk_id="user_ADA")
    assert not owns(subject(ada), note, "clerk_id")
    if connection.vendor != "mysql":  # whose usual collation does not tell them apart in a list
        assert not Note.objects.filter(owned_by(Note, "clerk_id", subject(ada))).exists()


@pytest.mark.parametrize(
    ("model", "field", "message"),
    [
        (Post, "writer", 'has no field "writer"'),
        (Post, "id", "cannot hold an owner"),
        (Note, "pages", "cannot hold an owner"),
        (Project, "members", "cannot hold an owner"),
        (Task, "project", "cannot hold an owner"),
        (Task, "project__members", "cannot hold an owner"),
        (Task, "title__owner", "is no foreign key"),
        (Task, "project__nothing", 'has no field "nothing"'),
        (Project, "task__title", "is no foreign key"),
        (Task, "project__owner__clerk", "cannot hold an owner"),
        (Task, "project__", "cannot hold an owner"),
        (Task, "__owner", 'has no field ""'),
    ],
)
def test_what_cannot_hold_an_owner(ada: Any, model: Any, field: str, message: str) -> None:
    row = model(pk=1)
    for use in (
        lambda: owns(subject(ada), row, field),
        lambda: owned_by(model, field, subject(ada)),
        lambda: owner_stamp(model, field, subject(ada)),
    ):
        with pytest.raises(ImproperlyConfigured, match=message):
            use()


def test_stamp_is_the_caller(ada: Any) -> None:
    assert owner_stamp(Post, "author", subject(ada)) == ada
    assert owner_stamp(Note, "keeper", subject(ada)) == ada.clerk
    assert owner_stamp(Note, "clerk_id", subject(ada)) == "user_ada"


def test_path_is_followed_once_for_each_object(ada: Any, django_assert_num_queries: Any) -> None:
    task = Task.objects.create(project=Project.objects.create(owner=ada))
    task = Task.objects.get(pk=task.pk)
    with django_assert_num_queries(1):
        assert owns(subject(ada), task, "project__owner")
        assert owns(subject(ada), task, "project__owner")


def test_rule_needs_a_field() -> None:
    with pytest.raises(ValueError, match="needs the name of the field"):
        is_owner("")
