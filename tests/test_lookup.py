"""The query for a request's user is put together once, where it is always the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import models
from django.db.models import F, Value
from django.db.models.functions import Coalesce

from django_clerk import lookup
from django_clerk.lookup import find_users
from tests.callers import CALLERS, sign_up

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _afresh() -> Iterator[None]:
    lookup._compiled.cache_clear()
    yield
    lookup._compiled.cache_clear()


def test_a_user_and_what_decides(django_assert_num_queries: Any) -> None:
    ada = sign_up(CALLERS["owner"])
    for _ in range(2):
        with django_assert_num_queries(1):
            (found,) = find_users("user_ada")
        assert (found, found._clerk_clerk_id, found._clerk_deleted_at) == (ada, "user_ada", None)
        assert (found._clerk_banned, found._clerk_locked) == (False, False)
    assert find_users("user_100%s") == []


def test_an_order_with_parameters(monkeypatch: pytest.MonkeyPatch) -> None:
    ada = sign_up(CALLERS["owner"])
    monkeypatch.setattr(get_user_model()._meta, "ordering", [Coalesce(F("password"), Value("%s")), "pk"])
    assert find_users("user_ada") == [ada]


def test_a_managers_own_query_is_asked_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    ada = sign_up(CALLERS["owner"])
    hidden: list[Any] = []

    class Visible(models.QuerySet[Any]):
        def annotate(self, *args: Any, **kwargs: Any) -> Any:
            return super().annotate(*args, **kwargs).exclude(pk__in=hidden)

    manager = models.Manager.from_queryset(Visible)()
    manager.model = get_user_model()
    monkeypatch.setattr(get_user_model()._meta, "default_manager", manager)
    assert find_users("user_ada") == [ada]
    hidden.append(ada.pk)
    assert find_users("user_ada") == []
