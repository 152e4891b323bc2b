"""Where the site has its pages, as its settings say."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urljoin

from django.conf import settings

from django_clerk.emulator.settings import PROXY_URL


@dataclass(frozen=True)
class Pages:
    """Absolute URLs."""

    home: str
    sign_in: str
    sign_up: str
    after_sign_in: str
    after_sign_up: str


def site_pages(origin: str) -> Pages:
    """Return the pages of the site at an origin. The local Clerk's own page stands in where there is none."""

    def page(name: str, default: str) -> str:
        return urljoin(origin, str(getattr(settings, name, None) or default))

    return Pages(
        home=urljoin(origin, "/"),
        sign_in=page("CLERK_SIGN_IN_URL", f"{PROXY_URL}/sign-in"),
        sign_up=page("CLERK_SIGN_UP_URL", f"{PROXY_URL}/users"),
        after_sign_in=page("CLERK_AFTER_SIGN_IN_URL", "/"),
        after_sign_up=page("CLERK_AFTER_SIGN_UP_URL", "/"),
    )
