"""System checks: the same objections that stop the local Clerk, said before anyone calls it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured

from .guards import objections
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
    return findings
