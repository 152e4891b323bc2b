"""The e-mail addresses of whoever is signed in: another one, its code, its end."""

from __future__ import annotations

from django_clerk.emulator import email_addresses as addresses
from django_clerk.emulator.bapi import parameters
from django_clerk.emulator.documents import Document, deleted
from django_clerk.emulator.exchange import Problem, not_emulated

from .desk import Desk
from .router import Routes
from .visits import Reply, Visit

_ADDRESSES = "/v1/me/email_addresses"
_ADDRESS = _ADDRESSES + r"/(?P<address_id>[^/]+)"


class EmailAddressEndpoints:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    @property
    def routes(self) -> Routes:
        return {
            _ADDRESSES: {"GET": self._list, "POST": self._create},
            _ADDRESS: {"GET": self._get, "DELETE": self._delete},
            _ADDRESS + "/prepare_verification": {"POST": self._prepare},
            _ADDRESS + "/attempt_verification": {"POST": self._attempt},
        }

    def _list(self, visit: Visit) -> Reply:
        return Reply(self._desk.user(visit)["email_addresses"], is_wrapped=False)

    def _create(self, visit: Visit) -> Reply:
        user, now = self._desk.user(visit, is_sensitive=True), self._desk.clock()
        given = {"email_address": [visit.form.get("email_address", "")]}
        [address] = parameters.checked(given, {"email_address": parameters.CREATE["email_address"]})["email_address"]
        user = self._desk.directory.change_user(user["id"], lambda user: addresses.added(user, address, now=now))
        return Reply(user["email_addresses"][-1], visit.client)

    def _get(self, visit: Visit, address_id: str) -> Reply:
        return Reply(addresses.find(self._desk.user(visit), address_id), visit.client)

    def _prepare(self, visit: Visit, address_id: str) -> Reply:
        strategy = visit.form.get("strategy", "email_code")
        if strategy != "email_code":
            raise not_emulated(f"verifying an e-mail address by {strategy}")
        address = addresses.find(self._desk.user(visit), address_id)
        if addresses.is_verified(address):
            raise Problem.of(400, "verification_already_verified", "already verified", "It has been verified already.")
        self._desk.codes.send(address_id, address["email_address"], purpose="Verify your e-mail address")
        return Reply(self._shown(address), visit.client)

    def _attempt(self, visit: Visit, address_id: str) -> Reply:
        user, now = self._desk.user(visit), self._desk.clock()
        address = addresses.find(user, address_id)
        self._desk.codes.check(address_id, visit.form.get("code", ""))
        verification = self._shown(address)["verification"]
        user = self._desk.directory.change_user(
            user["id"], lambda user: addresses.verified(user, address_id, verification, now=now)
        )
        return Reply(addresses.find(user, address_id), visit.client)

    def _delete(self, visit: Visit, address_id: str) -> Reply:
        user, now = self._desk.user(visit, is_sensitive=True), self._desk.clock()
        self._desk.directory.change_user(user["id"], lambda user: addresses.removed(user, address_id, now=now))
        return Reply(deleted({"object": "email_address", "id": address_id}), visit.client)

    def _shown(self, address: Document) -> Document:
        """Return an address with the code that is on its way."""
        return {**address, "verification": self._desk.codes.verification(address["id"]) or address["verification"]}
