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

    ``suffixed`` tells which family of cookies counts for more. A page of another host, whose cookies do not come here,
    says in the query who its browser is, and so can any link: it replaces nobody whom the cookies show to be signed in.
    """
    names = [emulator.instance.suffixed(cookies.DEV_BROWSER), cookies.DEV_BROWSER]
    if not suffixed:
        names.reverse()
    kept = filter(None, (request.COOKIES.get(name, "") for name in names))
    own = emulator.clients.find(kept, request.COOKIES.get(cookies.CLIENT, ""))
    asked = request.GET.get(cookies.DEV_BROWSER, "")
    if not asked or (own is not None and emulator.clients.session(own) is not None):
        return own
    return emulator.clients.find([asked], "") or own


def remember(response: HttpResponse, request: HttpRequest, client: Client) -> None:
    """Set the local Clerk's own cookie. The site is not shown it: at Clerk's it would belong to another host."""
    cookie = cookies.Cookie(cookies.CLIENT, client.token, http_only=True)
    cookie.put(response, secure=request.is_secure(), path=reverse("clerk_emulator:index"))


def has_unknown_dev_browser(request: HttpRequest) -> bool:
    """Tell whether a browser that is not known says in the query who it is, as Clerk's JavaScript does."""
    return bool(request.GET.get(cookies.DEV_BROWSER))
