"""Between a browser's requests and the client that it is."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from . import cookies
from .instance import Emulator
from .store import Client


def client_of(request: HttpRequest, emulator: Emulator, *, suffixed: bool = True) -> Client | None:
    """
    Return the client that a browser proves to be, by query or cookie; None for one that is not known.

    ``suffixed`` tells which family of cookies counts for more.
    """
    names = [emulator.instance.suffixed(cookies.DEV_BROWSER), cookies.DEV_BROWSER]
    if not suffixed:
        names.reverse()
    asked = [request.GET.get(cookies.DEV_BROWSER, ""), *(request.COOKIES.get(name, "") for name in names)]
    return emulator.clients.find(filter(None, asked), request.COOKIES.get(cookies.CLIENT, ""))


def remember(response: HttpResponse, request: HttpRequest, client: Client) -> None:
    """Set the local Clerk's own cookie. The site is not shown it: at Clerk's it would belong to another host."""
    cookie = cookies.Cookie(cookies.CLIENT, client.token, http_only=True)
    cookie.put(response, secure=request.is_secure(), path=reverse("clerk_emulator:index"))


def has_unknown_dev_browser(request: HttpRequest) -> bool:
    """Tell whether a browser that is not known says in the query who it is, as Clerk's JavaScript does."""
    return bool(request.GET.get(cookies.DEV_BROWSER))
