"""Can a Django user be made for every Clerk user, and an existing one be found?"""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.checks import CheckMessage, Error, Warning
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.signals import pre_save

from django_clerk.conf import conf

_CLERK_ID = "user_2abcDEF"  # what a new Django user is named by


def check_users() -> list[CheckMessage]:
    """What the project's user model asks for must be there when all that is known is what Clerk tells."""
    model: Any = get_user_model()
    if not issubclass(model, AbstractBaseUser):
        return []  # Django says what it thinks of that
    return [*check_required(model), *_check_name(model), *_check_links(model)]


def check_required(model: Any) -> list[CheckMessage]:
    """Every field must have a value that we give it, or one that it has of itself."""
    given = {model.USERNAME_FIELD, model.get_email_field_name(), "password"}
    missing = [field.name for field in model._meta.concrete_fields if field.name not in given and _is_required(field)]
    hint = "Give it a default or null=True, or fill it in a pre_save receiver or in save() of the model."
    # A receiver or save() may fill it in, for all we know, and links to existing users may be all that is wanted.
    may_do = pre_save.has_listeners(model) or model.save is not AbstractBaseUser.save
    may_do = may_do or conf.CLERK_PROVISION_USERS == "never"
    kind, number = (Warning, "W009") if may_do else (Error, "E009")
    return [
        kind(
            f'The user model requires "{name}", which Clerk does not tell: without it no Django user can be made.',
            hint=hint,
            id=f"django_clerk.{number}",
        )
        for name in missing
    ]


def _is_required(field: Any) -> bool:
    """Tell whether a row cannot be inserted, or no second one, by whoever says nothing of a field."""
    is_filled = (
        field.null
        or field.has_default()
        or field.db_default is not models.NOT_PROVIDED
        or field.generated
        or isinstance(field, models.AutoField)
        or (field.remote_field is not None and field.remote_field.parent_link)
        or getattr(field, "auto_now", False)
        or getattr(field, "auto_now_add", False)
        or not type(field).pre_save.__module__.startswith("django.db.")  # such as a slug made of something else
    )
    return not is_filled and (field.unique or not field.empty_strings_allowed)


def _check_name(model: Any) -> list[CheckMessage]:
    try:
        model._meta.get_field(model.USERNAME_FIELD).to_python(_CLERK_ID)
    except ValidationError:
        message = f'The USERNAME_FIELD of the user model, "{model.USERNAME_FIELD}", does not take Clerk\'s ids.'
        hint = "New Django users are named by their Clerk id: USERNAME_FIELD must name a text, such as a CharField."
        return [Error(message, hint=hint, id="django_clerk.E010")]
    return []


def _check_links(model: Any) -> list[CheckMessage]:
    email = model.get_email_field_name()
    if not conf.CLERK_LINK_VERIFIED_EMAIL or email in {field.name for field in model._meta.concrete_fields}:
        return []
    message = f'CLERK_LINK_VERIFIED_EMAIL is set, and the user model has no field "{email}".'
    hint = "Leave the setting out, or name the field with the address in EMAIL_FIELD of the user model."
    return [Error(message, hint=hint, id="django_clerk.E011")]
