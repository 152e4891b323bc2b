"""Who is signed in in which browser. A client, in Clerk's words, is a browser."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from hmac import compare_digest

from .cookies import BrowserState
from .directory import Directory
from .documents import Document
from .identifiers import new_id, new_secret
from .signing import Signer
from .store import Client, ClientTable


class Clients:
    """``clock`` gives milliseconds since the epoch."""

    def __init__(self, table: ClientTable, directory: Directory, *, signer: Signer, clock: Callable[[], int]) -> None:
        self._table = table
        self._directory = directory
        self._signer = signer
        self._clock = clock

    def open(self) -> Client:
        """Return a new client, in which nobody is signed in."""
        client = Client(new_id("client"), dev_browser=new_secret("dvb_"), token=new_secret("clt_"))
        self._table.save(client)
        return client

    def find(self, dev_browsers: Iterable[str], token: str) -> Client | None:
        """
        Return the client that one of the dev browsers names, or else the token; None when all of them are unknown.

        A dev browser that is not known here stays so: were it taken over from a link, whoever made the link would be
        signed in with its victim.
        """
        for dev_browser in dev_browsers:
            client = self._table.by_dev_browser(dev_browser)
            if client is not None:
                return client
        return self._table.by_token(token)

    def session(self, client: Client) -> Document | None:
        """Return the session of whoever is signed in in a client, or None."""
        return None if client.session_id is None else self._directory.active_session(client.session_id)

    def sign_in(self, client: Client, user_id: str) -> tuple[Client, Document]:
        """
        Start a session and return it, with the client as it is then. A session that was there before is ended.

        Raises Problem for whoever cannot sign in.
        """
        # The time first: a token is good only if it is not older than its browser's last sign-in.
        now = self._clock()
        session = self._directory.sign_in(user_id, client_id=client.id)
        if client.session_id is not None:
            self._directory.end_session(client.session_id, "ended")
        client = replace(client, session_id=session["id"], refresh_token=new_secret("rft_"), changed_at=now)
        self._table.save(client)
        return client, session

    def sign_out(self, client: Client) -> Document | None:
        """End the session in a client and return it; None when nobody was signed in."""
        session = None if client.session_id is None else self._directory.end_session(client.session_id, "removed")
        self._table.save(replace(client, session_id=None, refresh_token=None, changed_at=self._clock()))
        return session

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
            client.refresh_token if renewable else None,
        )

    def token(self, session: Document, *, azp: str | None, lifetime: float = 60) -> str:
        """Return a new token of a session."""
        return self._signer.session_token(session["user_id"], session_id=session["id"], azp=azp, lifetime=lifetime)

    def renews(self, session: Document, refresh_token: str) -> bool:
        """Tell whether a refresh token is that of a session."""
        client = self._table.get(session["client_id"])
        if client is None or client.session_id != session["id"] or client.refresh_token is None:
            return False
        return compare_digest(client.refresh_token.encode(), refresh_token.encode("utf-8", "surrogatepass"))
