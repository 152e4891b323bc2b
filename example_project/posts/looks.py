"""The colours of the site for Clerk's components: the stylesheet's own, so that they are light and dark as it is."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

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
    return {"clerk_appearance": CLERK_APPEARANCE}
