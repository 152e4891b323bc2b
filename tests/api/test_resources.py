"""Clerk's objects: dictionaries with typed properties, whatever is missing or new in them."""

from __future__ import annotations

import copy
import json
import pickle
from datetime import datetime, timezone

import pytest

from django_clerk.api.resources import Membership, Organization, SignInToken, User

ADA = {
    "id": "user_ada",
    "first_name": "Ada",
    "banned": False,
    "public_metadata": {"role": "admin"},
    "created_at": 1_767_225_600_000,
    "new_in_2027": [1],
}


def test_it_is_the_dictionary_that_clerk_sent():
    user = User(ADA)
    assert user == ADA
    assert user["new_in_2027"] == [1]
    assert json.loads(json.dumps(user)) == ADA
    for copied in (copy.deepcopy(user), pickle.loads(pickle.dumps(user))):
        assert (type(copied), copied) == (User, ADA)


def test_what_is_known_has_a_type():
    user = User(ADA)
    assert (user.id, user.first_name, user.banned, user.public_metadata) == (
        "user_ada",
        "Ada",
        False,
        {"role": "admin"},
    )
    assert user.created_at == datetime(2026, 1, 1, tzinfo=timezone.utc)


@pytest.mark.parametrize("user", [User(), User(first_name=None), User(first_name=7, banned="no", created_at="soon")])
def test_what_is_missing_or_of_another_type_is_none(user):
    assert (user.id, user.first_name, user.banned, user.created_at, user.public_metadata) == (None,) * 5


def test_a_truth_is_no_number():
    assert Organization(members_count=True).members_count is None


@pytest.mark.parametrize("name", ["first_name", "created_at", "frist_name"])
def test_properties_cannot_be_set(name):
    with pytest.raises(AttributeError):
        setattr(User(ADA), name, "Eve")


def test_a_membership_knows_whose_it_is():
    membership = Membership(organization={"id": "org_1", "name": "Acme"}, public_user_data={"user_id": "user_1"})
    assert (membership.organization_id, membership.organization.name, membership.user_id) == ("org_1", "Acme", "user_1")
    for empty in (Membership(), Membership(organization=None, public_user_data=[])):
        assert (empty.organization_id, empty.organization, empty.user_id) == (None, {}, None)


def test_what_is_printed_shows_no_one():
    token = SignInToken(id="sit_1", token="secret", user_id="user_ada")
    assert f"{token} {token!r} {User(ADA)!r}" == "<SignInToken sit_1> <SignInToken sit_1> <User user_ada>"
