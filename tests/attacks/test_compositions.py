"""
Every way to join Clerk's rules with REST framework's, to the depth of two, at a list and at an object.

A stranger passes only where REST framework's own rules say so by themselves, whatever Clerk's would have said. For
those whom Clerk knows, a composition means what its operators mean; before there is an object, a rule about objects
may turn out either way, and its negation as well.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ImproperlyConfigured
from django.test import RequestFactory
from rest_framework.authentication import SessionAuthentication
from rest_framework.permissions import AllowAny, IsAdminUser, IsAuthenticated
from rest_framework.request import Request
from rest_framework.views import APIView

from django_clerk.drf import ClerkAuthentication, HasClerkRole, IsClerkAuthenticated, IsClerkOwner, IsClerkOwnerOrRole
from django_clerk.models import ClerkUser
from tests.mint import bearer
from tests.testapp.models import Post
from tests.testapp.people import create_user

pytestmark = pytest.mark.django_db

Tree = str | tuple[Any, ...]

CLERKS: dict[str, Any] = {
    "role": HasClerkRole("admin"),
    "owner": IsClerkOwner,
    "owner-or-role": IsClerkOwnerOrRole("admin"),
    "signed-in": IsClerkAuthenticated,
}
OTHERS: dict[str, Any] = {"staff": IsAdminUser, "authenticated": IsAuthenticated, "anyone": AllowAny}
ABOUT_OBJECTS = ("owner", "owner-or-role")


@dataclass(frozen=True)
class Truth:
    """What the rules themselves would say of a caller, and of an object: theirs, another's, or None before one."""

    known: bool = True
    admin: bool = False
    staff: bool = False
    authenticated: bool = True
    owns: bool | None = None

    def of(self, rule: str) -> bool:
        owner_or_role = self.admin or bool(self.owns)
        said = {"role": self.admin, "owner": bool(self.owns), "owner-or-role": owner_or_role, "signed-in": True}
        return {**said, "staff": self.staff, "authenticated": self.authenticated, "anyone": True}[rule]


CALLERS = {
    "stranger": Truth(known=False, authenticated=False),
    "password staff": Truth(known=False, staff=True),
    "member": Truth(),
    "admin": Truth(admin=True),
    "staff": Truth(staff=True),
    "admin of the staff": Truth(admin=True, staff=True),
}


@cache
def trees(rules: tuple[str, ...], depth: int) -> list[Tree]:
    if depth == 0:
        return list(rules)
    inner = trees(rules, depth - 1)
    joined = [(operator, a, b) for operator in "&|" for a, b in itertools.product(inner, repeat=2)]
    return [*inner, *(("~", tree) for tree in inner), *joined]


def build(tree: Tree) -> Any:
    if isinstance(tree, str):
        return {**CLERKS, **OTHERS}[tree]
    operator, first, *rest = tree
    if operator == "~":
        return ~build(first)
    return build(first) & build(rest[0]) if operator == "&" else build(first) | build(rest[0])


def expect(tree: Tree, truth: Truth, *, negated: bool = False) -> bool:
    """Return what a tree means: negation goes down to the rules, and Clerk's say no of whom Clerk does not know."""
    if isinstance(tree, tuple):
        operator, first, *rest = tree
        if operator == "~":
            return expect(first, truth, negated=not negated)
        join = all if (operator == "&") != negated else any
        return join(expect(part, truth, negated=negated) for part in (first, *rest))
    if tree in CLERKS and not truth.known:
        return False
    if tree in ABOUT_OBJECTS and truth.owns is None:
        return True if tree == "owner" or not negated else not truth.admin
    return truth.of(tree) != negated


class Door(APIView):
    owner_field = "author"


def answer(tree: Tree, request: Request, obj: Any) -> bool | None:
    """Return what REST framework is told, or None when the composition is refused altogether."""
    view = Door(permission_classes=[build(tree)])
    (permission,) = view.get_permissions()
    try:
        allowed = permission.has_permission(request, view)
        return bool(allowed and (obj is None or permission.has_object_permission(request, view, obj)))
    except ImproperlyConfigured:
        return None


def make_request(name: str, user: Any) -> Request:
    truth = CALLERS[name]
    claims = {"metadata": {"role": "admin"}} if truth.admin else {}
    http_request = RequestFactory().get("/", headers=bearer(**claims) if truth.known else {})
    http_request.user = user if truth.authenticated and not truth.known else AnonymousUser()
    request = Request(http_request, authenticators=[ClerkAuthentication(), SessionAuthentication()])
    assert request.user.is_authenticated is truth.authenticated
    return request


@pytest.mark.parametrize("name", CALLERS)
@pytest.mark.parametrize(
    ("rules", "depth"),
    [(("role", "owner", "staff"), 2), (("owner-or-role", "staff", "anyone"), 2), ((*CLERKS, *OTHERS), 1)],
)
@pytest.mark.parametrize("where", ["list", "own object", "another's object"])
def test_composition(name: str, rules: tuple[str, ...], depth: int, where: str) -> None:
    user = create_user("ada", is_staff=CALLERS[name].staff)
    ClerkUser.objects.create(clerk_id="user_ada", user=user)
    owner = user if where == "own object" else create_user("eve")
    obj = None if where == "list" else Post.objects.create(author=owner)
    truth = Truth(**{**vars(CALLERS[name]), "owns": None if obj is None else owner == user})
    request = make_request(name, user)
    for tree in trees(rules, depth):
        said, meant = answer(tree, request, obj), expect(tree, truth)
        if truth.known and not (obj and is_odd(tree)):
            assert said is meant or (said is None and is_negated_with_others(tree)), tree
        elif not truth.known:
            assert not said or meant, tree


def test_number_of_compositions() -> None:
    """So that nobody takes a loop over nothing for a proof."""
    assert len(trees(("role", "owner", "staff"), 2)) + len(trees(("owner-or-role", "staff", "anyone"), 2)) == 2400
    assert len(trees((*CLERKS, *OTHERS), 1)) == 112


def is_odd(tree: Tree) -> bool:
    """Tell whether REST framework negates a rule of its own: that is no of every object, whatever the rule says."""
    if isinstance(tree, str):
        return False
    operator, *parts = tree
    return (operator == "~" and not has_clerks(tree)) or any(is_odd(part) for part in parts)


def has_clerks(tree: Tree) -> bool:
    return tree in CLERKS if isinstance(tree, str) else any(has_clerks(part) for part in tree[1:])


def is_negated_with_others(tree: Tree, *, inside: bool = False) -> bool:
    """Tell whether a negation holds one of Clerk's rules and begins with another's."""
    if isinstance(tree, str):
        return inside and tree in CLERKS
    operator, *parts = tree
    starts = parts[0]
    while isinstance(starts, tuple):
        starts = starts[1]
    inside = inside or (operator == "~" and starts in OTHERS)
    return any(is_negated_with_others(part, inside=inside) for part in parts)
