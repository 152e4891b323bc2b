"""Somebody in front of the site: a browser with cookies, or a program with a token."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

import requests
from requests.cookies import RequestsCookieJar

TIMEOUT = 20
_HOPS = 10  # as many redirects in a row lead nowhere


class _Visitor:
    def __init__(self, origin: str, **headers: str) -> None:
        self._origin = origin
        self._headers = headers
        self._cookies = RequestsCookieJar()

    def _call(self, method: str, url: str, *, follow: bool = False, **options: Any) -> requests.Response:
        with requests.Session() as session:  # closed at once: nobody has to tidy up after a visitor
            session.trust_env = False  # no proxy between here and localhost
            session.headers.update(self._headers)
            session.cookies = self._cookies
            address = urljoin(self._origin, url)
            return session.request(method, address, allow_redirects=follow, timeout=TIMEOUT, **options)


class Program(_Visitor):
    """Calls the API, with a token or without one."""

    def __init__(self, origin: str, token: str | None = None) -> None:
        super().__init__(origin, Accept="application/json")
        if token is not None:
            self._headers["Authorization"] = f"Bearer {token}"

    def get(self, path: str) -> requests.Response:
        return self._call("GET", path)

    def post(self, path: str, data: dict[str, Any] | bytes, **headers: str) -> requests.Response:
        """Send JSON, or bytes as they are."""
        body: dict[str, Any] = {"data": data} if isinstance(data, bytes) else {"json": data}
        return self._call("POST", path, headers={"Content-Type": "application/json", **headers}, **body)

    def patch(self, path: str, data: dict[str, Any]) -> requests.Response:
        return self._call("PATCH", path, json=data)

    def delete(self, path: str) -> requests.Response:
        return self._call("DELETE", path)


class Browser(_Visitor):
    """
    Opens pages, keeps cookies, and sends forms as they stand on the page.

    A handshake, the way to Clerk and back, is taken without a word, as browsers do. Other redirects are followed when
    asked for, and are an answer to look at when not.
    """

    def __init__(self, origin: str) -> None:
        super().__init__(origin, Accept="text/html,application/xhtml+xml", **{"Sec-Fetch-Dest": "document"})

    def get(self, path: str, *, follow: bool = False, handshake: bool = True) -> requests.Response:
        """Open a page. Without ``handshake``, the first answer is returned, whatever it is."""
        answer = self._call("GET", path, follow=follow)
        for _ in range(_HOPS):
            if not handshake or answer.status_code != requests.codes.temporary_redirect:
                break
            answer = self._call("GET", urljoin(answer.url, answer.headers["Location"]), follow=follow)
        return answer

    def post(self, path: str, fields: dict[str, str]) -> requests.Response:
        """Send fields from this site, as a page of it could: with cookies, and no CSRF token unless it is a field."""
        return self._call("POST", path, data=fields, headers={"Origin": self._origin})

    def press(self, page: requests.Response, label: str, **fields: str) -> requests.Response:
        """Press the button with this label, with the fields of its form filled in. Raises LookupError without one."""
        form, button = next((found for found in _buttons(page.text) if label in found[1].label), (None, None))
        if form is None or button is None:
            raise LookupError(f"{page.url} has no button for {label}")
        return self.post(urljoin(page.url, form.action), {**form.fields, **button.fields, **fields})

    @property
    def token(self) -> str:
        """The session token that Clerk has put into a cookie. Raises LookupError when there is none."""
        token = self._cookies.get("__session")
        if token is None:
            raise LookupError("nobody is signed in")
        return token

    def replace_token(self, token: str) -> None:
        """Put another session token in the place of the one that is there, as Clerk's JavaScript does once a minute."""
        for cookie in self._cookies:
            if cookie.name.startswith("__session"):
                cookie.value = token

    def lose(self, prefix: str) -> None:
        """Throw away the cookies whose names begin with this."""
        for cookie in list(self._cookies):
            if cookie.name.startswith(prefix):
                self._cookies.clear(cookie.domain, cookie.path, cookie.name)

    @property
    def cookie_header(self) -> str:
        """What the browser sends along with every request."""
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in self._cookies if cookie.path == "/")

    @property
    def cookies(self) -> set[str]:
        return set(self._cookies.keys())


@dataclass
class _Button:
    fields: dict[str, str]
    label: str = ""


@dataclass
class _Form:
    action: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[_Button] = field(default_factory=list)


class _FormReader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[_Form] = []
        self._in_button = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        named = {attributes["name"]: attributes.get("value", "")} if "name" in attributes else {}
        if tag == "form":
            self.forms.append(_Form(attributes.get("action", "")))
        elif tag == "input" and self.forms:
            self.forms[-1].fields.update(named)
        elif tag == "button" and self.forms:
            self.forms[-1].buttons.append(_Button(named))
            self._in_button = True

    def handle_endtag(self, tag: str) -> None:
        if tag == "button":
            self._in_button = False

    def handle_data(self, data: str) -> None:
        if self._in_button:
            self.forms[-1].buttons[-1].label += data


def _buttons(html: str) -> list[tuple[_Form, _Button]]:
    reader = _FormReader()
    reader.feed(html)
    return [(form, button) for form in reader.forms for button in form.buttons]
