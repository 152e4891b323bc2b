"""Fields that every table of ours shares."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

if TYPE_CHECKING:
    CharField = models.CharField[str, str]
else:
    CharField = models.CharField  # not generic outside of the stubs


class IdField(CharField):
    """An id, in which case matters on every database: MySQL and MariaDB otherwise take "user_A" for "user_a"."""

    def db_parameters(self, connection: BaseDatabaseWrapper) -> Any:
        parameters = super().db_parameters(connection)
        return {**parameters, "collation": "utf8mb4_bin"} if connection.vendor == "mysql" else parameters
