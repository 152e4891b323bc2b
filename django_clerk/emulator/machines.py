"""API keys, machines' tokens and OAuth access tokens: seeded here, verified by back ends."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from typing import Any

from .documents import Document
from .exchange import Problem
from .identifiers import new_id, new_secret
from .store import MachineCredentialTable

API_KEY, M2M_TOKEN, OAUTH_TOKEN = "api_key", "machine_to_machine_token", "clerk_idp_oauth_access_token"
MACHINE = "machine"
_SECRET = {API_KEY: "secret", M2M_TOKEN: "token", OAUTH_TOKEN: "access_token"}  # Clerk's names for it


class Machines:
    """
    What is made here is opaque, as Clerk's ``ak_…``, ``mt_…`` and ``oat_…``. The secret is in the document that
    creation returns and in no other. ``clock`` gives milliseconds since the epoch.
    """

    def __init__(self, table: MachineCredentialTable, *, clock: Callable[[], int]) -> None:
        self._table = table
        self._clock = clock

    def create_api_key(
        self,
        subject: str,
        *,
        name: str = "API key",
        scopes: Sequence[str] = (),
        claims: Any = None,
        expires_in: float | None = None,
        created_by: str | None = None,
        description: str | None = None,
    ) -> Document:
        """Return a new API key of a user or an organization, with its ``secret``. ``expires_in`` is in seconds."""
        own = {"type": "api_key", "name": name, "created_by": created_by, "description": description}
        return self._create(
            API_KEY, "ak_", subject, scopes, expires_in, {**own, "claims": claims, "last_used_at": None}
        )

    def create_machine(self, name: str = "Machine") -> Document:
        """Return a new machine, with the ``secret_key`` by which it verifies tokens that are shown to it."""
        now, secret = self._clock(), new_secret("ak_")
        document = {"object": MACHINE, "id": new_id("mch"), "name": name, "created_at": now, "updated_at": now}
        self._table.add(document, secret=secret)
        return {**document, "secret_key": secret}

    def machine_of(self, secret_key: str) -> str | None:
        """Return the id of the machine that has this secret key, or None."""
        document = self._table.by_secret(secret_key)
        return document["id"] if document is not None and document["object"] == MACHINE else None

    def create_m2m_token(
        self,
        machine_id: str | None = None,
        *,
        scopes: Sequence[str] = (),
        claims: Any = None,
        expires_in: float | None = None,
    ) -> Document:
        """Return a new token of a machine, with its ``token``. ``scopes`` are the machines that it is for."""
        own = {"claims": claims, "last_used_at": None}
        return self._create(M2M_TOKEN, "mt_", machine_id or new_id("mch"), scopes, expires_in, own)

    def create_oauth_token(
        self,
        user_id: str,
        *,
        client_id: str | None = None,
        scopes: Sequence[str] = ("openid",),
        expires_in: float | None = 24 * 60 * 60,
    ) -> Document:
        """Return a new access token that a user has given an application, with its ``access_token``."""
        own = {"client_id": client_id or new_id("client")}
        return self._create(OAUTH_TOKEN, "oat_", user_id, scopes, expires_in, own)

    def revoke(self, credential_id: str, reason: str | None = None) -> Document:
        """Revoke a credential by its id and return it. Raises Problem (404) where there is none. So does expire()."""
        return self._change(credential_id, {"revoked": True, "revocation_reason": reason})

    def expire(self, credential_id: str) -> Document:
        """Let the time of a credential be over."""
        return self._change(credential_id, {"expiration": self._clock()})

    def verify(self, kind: str, secret: str) -> Document:
        """
        Return the credential of a secret, revoked and expired ones as well: it says so itself. Raises Problem (404).
        """
        document = self._table.by_secret(secret)
        if document is None or document["object"] != kind:
            raise _not_found()
        return self._shown(document)

    def verify_m2m(self, token: str, *, asked_by: str) -> Document:
        """Do the same for a machine's token. A machine, known by its secret key, is told of those made for it only."""
        document = self.verify(M2M_TOKEN, token)
        machine_id = self.machine_of(asked_by)
        if machine_id is not None and machine_id not in document["scopes"]:
            raise _not_found()
        return document

    def _create(
        self,
        kind: str,
        prefix: str,
        subject: str,
        scopes: Sequence[str],
        expires_in: float | None,
        own: Document,
    ) -> Document:
        now = self._clock()
        secret = new_secret(prefix)
        document: Document = {
            "object": kind,
            "id": prefix + secrets.token_hex(16),
            "subject": subject,
            "scopes": list(scopes),
            "revoked": False,
            "revocation_reason": None,
            "expiration": None if expires_in is None else now + int(expires_in * 1000),
            "created_at": now,
            "updated_at": now,
            **own,
        }
        self._table.add(document, secret=secret)
        return {**self._shown(document), _SECRET[kind]: secret}

    def _change(self, credential_id: str, changes: Document) -> Document:
        is_machine = credential_id.startswith("mch_")
        changes = {**changes, "updated_at": self._clock()}
        document = None if is_machine else self._table.change(credential_id, changes)
        if document is None:
            raise _not_found()
        return self._shown(document)

    def _shown(self, document: Document) -> Document:
        """Return a credential as Clerk shows it now."""
        expiration = document["expiration"]
        shown = {**document, "expired": expiration is not None and expiration <= self._clock()}
        if document["object"] == OAUTH_TOKEN:  # the only one whose times are in seconds
            for name in ("expiration", "created_at", "updated_at"):
                shown[name] = None if shown[name] is None else shown[name] // 1000
        return shown


def _not_found() -> Problem:
    return Problem.of(404, "resource_not_found", "not found", "No such key or token was found.")
