"""Where people sign in, and how they get back. Source: Clerk's ``packages/backend/src/createRedirect.ts``."""

from __future__ import annotations

from typing import Literal
from urllib.parse import urljoin, urlsplit, urlunsplit

from .handshake import SYNCED
from .instance import DEV_BROWSER, Instance
from .urls import with_parameter

_DEFAULT_PORTS = {"http": 80, "https": 443}


def sign_in_redirect(
    page: Literal["sign-in", "sign-up"],
    here: str,
    *,
    instance: Instance | None,
    sign_in_url: str = "",
    sign_up_url: str = "",
    return_url: str | None = None,
    dev_browser: str | None = None,
    is_pending: bool = False,
) -> str:
    """
    Return the URL of a sign-in or sign-up page.

    ``here`` is the URL of this page, absolute; the others may be relative to it. Where nothing is configured, it is
    Clerk's hosted page. A session with unfinished tasks goes to the page's tasks. Raises ValueError without a
    publishable key and a URL.
    """
    target = sign_in_url if page == "sign-in" else sign_up_url or (sign_in_url and _create_page(sign_in_url, here))
    if not target:
        if instance is None:
            raise ValueError("Set CLERK_PUBLISHABLE_KEY, or CLERK_SIGN_IN_URL.")
        target = f"{instance.account_portal}/{page}"
    target = urljoin(here, f"{target}/tasks" if is_pending else target)
    is_elsewhere = _place(target) != _place(here)
    if return_url:
        back = urljoin(here, return_url)
        if is_elsewhere and instance is not None and instance.is_satellite:
            back = with_parameter(back, SYNCED, "false")
        target = with_parameter(target, "redirect_url", back)
    if is_elsewhere and dev_browser and instance is not None and not instance.is_production:
        target = with_parameter(target, DEV_BROWSER, dev_browser)
    return target


def _create_page(sign_in_url: str, here: str) -> str:
    parts = urlsplit(urljoin(here, sign_in_url))
    return urlunsplit(parts._replace(path=f"{parts.path}/create"))


def _place(url: str) -> tuple[str | None, int | None]:
    """Clerk compares host and port, and not the scheme."""
    parts = urlsplit(url)
    return parts.hostname, parts.port if parts.port != _DEFAULT_PORTS.get(parts.scheme) else None
