"""Where a browser reaches the local Clerk."""

from __future__ import annotations

from dataclasses import replace

from django_clerk.conf import conf

from .credentials import INSTANCE


def frontend_api() -> str:
    """Return the address of the Frontend API, on the first site of these settings that may show tokens."""
    parties = conf.CLERK_AUTHORIZED_PARTIES
    instance = replace(INSTANCE, proxy_url=(conf.CLERK_PROXY_URL or "") if parties else "")
    return instance.effective_frontend_api(parties[0] if parties else "")
