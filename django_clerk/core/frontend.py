"""Clerk's JavaScript: where a browser gets it. Source: Clerk's ``packages/shared/src/loadClerkJsScript.ts``."""

from __future__ import annotations

from typing import Final

from .instance import Instance

#: The major versions that static/django_clerk/clerk.js is written for. Clerk serves the newest release of each.
CLERK_JS: Final = "npm/@clerk/clerk-js@6/dist/clerk.browser.js"
CLERK_UI: Final = "npm/@clerk/ui@1/dist/ui.browser.js"


def script_urls(instance: Instance) -> tuple[str, str]:
    """Return the URLs of Clerk's JavaScript and of its components, which the first one cannot show without."""
    proxy = instance.proxy_url.rstrip("/")
    base = proxy if proxy.startswith("/") else instance.effective_frontend_api("")
    return f"{base}/{CLERK_JS}", f"{base}/{CLERK_UI}"


def script_attributes(instance: Instance) -> dict[str, str]:
    """Return the attributes by which Clerk's JavaScript knows its instance. All of them are public."""
    attributes = {
        "data-clerk-publishable-key": instance.publishable_key,
        "data-clerk-proxy-url": instance.proxy_url,
        "data-clerk-domain": instance.domain,
    }
    return {name: value for name, value in attributes.items() if value}
