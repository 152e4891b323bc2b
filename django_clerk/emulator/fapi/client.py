"""The browser itself: what it is told when a page loads."""

from __future__ import annotations

from django_clerk.emulator.documents import Document

from .desk import Desk
from .environment import environment
from .pages import site_pages
from .router import Routes
from .visits import Reply, Visit


class ClientEndpoints:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    @property
    def routes(self) -> Routes:
        return {
            "/v1/environment": {"GET": self._environment, "PATCH": self._environment},
            "/v1/dev_browser": {"POST": self._dev_browser},
            "/v1/client": {"GET": self._get, "PUT": self._open, "DELETE": self._sign_out},
        }

    def _environment(self, visit: Visit) -> Reply:
        pages = site_pages(visit.origin, self._desk.addresses)
        return Reply(environment(self._desk.dashboard.configuration, pages), is_wrapped=False)

    def _dev_browser(self, visit: Visit) -> Reply:
        """Make a browser that is known by a value in its page's cookies, as with the keys of accounts.dev."""
        client = self._desk.clients.open()
        document: Document = {"object": "dev_browser", "id": client.dev_browser, "instance_type": "development"}
        return Reply(document, client, is_wrapped=False)

    def _get(self, visit: Visit) -> Reply:
        resource = None if visit.client is None else self._desk.resources.client(visit.client, azp=visit.origin)
        return Reply(resource, visit.client, tells_client=False)

    def _open(self, visit: Visit) -> Reply:
        client = visit.client or self._desk.clients.open()
        return Reply(self._desk.resources.client(client, azp=visit.origin), client, tells_client=False)

    def _sign_out(self, visit: Visit) -> Reply:
        client = self._desk.clients.sign_out(self._desk.client(visit))
        return Reply(self._desk.resources.client(client, azp=visit.origin), client, tells_client=False)
