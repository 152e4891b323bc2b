"""Where the site has its pages, as its settings say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urljoin

from django.shortcuts import resolve_url
from django.urls import NoReverseMatch, reverse

from django_clerk.answers import sign_in_url, sign_up_url
from django_clerk.conf import conf
from django_clerk.emulator.addresses import Addresses


@dataclass(frozen=True)
class Pages:
    """URLs."""

    home: str
    sign_in: str
    sign_up: str
    after_sign_in: str
    after_sign_up: str


def site_pages(origin: str, addresses: Addresses) -> Pages:
    """
    Return the pages of the site at an origin; with an empty one, as paths.

    The local Clerk's own page stands in where the settings name none, and for one that is not served here: a local
    Clerk on a port of its own has the settings of a project, and not its URLs. What it was told to serve comes first.
    """
    if addresses.own:
        home = f"{addresses.origins[0]}/"
        return Pages(home, f"{addresses.own}/sign-in", f"{addresses.own}/sign-in/create", home, home)

    def page(url: Callable[[], str], instead: str) -> str:
        try:
            return urljoin(origin, url())
        except NoReverseMatch:
            return urljoin(origin, instead)

    own_sign_in, own_sign_up = reverse("clerk_emulator:sign_in"), reverse("clerk_emulator:sign_up")
    has_sign_in = conf.CLERK_SIGN_IN_URL is not None  # without one, the package leads to Clerk's hosted pages
    has_sign_up = has_sign_in or conf.CLERK_SIGN_UP_URL is not None
    return Pages(
        home=urljoin(origin, "/"),
        sign_in=page(sign_in_url if has_sign_in else lambda: own_sign_in, own_sign_in),
        sign_up=page(sign_up_url if has_sign_up else lambda: own_sign_up, own_sign_up),
        after_sign_in=page(lambda: resolve_url(conf.CLERK_AFTER_SIGN_IN_URL), "/"),
        after_sign_up=page(lambda: resolve_url(conf.CLERK_AFTER_SIGN_UP_URL), "/"),
    )
