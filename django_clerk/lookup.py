"""The one query behind ``request.user``: the user of a Clerk id, with what decides whether they may sign in."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connections, models, router

#: Of ClerkUser, on the user as ``_clerk_<name>``. All of ``user.clerk`` would double the cost, and is one query away.
_COLUMNS = ("clerk_id", "role", "deleted_at", "banned", "locked")
_ANY_ID = "user_whoever"


def find_users(clerk_id: str, *, using: str | None = None) -> list[Any]:
    """
    Return the users with this Clerk id; several where the database takes one letter case for the other.

    They are read where Django's routers say, or from ``using``.

    A project's own manager may answer differently from one request to the next, by tenant or by time, and is asked each
    time. Django's own does not, and putting its query together takes several times as long as SQLite takes to answer
    it: it is put together once for each database.
    """
    manager = get_user_model()._default_manager
    is_plain = getattr(manager, "_queryset_class", None) is models.QuerySet
    if is_plain and type(manager).get_queryset is models.Manager.get_queryset:
        database = using or manager._db or router.db_for_read(manager.model)
        if (sql := _compiled(manager, database)) is not None:
            return list(manager.using(database).raw(sql, [clerk_id]))
    users = _annotated(manager).filter(clerk__clerk_id=clerk_id)
    return list(users if using is None else users.using(using))


def _annotated(manager: models.Manager[Any]) -> models.QuerySet[Any]:
    users: models.QuerySet[Any] = manager.annotate(
        **{f"_clerk_{name}": models.F(f"clerk__{name}") for name in _COLUMNS}
    )
    return users


@cache
def _compiled(manager: models.Manager[Any], database: str) -> str | None:
    """Return the query as SQL with one parameter, the id; None where it has others."""
    query = _annotated(manager).using(database).filter(clerk__clerk_id=_ANY_ID).order_by().query
    sql, parameters = query.get_compiler(connection=connections[database]).as_sql()
    return str(sql) if tuple(parameters) == (_ANY_ID,) else None
