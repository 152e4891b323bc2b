"""
Clerk's objects as the client returns them: the dictionary that Clerk sent, with the known members as typed properties.

A member that is missing, null or of another type reads as None, and one that is not known here is in the dictionary.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Generic, TypeVar, overload

from django_clerk.core.profiles import read_milliseconds

T = TypeVar("T")


class Member(Generic[T]):
    """A property that reads the member of its own name, where it is of the type given."""

    def __init__(self, kind: type[T]) -> None:
        self._kind = kind

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type) -> Member[T]: ...
    @overload
    def __get__(self, instance: Resource, owner: type) -> T | None: ...
    def __get__(self, instance: Resource | None, owner: type) -> Member[T] | T | None:
        if instance is None:
            return self
        value = instance.get(self._name)
        return value if type(value) is self._kind else None  # exactly: True is no number


class Moment:
    """A property that reads a time."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type) -> Moment: ...
    @overload
    def __get__(self, instance: Resource, owner: type) -> datetime | None: ...
    def __get__(self, instance: Resource | None, owner: type) -> Moment | datetime | None:
        return self if instance is None else read_milliseconds(instance.get(self._name))


class Resource(dict[str, Any]):
    """An object of Clerk's. Its ``repr`` names it and shows nothing else: it may hold people's data, or a token."""

    __slots__ = ()  # nothing can be put beside the dictionary: the properties are read-only

    id = Member(str)
    created_at = Moment()
    updated_at = Moment()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.id}>"


class User(Resource):
    __slots__ = ()

    external_id = Member(str)
    username = Member(str)
    first_name = Member(str)
    last_name = Member(str)
    image_url = Member(str)
    public_metadata = Member(dict)
    private_metadata = Member(dict)
    unsafe_metadata = Member(dict)
    banned = Member(bool)
    locked = Member(bool)
    two_factor_enabled = Member(bool)
    password_enabled = Member(bool)
    last_sign_in_at = Moment()
    last_active_at = Moment()


class Organization(Resource):
    __slots__ = ()

    name = Member(str)
    slug = Member(str)
    image_url = Member(str)
    created_by = Member(str)
    public_metadata = Member(dict)
    private_metadata = Member(dict)
    members_count = Member(int)
    max_allowed_memberships = Member(int)


class Role(Resource):
    """A role of members of organizations."""

    __slots__ = ()

    key = Member(str)
    name = Member(str)
    description = Member(str)
    permissions = Member(list)


class Membership(Resource):
    __slots__ = ()

    role = Member(str)
    permissions = Member(list)
    public_metadata = Member(dict)
    private_metadata = Member(dict)

    @property
    def organization(self) -> Organization:
        """The organization, as it was then; empty where Clerk did not send it."""
        return Organization(self._object("organization"))

    @property
    def organization_id(self) -> str | None:
        return self.organization.id

    @property
    def user_id(self) -> str | None:
        user_id = self._object("public_user_data").get("user_id")
        return user_id if isinstance(user_id, str) else None

    def _object(self, name: str) -> dict[str, Any]:
        value = self.get(name)
        return value if isinstance(value, dict) else {}


class Invitation(Resource):
    """An invitation to the application, or to an organization: then it has an ``organization_id`` and a ``role``."""

    __slots__ = ()

    email_address = Member(str)
    status = Member(str)  #: "pending", "accepted", "revoked" or "expired"
    url = Member(str)
    organization_id = Member(str)
    role = Member(str)
    public_metadata = Member(dict)
    expires_at = Moment()


class Session(Resource):
    __slots__ = ()

    user_id = Member(str)
    client_id = Member(str)
    status = Member(str)
    last_active_organization_id = Member(str)
    last_active_at = Moment()
    expire_at = Moment()


class SignInToken(Resource):
    __slots__ = ()

    user_id = Member(str)
    status = Member(str)  #: "pending", "accepted" or "revoked"
    token = Member(str)  #: signs in as the user: treat it as a password
    url = Member(str)
