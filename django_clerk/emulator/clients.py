"""Who is signed in in which browser. A client, in Clerk's words, is a browser."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from hmac import compare_digest
from typing import Any

from .claims import factor_ages, session_claims
from .configuration import Dashboard
from .cookies import BrowserState
from .directory import Directory
from .documents import Document
from .exchange import Problem
from .identifiers import new_id, new_secret
from .organizations.directory import Organizations
from .signing import Signer
from .store import Client, ClientTable, SessionFacts, SessionFactsTable

_TASK = {"key": "choose-organization"}


class Clients:
    """``clock`` gives milliseconds since the epoch."""

    def __init__(
        self,
        table: ClientTable,
        facts: SessionFactsTable,
        directory: Directory,
        organizations: Organizations,
        dashboard: Dashboard,
        *,
        signer: Signer,
        clock: Callable[[], int],
    ) -> None:
        self._table = table
        self._facts = facts
        self._directory = directory
        self._organizations = organizations
        self._dashboard = dashboard
        self._signer = signer
        self._clock = clock

    def open(self) -> Client:
        """Return a new client, in which nobody is signed in."""
        now = self._clock()
        client = Client(
            new_id("client"),
            dev_browser=new_secret("dvb_"),
            token=new_secret("clt_"),
            changed_at=now,
            created_at=now,
        )
        self._table.add(client)
        return client

    def find(self, dev_browsers: Iterable[str], token: str) -> Client | None:
        """
        Return the client that one of the dev browsers names, or else the token; None when all of them are unknown.

        A dev browser that is not known here stays so: were it taken over from a link, whoever made the link would be
        signed in with its victim. What a known one in a link may do is for ``browsers.client_of`` to say.
        """
        for dev_browser in dev_browsers:
            client = self._table.by_dev_browser(dev_browser)
            if client is not None:
                return client
        return self._table.by_token(token)

    def keep(self, client: Client, **attempts: Any) -> Client:
        """Keep the state of a ``sign_in`` or a ``sign_up`` with its client, and return the client."""
        return self._table.change(client.id, **attempts)

    def sessions(self, client: Client) -> list[Document]:
        """Return the sessions in a client that are neither ended nor expired, the oldest first."""
        return self._directory.sessions.of_client(client.id)

    def session(self, client: Client) -> Document | None:
        """Return the session that is active in a client, or None when nobody is signed in."""
        session = None if client.session_id is None else self._directory.sessions.live(client.session_id)
        if session is None:
            session = next(reversed(self.sessions(client)), None)
        return session

    def sign_in(
        self,
        client: Client,
        user_id: str,
        *,
        strategy: str = "ticket",
        actor: Document | None = None,
        seconds: int | None = None,
    ) -> tuple[Client, Document]:
        """
        Start a session and return it, with the client as it is then.

        Sessions that were there before are ended, unless the instance allows several. Raises Problem for whoever cannot
        sign in.
        """
        # The time first: a token is good only if it is not older than its browser's last sign-in.
        now = self._clock()
        configuration = self._dashboard.configuration
        before = self.sessions(client) if configuration.single_session_mode else []
        must_choose = configuration.organizations and configuration.force_organization_selection
        session = self._directory.sign_in(
            user_id, client_id=client.id, actor=actor, tasks=[_TASK] if must_choose else [], seconds=seconds
        )
        for other in before:
            self._directory.sessions.end(other["id"], "ended")
        self._facts.save(SessionFacts(session["id"], new_secret("rft_"), first_factor_at=now))
        client = self._table.change(client.id, session_id=session["id"], strategy=strategy, changed_at=now)
        return client, session

    def sign_out(self, client: Client) -> Client:
        """End every session in a client and return it as it is then."""
        for session in self.sessions(client):
            self._directory.sessions.end(session["id"], "removed")
        return self._table.change(client.id, session_id=None, changed_at=self._clock())

    def leave(self, client: Client, session_id: str, *, status: str) -> tuple[Client, Document | None]:
        """End one session in a client and return both; None for a session that was over already."""
        ended = self._directory.sessions.end(session_id, status)
        others = self.sessions(client)
        last = client.session_id if client.session_id != session_id else (others[-1]["id"] if others else None)
        return self._table.change(client.id, session_id=last, changed_at=self._clock()), ended

    def activate(self, client: Client, session_id: str, *, organization_id: str | None) -> tuple[Client, Document]:
        """
        Make a session the active one of its client, with an organization or, with None, without.

        It is no new sign-in, so the client's time does not change: a token minted before stays good. Where choosing an
        organization is a must, the session keeps the one that it has, and with one it is no longer pending.
        """
        forced = self._dashboard.configuration.force_organization_selection
        session = self._directory.sessions.touch(session_id, organization_id=organization_id, keep_organization=forced)
        return self._table.change(client.id, session_id=session_id), session

    def state(self, client: Client, *, azp: str | None, renewable: bool = True) -> BrowserState:
        """
        Return what a client's browser is to know now, with a new session token for the origin ``azp``.

        With ``renewable`` that includes what a back end needs to have the token renewed without the browser.
        """
        session = self.session(client)
        if session is None:
            return BrowserState(client.dev_browser)
        return BrowserState(
            client.dev_browser,
            self.token(session, azp=azp),
            client.changed_at // 1000,
            self.refresh_token(session["id"]) if renewable else None,
        )

    def token(self, session: Document, *, azp: str | None, lifetime: float | None = None) -> str:
        """Return a new token of a session."""
        claims = session_claims(
            session,
            self._facts.get(session["id"]),
            membership=self.membership(session),
            user_has=self._dashboard.subscription(session["user_id"]),
            organization_has=self._dashboard.subscription(session["last_active_organization_id"]),
            now=self._clock(),
        )
        lifetime = self._dashboard.configuration.token_lifetime if lifetime is None else lifetime
        return self._signer.session_token(
            session["user_id"], session_id=session["id"], azp=azp, lifetime=lifetime, **claims
        )

    def membership(self, session: Document) -> Document | None:
        """Return the membership of a session's user in its active organization; None when there is none (any more)."""
        organization_id = session["last_active_organization_id"]
        if organization_id is None:
            return None
        try:
            membership = self._organizations.membership(organization_id, session["user_id"])
        except Problem:
            return None
        return {**membership, "permissions": self.permissions(membership)}

    def organization_id(self, session: Document) -> str | None:
        """Return the id of the organization that is active in a session; None where its user is no member any more."""
        membership = self.membership(session)
        return None if membership is None else membership["organization"]["id"]

    def chosen_organization(self, session: Document, wanted: str | None) -> str | None:
        """
        Return the id of the organization, named by id or slug, that a session is to have: an empty name is for none.

        Without a name it is the one that it has. Raises Problem (404) where the session's user is no member.
        """
        if wanted is None:
            return self.organization_id(session)
        if not wanted:
            return None
        organization = self._organizations.organization(wanted)
        return str(self._organizations.membership(organization["id"], session["user_id"])["organization"]["id"])

    def permissions(self, membership: Document) -> list[str]:
        """Return what a member may do: by the instance's roles, and by what the dashboard adds to them."""
        custom = self._dashboard.configuration.role_permissions.get(membership["role"], ())
        return [*membership["permissions"], *custom]

    def template_token(self, session: Document, claims: Mapping[str, Any], *, azp: str) -> str:
        """Return a token for another service: with the claims of a template, and nothing of the session."""
        return self._signer.session_token(
            session["user_id"], session_id=None, azp=azp, **{"fva": None, "sts": None, "v": None, **claims}
        )

    def refresh_token(self, session_id: str) -> str | None:
        """Return what a session is renewed with, or None for one that began in no browser."""
        facts = self._facts.get(session_id)
        return None if facts is None else facts.refresh_token

    def renews(self, session: Document, refresh_token: str) -> bool:
        """Tell whether a refresh token is that of a session."""
        own = self.refresh_token(session["id"])
        return own is not None and compare_digest(own.encode(), refresh_token.encode("utf-8", "surrogatepass"))

    def factor_ages(self, session_id: str) -> list[int]:
        """Return how many minutes ago the two factors of a session were proven."""
        return factor_ages(self._facts.get(session_id), now=self._clock())

    def verified(self, session_id: str, *, minutes_ago: float = 0) -> None:
        """Say that whoever is in a session has proven again who they are."""
        at = self._clock() - int(minutes_ago * 60_000)
        facts = self._facts.get(session_id)
        second = None if facts is None or facts.second_factor_at is None else at
        self._facts.verified(session_id, first_factor_at=at, second_factor_at=second)
