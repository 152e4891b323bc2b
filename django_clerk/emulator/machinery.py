"""The parts of a local Clerk, put together."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from django.conf import settings

from .addresses import Addresses
from .bapi.invitations import InvitationEndpoints
from .bapi.machines import MachineEndpoints
from .bapi.memberships import MembershipEndpoints
from .bapi.organizations import OrganizationEndpoints
from .bapi.router import BackendAPI
from .bapi.sessions import SessionEndpoints
from .bapi.sign_in_tokens import SignInTokenEndpoints
from .bapi.users import UserEndpoints
from .clients import Clients
from .configuration import Dashboard
from .credentials import INSTANCE, MEMORY, load_credentials, load_signing_key, prepare_state_dir
from .directory import Directory
from .email_codes import EmailCodes
from .fapi.assembly import frontend_api
from .fapi.desk import Desk
from .handshakes import Handshakes
from .keyring import KeyRing
from .machines import Machines
from .organizations.directory import Organizations
from .organizations.invitations import Invitations
from .sessions import SessionDirectory
from .sign_in_tokens import SignInTokens
from .signing import Signer
from .store import (
    ClientTable,
    Codes,
    Database,
    Deliveries,
    InvitationTable,
    MachineCredentialTable,
    MembershipTable,
    Options,
    OrganizationTable,
    Payloads,
    SessionFactsTable,
    Sessions,
    SigningKeyTable,
    SignInTokenTable,
    UserTable,
)
from .webhooks.courier import Courier


class Machinery:
    """
    Every part of one instance, by name.

    ``webhook_url`` stands in for the setting CLERK_EMULATOR_WEBHOOK_URL; ``clock`` gives seconds since the epoch.
    """

    def __init__(
        self, state_dir: str, *, webhook_url: str | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        self.state_dir = state_dir
        self.webhook_url = webhook_url
        self.instance = INSTANCE
        self.credentials = load_credentials(state_dir)
        self._database = Database(_database_path(state_dir))
        self.keys = KeyRing(
            SigningKeyTable(self._database),
            first_id=self.credentials.instance_id,
            load_first=lambda: load_signing_key(state_dir),
        )
        self.signer = Signer(self.keys, issuer=INSTANCE.issuer, clock=clock)
        self._deliveries = Deliveries(self._database)

        def milliseconds() -> int:
            return int(clock() * 1000)

        self._courier = Courier(
            self._deliveries,
            instance_id=self.credentials.instance_id,
            secret=self.credentials.webhook_secret,
            address=lambda: self.webhook_address,
            clock=milliseconds,
            retrying=state_dir != MEMORY,  # a test wants no thread that works on its database behind its back
        )
        self._table = UserTable(self._database)
        sessions = SessionDirectory(Sessions(self._database), self._table, emit=self._courier.emit, clock=milliseconds)
        self.directory = Directory(self._table, sessions, emit=self._courier.emit, clock=milliseconds)
        self.organizations = Organizations(
            OrganizationTable(self._database),
            MembershipTable(self._database),
            self.directory,
            emit=self._courier.emit,
            clock=milliseconds,
        )
        self.addresses = Addresses()
        self.invitations = Invitations(
            InvitationTable(self._database),
            self.directory,
            self.organizations,
            self.addresses,
            emit=self._courier.emit,
            clock=milliseconds,
        )
        self.sign_in_tokens = SignInTokens(
            SignInTokenTable(self._database), self.directory, self.organizations, self.addresses, clock=milliseconds
        )
        self.dashboard = Dashboard(Options(self._database))
        self.codes = EmailCodes(Codes(self._database), clock=milliseconds)
        self.clients = Clients(
            ClientTable(self._database),
            SessionFactsTable(self._database),
            self.directory,
            self.organizations,
            self.dashboard,
            signer=self.signer,
            clock=milliseconds,
        )
        self.handshakes = Handshakes(Payloads(self._database), signer=self.signer, clock=milliseconds)
        self.machines = Machines(MachineCredentialTable(self._database), clock=milliseconds)
        self.api = BackendAPI(
            UserEndpoints(self.directory),
            SessionEndpoints(self.directory, self.clients, self.handshakes, self.addresses, signer=self.signer),
            OrganizationEndpoints(self.organizations),
            MembershipEndpoints(self.organizations, self.directory),
            InvitationEndpoints(self.invitations, self.organizations),
            SignInTokenEndpoints(self.sign_in_tokens),
            MachineEndpoints(self.machines),
            jwks=self.signer.jwks,
            secret_key=self.credentials.secret_key,
        )
        self.desk = Desk.of(
            self.directory,
            self.organizations,
            self.invitations,
            self.sign_in_tokens,
            self.clients,
            self.codes,
            self.dashboard,
            self.addresses,
            clock=milliseconds,
        )
        self.browser_api = frontend_api(self.desk)
        self.faults = self.api.faults
        self.fail_next = self.faults.fail_next
        self.browser_faults = self.browser_api.faults

    @property
    def pid(self) -> int:
        """The process that opened the database: no other may use the connection."""
        return self._database.pid

    @property
    def webhook_address(self) -> str | None:
        """Where events go, or None."""
        return self.webhook_url or getattr(settings, "CLERK_EMULATOR_WEBHOOK_URL", None) or None

    def resume_retries(self) -> None:
        """Go on with retries that a process before this one has left."""
        self._courier.resume_retries()

    def close(self) -> None:
        self._courier.stop()
        self._database.close()


def _database_path(state_dir: str) -> str | Path:
    if state_dir == MEMORY:
        return MEMORY
    folder = Path(state_dir)
    prepare_state_dir(folder)
    return folder / "clerk.sqlite3"
