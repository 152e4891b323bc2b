"""What every template knows: the colours of the site, for Clerk's components, and whether there are WebSockets."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest

#: The stylesheet's own, so that they are light and dark as it is.
CLERK_APPEARANCE = {
    "variables": {
        "colorPrimary": "var(--clerk-primary)",
        "colorPrimaryForeground": "var(--clerk-on-primary)",
        "colorBackground": "var(--card)",
        "colorForeground": "var(--ink)",
        "colorMuted": "var(--paper)",
        "colorMutedForeground": "var(--faint)",
        "colorInput": "var(--paper)",
        "colorInputForeground": "var(--ink)",
        "colorNeutral": "var(--ink)",
        "colorBorder": "var(--line)",
        "colorDanger": "var(--danger)",
        "colorShimmer": "var(--tint)",
        "fontFamily": "var(--sans)",
        "borderRadius": "8px",
    },
}


def looks(request: HttpRequest) -> dict[str, Any]:
    is_live = isinstance(request, ASGIRequest) and apps.is_installed("channels")
    return {"clerk_appearance": CLERK_APPEARANCE, "is_live": is_live}
