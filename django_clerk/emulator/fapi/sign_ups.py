"""Signing up: an address, a password, and a code that was mailed to the address."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.hashers import make_password

from django_clerk.emulator.bapi import parameters
from django_clerk.emulator.exchange import Problem, not_emulated, unfit
from django_clerk.emulator.identifiers import new_id
from django_clerk.emulator.incoming import flaw, read_json
from django_clerk.emulator.store import Client

from .attempts import OPTIONAL, code_subject, missing_fields
from .desk import Desk
from .router import Routes
from .sign_ins import ABANDONED_AFTER, check_vacant
from .visits import Reply, Visit

_SIGN_UP = r"/v1/client/sign_ups/(?P<sign_up_id>[^/]+)"
_LOCAL = ("", "email_code", "password", "ticket")
_FIELDS = ("email_address", "password", "unsafe_metadata", *OPTIONAL)
_CHECKED = {name: parameters.CREATE[name] for name in _FIELDS}


class SignUpEndpoints:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    @property
    def routes(self) -> Routes:
        return {
            "/v1/client/sign_ups": {"POST": self._create},
            _SIGN_UP: {"GET": self._get, "PATCH": self._update},
            _SIGN_UP + "/prepare_verification": {"POST": self._prepare},
            _SIGN_UP + "/attempt_verification": {"POST": self._attempt},
        }

    def _create(self, visit: Visit) -> Reply:
        if visit.form.get("strategy", "") not in _LOCAL or visit.form.get("transfer") == "true":
            raise not_emulated(f"signing up by {visit.form.get('strategy') or 'transfer'}")
        client = visit.client or self._desk.clients.open()
        check_vacant(self._desk, client)
        attempt = {
            "id": new_id("sua"),
            "status": "missing_requirements",
            "fields": {},
            "verified": False,
            "invitation": None,
            "created_session_id": None,
            "created_user_id": None,
            "abandon_at": self._desk.clock() + ABANDONED_AFTER,
        }
        if visit.form.get("ticket"):
            attempt |= self._invited(visit.form["ticket"])
        return self._filled(client, attempt, visit)

    def _get(self, visit: Visit, sign_up_id: str) -> Reply:
        client, attempt = self._current(visit, sign_up_id)
        return Reply(self._desk.attempts.sign_up(attempt), client)

    def _update(self, visit: Visit, sign_up_id: str) -> Reply:
        return self._filled(*self._current(visit, sign_up_id), visit)

    def _prepare(self, visit: Visit, sign_up_id: str) -> Reply:
        client, attempt = self._current(visit, sign_up_id)
        strategy = visit.form.get("strategy", "")
        if strategy != "email_code":
            raise not_emulated(f"verifying by {strategy or 'nothing'}")
        address = attempt["fields"].get("email_address")
        if not address:
            raise Problem.of(
                422, "form_param_missing", "is missing", "email_address must be included.", param="email_address"
            )
        self._desk.codes.send(code_subject(attempt), address, purpose="Sign up")
        return self._kept(client, attempt)

    def _attempt(self, visit: Visit, sign_up_id: str) -> Reply:
        client, attempt = self._current(visit, sign_up_id)
        self._desk.codes.check(code_subject(attempt), visit.form.get("code", ""))
        return self._settled(client, {**attempt, "verified": True})

    def _invited(self, ticket: str) -> dict[str, Any]:
        """Return what an invitation knows of a sign-up: the address, which needs no code any more."""
        invitation = self._desk.invitations.find(ticket)
        if invitation is None:
            raise Problem.of(400, "ticket_invalid_code", "Ticket is invalid", "The ticket is invalid.", param="ticket")
        return {
            "fields": {"email_address": invitation["email_address"].lower()},
            "verified": True,
            "invitation": invitation["id"],
        }

    def _filled(self, client: Client, attempt: dict[str, Any], visit: Visit) -> Reply:
        """Take what a form says into a sign-up. Raises Problem with an error for each field that is wrong."""
        values = parameters.checked(_typed(visit), _CHECKED)
        fields = {**attempt["fields"], **values}
        if values.get("email_address"):
            fields["email_address"] = values["email_address"][0]
        if fields.get("email_address") != attempt["fields"].get("email_address"):
            attempt = {**attempt, "verified": False, "invitation": None}  # what proves one address proves no other
        if values.get("password"):
            fields |= {"password_digest": make_password(fields["password"])}
        fields.pop("password", None)
        for kind in ("email_address", "username"):
            if fields.get(kind) and self._desk.directory.is_taken(kind, fields[kind]):
                noun = kind.replace("_", " ")
                raise Problem.of(
                    422,
                    "form_identifier_exists",
                    f"That {noun} is taken. Please try another.",
                    param=kind,
                )
        return self._settled(client, {**attempt, "fields": fields})

    def _settled(self, client: Client, attempt: dict[str, Any]) -> Reply:
        """Make the user and sign them in, if nothing is missing; else keep what there is."""
        desk = self._desk
        if missing_fields(attempt) or not attempt["verified"]:
            return self._kept(client, attempt)
        check_vacant(desk, client)
        if attempt["invitation"]:
            desk.invitations.check_acceptable(attempt["invitation"])
        user = desk.directory.sign_up(attempt["fields"])
        if attempt["invitation"]:
            self._accept(attempt["invitation"], user["id"])
        client, session = desk.clients.sign_in(client, user["id"], strategy="email_code")
        client = desk.clients.keep(client, sign_up=None)
        attempt = {
            **attempt,
            "status": "complete",
            "created_user_id": user["id"],
            "created_session_id": session["id"],
        }
        return Reply(desk.attempts.sign_up(attempt), client)

    def _accept(self, invitation_id: str, user_id: str) -> None:
        invitation = self._desk.invitations.accept(invitation_id, user_id)
        if invitation["object"] == "invitation" and invitation["public_metadata"]:
            metadata = {"public_metadata": invitation["public_metadata"]}
            self._desk.directory.change_metadata(user_id, metadata, replace=False)

    def _kept(self, client: Client, attempt: dict[str, Any]) -> Reply:
        client = self._desk.clients.keep(client, sign_up=attempt)
        return Reply(self._desk.attempts.sign_up(attempt), client)

    def _current(self, visit: Visit, sign_up_id: str) -> tuple[Client, dict[str, Any]]:
        client = self._desk.client(visit)
        attempt = client.sign_up
        if attempt is None or attempt["id"] != sign_up_id or attempt["abandon_at"] <= self._desk.clock():
            raise Problem.of(
                404, "resource_not_found", "Sign up not found", f"No sign up was found with id {sign_up_id}."
            )
        return client, attempt


def _typed(visit: Visit) -> dict[str, Any]:
    """Return a form's fields as the types that the Backend API's parameters have."""
    values: dict[str, Any] = {name: value for name, value in visit.given(*_FIELDS).items() if value}
    if "email_address" in values:
        values["email_address"] = [values["email_address"]]
    if "unsafe_metadata" in values:
        values["unsafe_metadata"] = json_object(values["unsafe_metadata"], param="unsafe_metadata")
    return values


def json_object(text: str, *, param: str) -> dict[str, Any]:
    """Return the JSON object that a field holds. Raises Problem (422) when it holds anything else."""
    try:
        value = read_json(text)
    except ValueError:
        value = None
    wanted = flaw(value) if isinstance(value, dict) else "a JSON object"
    if wanted:
        raise Problem(422, [unfit(param, wanted)])
    return value  # type: ignore[no-any-return]
