"""D126 to D141: applications on several domains with one sign-in."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings

from django_clerk.core.instance import Instance
from django_clerk.wiring import get_site

from .world import (
    DEV_BROWSER,
    DEV_V,
    DEVELOPMENT,
    DEVELOPMENT_KEY,
    NOTHING,
    PRODUCTION,
    PRODUCTION_KEY,
    Project,
    Row,
    V,
    check,
    dev_token,
    doc,
    rows,
    session,
    token,
    xhr,
)

SATELLITE = Project(
    Instance.from_publishable_key(PRODUCTION_KEY, domain="satellite.com", is_satellite=True), "https://satellite.com"
)
DEV_SATELLITE = Project(
    Instance.from_publishable_key(DEVELOPMENT_KEY, domain="satellite.com", is_satellite=True),
    "http://localhost:3001",
    sign_in_url="http://localhost:8000/sign-in",
)
AUTO, DEV_AUTO = replace(SATELLITE, auto_sync=True), replace(DEV_SATELLITE, auto_sync=True)
PRIMARY = replace(DEVELOPMENT, satellites=("http://localhost:3001",))

NEEDED = "HS satellite-needs-syncing"
FRONTEND_API = "https://clerk.satellite.com"
OURS = session(token(iss="https://clerk.satellite.com", azp="https://satellite.com"))
SIGN_IN = "http://localhost:8000/sign-in?__clerk_redirect_url=http%3A%2F%2Flocalhost%3A3001%2Fpage%3F"
RETURN = "__clerk_redirect_url=http%3A%2F%2Flocalhost%3A3001%2Fp"


@rows(
    Row("D126", f"SO {NOTHING}", doc(), SATELLITE),
    Row("D127", NEEDED, doc(), AUTO, base=FRONTEND_API),
    Row("D128-without", NEEDED, doc("/page?__clerk_synced=false&x=1"), SATELLITE, base=FRONTEND_API),
    Row("D128-with", NEEDED, doc("/page?__clerk_synced=false&x=1", OURS), SATELLITE, base=FRONTEND_API),
    Row("D129", f"SO {NOTHING}", doc("/page?__clerk_synced=true"), AUTO),
    Row("D130", "SI", doc("/", OURS), SATELLITE),
    Row("D131", f"SO {NOTHING}", doc("/", session(V)), SATELLITE),
    Row("D132", f"SO {NOTHING}", xhr(), AUTO),
    Row("D133", "SI", doc("/", OURS, HTTP_REFERER="https://example.com/"), SATELLITE),
    Row("D134", NEEDED, doc("/page?x=1"), DEV_AUTO, location=f"{SIGN_IN}x%3D1"),
    Row("D135", f"SO {NOTHING}", doc(), DEV_SATELLITE),
    Row(
        "D136",
        NEEDED,
        doc("/page?__clerk_synced=false", session(dev_token(azp="http://localhost:3001")), DEV_BROWSER),
        DEV_SATELLITE,
        location=f"{SIGN_IN}__clerk_synced%3Dfalse",
    ),
    Row(
        "D137",
        "HS dev-browser-sync",
        doc("/page?__clerk_synced=true&__clerk_db_jwt=dvb_9"),
        DEV_AUTO,
        params={"redirect_url": "http://localhost:3001/page?__clerk_synced=true", "__clerk_db_jwt": "dvb_9"},
    ),
    Row(
        "D138",
        "HS primary-responds-to-syncing",
        doc(f"/page?{RETURN}%3F__clerk_synced%3Dfalse", DEV_BROWSER),
        PRIMARY,
        location="http://localhost:3001/p?__clerk_synced=true&__clerk_db_jwt=dvb_1",
    ),
    # Clerk's SDK sends the browser, and the token of the development browser, to whatever address the link names.
    Row("D138-unnamed", "SI", doc(f"/page?{RETURN}", session(DEV_V), DEV_BROWSER), DEVELOPMENT),
    Row(
        "D138-foreign",
        "SI",
        doc("/page?__clerk_redirect_url=http%3A%2F%2Fevil.com%2F", session(DEV_V), DEV_BROWSER),
        PRIMARY,
    ),
    Row(
        "D139",
        "HS primary-responds-to-syncing",
        doc(f"/page?{RETURN}"),
        PRIMARY,
        location="http://localhost:3001/p?__clerk_synced=true",
    ),
    Row("D140", "SI", doc(f"/page?{RETURN}", session(V)), replace(PRODUCTION, satellites=PRIMARY.satellites)),
)
def test_row(row: Row) -> None:
    check(row)


# Clerk's SDK says so in each request, and about sign-in URLs only where it has an Origin header. Here it is a matter of
# the settings, and the project hears of it at its start.
@pytest.mark.parametrize(
    ("settings", "words"),
    [
        pytest.param({"CLERK_PUBLISHABLE_KEY": PRODUCTION_KEY}, "Missing domain and proxyUrl", id="D141-domain"),
        pytest.param({"CLERK_DOMAIN": "satellite.com"}, "needs CLERK_SIGN_IN_URL", id="D141-sign-in-url"),
        pytest.param(
            {"CLERK_DOMAIN": "satellite.com", "CLERK_SIGN_IN_URL": "/sign-in"}, "must be a URL", id="D141-relative"
        ),
        pytest.param(
            {"CLERK_DOMAIN": "localhost:3001", "CLERK_SIGN_IN_URL": "http://localhost:3001/sign-in"},
            "not of its own domain",
            id="D141-same-origin",
        ),
        pytest.param(
            {
                "CLERK_PUBLISHABLE_KEY": PRODUCTION_KEY,
                "CLERK_DOMAIN": "satellite.com",
                "CLERK_SIGN_IN_URL": "https://satellite.com/sign-in",
            },
            "not of its own domain",
            id="D141-same-origin-in-production",
        ),
    ],
)
def test_a_satellite_that_is_not_configured(settings: dict[str, Any], words: str) -> None:
    base: dict[str, Any] = {"CLERK_PUBLISHABLE_KEY": DEVELOPMENT_KEY, "CLERK_IS_SATELLITE": True}
    with override_settings(**{**base, **settings}), pytest.raises(ImproperlyConfigured, match=words):
        get_site()
