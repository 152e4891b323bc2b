"""Proofs of who somebody is: the same at a sign-in and at a step-up."""

from __future__ import annotations

from django_clerk.emulator.documents import Document
from django_clerk.emulator.email_addresses import is_verified
from django_clerk.emulator.exchange import Problem, not_emulated

from .attempts import first_factors
from .desk import Desk
from .visits import Visit


def find(desk: Desk, identifier: str) -> Document:
    """Return the user whom an identifier names. Raises Problem (422) for nobody, and for one without any factor."""
    user = desk.directory.find(identifier)
    if user is None:
        raise Problem.of(
            422, "form_identifier_not_found", "is invalid", "Couldn't find your account.", param="identifier"
        )
    if not first_factors(user):
        raise Problem.of(
            422,
            "strategy_for_user_invalid",
            "Invalid verification strategy",
            "This user has neither a password nor a verified e-mail address.",
            param="identifier",
        )
    return user


def prepare(desk: Desk, visit: Visit, user: Document, *, subject: str, purpose: str) -> str:
    """Send what the strategy that a call names has to send, and return the strategy. Raises Problem."""
    strategy = _strategy(visit, user, allowed=("email_code",))
    address_id = visit.form.get("email_address_id") or user["primary_email_address_id"]
    # Verified ones only: whoever finds a session open could add an address of their own, and prove themselves there.
    known = {item["id"]: item["email_address"] for item in user["email_addresses"] if is_verified(item)}
    if address_id not in known:
        raise Problem.of(
            422,
            "form_param_value_invalid",
            "is invalid",
            "email_address_id must be the id of a verified address of this user.",
            param="email_address_id",
        )
    desk.codes.send(subject, known[address_id], purpose=purpose)
    return strategy


def attempt(desk: Desk, visit: Visit, user: Document, *, subject: str) -> str:
    """Take the proof that a call brings, and return its strategy. Raises Problem when it is no proof."""
    strategy = _strategy(visit, user, allowed=("password", "email_code"))
    if strategy == "password":
        check_password(desk, user, visit.form.get("password", ""))
    else:
        desk.codes.check(subject, visit.form.get("code", ""))
    return strategy


def check_password(desk: Desk, user: Document, password: str, *, param: str = "password") -> None:
    """Raise Problem (422) unless this is the user's password."""
    if not desk.directory.has_password(user["id"], password):
        raise Problem.of(
            422,
            "form_password_incorrect",
            "is incorrect",
            "Password is incorrect. Try again, or use another method.",
            param=param,
        )


def _strategy(visit: Visit, user: Document, *, allowed: tuple[str, ...]) -> str:
    strategy = visit.form.get("strategy", "")
    if not strategy:
        raise Problem.of(422, "form_param_missing", "is missing", "strategy must be included.", param="strategy")
    if strategy not in ("password", "email_code"):
        raise not_emulated(f"the strategy {strategy}")
    offered = {factor["strategy"] for factor in first_factors(user)}
    if strategy not in allowed or strategy not in offered:
        raise Problem.of(
            400,
            "strategy_for_user_invalid",
            "Invalid verification strategy",
            f"The verification strategy {strategy} is not valid for this account.",
        )
    return strategy
