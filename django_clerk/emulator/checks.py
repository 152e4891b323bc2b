"""System checks: the same objections that stop the local Clerk, said before anyone calls it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.urls import Resolver404, resolve

from .fapi.handshake import handshake
from .guards import LOOPBACK_HOSTS, objections
from .settings import PROXY_URL
from .webhooks.transport import check_address


def check_emulator(**kwargs: Any) -> list[checks.CheckMessage]:
    if getattr(settings, "CLERK_EMULATOR", None) is None:
        return [
            checks.Warning(
                "The local Clerk is installed and not switched on.",
                hint="Keep django_clerk.emulator out of INSTALLED_APPS outside development and tests.",
                id="clerk_emulator.W001",
            )
        ]
    findings: list[checks.CheckMessage] = [
        checks.Error(objection.message, hint=objection.hint, id=objection.id) for objection in objections()
    ]
    address = getattr(settings, "CLERK_EMULATOR_WEBHOOK_URL", None)
    if address:
        try:
            check_address(address)
        except ImproperlyConfigured as error:
            findings.append(checks.Error(str(error), id="clerk_emulator.E005"))
    if not findings and not _leads_here(getattr(settings, "CLERK_PROXY_URL", None)):
        findings.append(
            checks.Warning(
                "CLERK_PROXY_URL does not lead to the local Clerk: browsers that are sent there will not come back.",
                hint=f'Include django_clerk.emulator.urls at {PROXY_URL}/ and set CLERK_PROXY_URL = "{PROXY_URL}".',
                id="clerk_emulator.W002",
            )
        )
    return findings


def _leads_here(proxy_url: str | None) -> bool:
    """Tell whether a handshake finds its view. One on another port of this machine is taken on trust."""
    if proxy_url and not proxy_url.startswith("/"):
        return urlsplit(proxy_url).hostname in LOOPBACK_HOSTS
    if not getattr(settings, "ROOT_URLCONF", None):
        return True  # nothing is served, so nobody is sent anywhere
    try:
        return bool(proxy_url) and resolve(f"{proxy_url}/v1/client/handshake").func is handshake
    except Resolver404:
        return False
