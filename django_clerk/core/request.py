"""What of an HTTP request the decision looks at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property

from .urls import Url, read_query

_HTML = "text/html"


class ClerkRequest:
    """
    One request, by its method and its headers in the form of RFC 3875 (``HTTP_COOKIE``, ``QUERY_STRING``).

    ``make_url`` returns the URL that the browser asked for, or None where its host cannot be trusted. It is called at
    most once, and for most requests never.
    """

    def __init__(self, method: str, meta: Mapping[str, str], make_url: Callable[[], Url | None]) -> None:
        self.method = method
        self.meta = meta
        self._make_url = make_url

    def __repr__(self) -> str:
        return f"<ClerkRequest {self.method}>"  # error pages print what they find, and headers hold credentials

    @cached_property
    def url(self) -> Url | None:
        return self._make_url()

    @property
    def bearer_token(self) -> str | None:
        """
        The token in the Authorization header.

        The scheme is exactly "Bearer", or left out; another scheme is another system's.
        """
        header = self.meta.get("HTTP_AUTHORIZATION")
        if not header:
            return None
        scheme, space, rest = header.partition(" ")
        token = rest.partition(" ")[0]
        if not space or not token:
            return scheme or None
        return token if scheme == "Bearer" else None

    @property
    def cookie(self) -> str:
        """The raw ``Cookie`` header."""
        return self.meta.get("HTTP_COOKIE", "")

    @property
    def is_document(self) -> bool:
        """True when a browser says that it navigates to a page."""
        return self.method == "GET" and self.meta.get("HTTP_SEC_FETCH_DEST") == "document"

    @property
    def is_script(self) -> bool:
        """True for htmx and its like, which say so. What they ask for is put into a page, wherever it came from."""
        return "HTTP_HX_REQUEST" in self.meta or self.meta.get("HTTP_X_REQUESTED_WITH") == "XMLHttpRequest"

    @property
    def may_be_sent_away(self) -> bool:
        """True when the answer may be a redirect to another site: a page is asked for, by a browser, with GET."""
        if self.method != "GET" or self.is_script:
            return False
        destination = self.meta.get("HTTP_SEC_FETCH_DEST")
        if destination:
            return destination in ("document", "iframe")
        return self.meta.get("HTTP_ACCEPT", "").startswith(_HTML)

    def query(self, name: str) -> str | None:
        """Return the first value of a query parameter; None without one."""
        query = self.meta.get("QUERY_STRING", "")
        if not query:
            return None
        return next((value for key, value in read_query(query) if key == name), None)
