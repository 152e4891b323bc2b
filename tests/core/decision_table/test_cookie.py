"""D66 to D107: the cookies of a browser."""

from __future__ import annotations

from dataclasses import replace

import pytest

from django_clerk.core.decision import _warn_of_no_party
from django_clerk.exceptions import APIError, APIUnauthorized, APIUnavailable
from tests.jwks import OTHER_KEY
from tests.machines import m2m_jwt
from tests.mint import TEMPLATE

from .world import (
    AGED,
    DEV_BROWSER,
    DEV_V,
    DEV_X,
    DEVELOPMENT,
    EXPIRED,
    NO_GET,
    NOTHING,
    NOW,
    NRC,
    PRODUCTION,
    REFRESH,
    Row,
    V,
    X,
    check,
    doc,
    post,
    rows,
    session,
    token,
    xhr,
)

DEV_MISSING, DEV_SYNC = "dev-browser-missing", "dev-browser-sync"
NO_SESSION, NO_UAT = "client-uat-but-no-session-token", "session-token-but-no-client-uat"
OLDER, AHEAD = "session-token-iat-before-client-uat", "session-token-iat-in-the-future"
PARTIES = replace(PRODUCTION, parties=("https://example.com",))

UAT_ONLY = session(None)
GOOD, STALE = session(V), session(X)
FRESH = (f"__session={token(jti='fresh')}; Path=/", f"__client_uat={NOW}; Path=/; Secure")
LOST = APIUnavailable("The connection broke.")
REFUSED = APIUnauthorized("401", status=401, code="session_not_found")
CALLED = ({"session_id": "sess_1", "expired_token": X, "refresh_token": "rt_1"},)


@rows(
    Row("D66", f"HS {DEV_MISSING}", doc(), DEVELOPMENT),
    Row("D67", f"SO {DEV_MISSING}", xhr(), DEVELOPMENT),
    Row("D68", f"SO {NOTHING}", doc("/", DEV_BROWSER), DEVELOPMENT),
    Row(
        "D69",
        f"HS {DEV_SYNC}",
        doc("/page?__clerk_db_jwt=dvb_2&y=1"),
        DEVELOPMENT,
        params={"redirect_url": "http://localhost:8000/page?y=1", "__clerk_db_jwt": "dvb_2"},
    ),
    Row(
        "D70",
        f"HS {DEV_SYNC}",
        doc("/page?__clerk_db_jwt=", session(DEV_X), DEV_BROWSER),
        DEVELOPMENT,
        params={"redirect_url": "http://localhost:8000/page", "__session": DEV_X, "__clerk_db_jwt": "dvb_1"},
    ),
    Row("D71", f"HS {DEV_MISSING}", doc("/", session(DEV_V)), DEVELOPMENT, params={"__clerk_db_jwt": None}),
    Row("D72", "SI", doc("/", session(DEV_V), DEV_BROWSER), DEVELOPMENT),
    Row("D73-absent", f"HS {NO_UAT}", doc("/", session(V, None)), params={"__session": V}),
    Row("D73-zero", f"HS {NO_UAT}", doc("/", session(V, "0"))),
    Row("D73-abc", f"HS {NO_UAT}", doc("/", session(V, "abc"))),
    Row("D74", f"HS {NO_SESSION}", doc("/", UAT_ONLY), params={"__session": None}),
    Row("D75", "SI", doc("/", GOOD)),
    Row("D76", f"HS {OLDER}", doc("/", session(V, str(NOW - 9)))),
    Row("D77", "SI", doc("/", session(V, str(NOW - 10)))),
    Row("D78", f"HS {NRC}", doc("/", STALE), params={"__session": X}),
    Row("D79", "SI", doc("/", STALE, REFRESH), backend=[*FRESH], cookies=FRESH, calls=CALLED),
    Row("D80", "SI", xhr("/", STALE, REFRESH), backend=[*FRESH], cookies=FRESH, calls=CALLED),
    Row("D81", f"HS {EXPIRED}session_not_found", doc("/", STALE, REFRESH), backend=REFUSED, calls=CALLED),
    Row("D82", f"HS {EXPIRED}unexpected-bapi-error", doc("/", STALE, REFRESH), backend=APIUnavailable("", status=500)),
    Row("D82-4xx", f"HS {EXPIRED}unexpected-bapi-error", doc("/", STALE, REFRESH), backend=APIError("", status=400)),
    Row("D83", f"HS {EXPIRED}fetch-error", doc("/", STALE, REFRESH), backend=LOST, calls=CALLED),
    Row("D84", f"HS {EXPIRED}unexpected-sdk-error", doc("/", STALE, REFRESH), backend=[], calls=CALLED),
    Row("D85", f"HS {EXPIRED}invalid-session-token", doc("/", STALE, REFRESH), backend=[f"__session={X}"]),
    Row(
        "D86",
        f"HS {EXPIRED}expired-session-token-missing-sid-claim",
        doc("/", session(token(sid=None, **AGED)), REFRESH),
        backend=[*FRESH],
        calls=(),
    ),
    Row("D87", f"SO {NO_GET}", post("/", STALE, REFRESH), backend=[*FRESH], calls=()),
    Row("D88", f"HS {NRC}", doc("/", STALE, "__refresh=rt_1"), backend=[*FRESH], calls=()),
    Row("D89", "HS session-token-nbf", doc("/", session(token(nbf=NOW + 60)))),
    Row("D90", f"HS {AHEAD}", doc("/", session(token(iat=NOW + 60)))),
    Row("D91", "SO token-invalid-signature", doc("/", session(token(key=OTHER_KEY)))),
    Row("D92", "SO token-invalid", doc("/", session("garbage"))),
    Row("D93", "SO token-type-mismatch", doc("/", session(m2m_jwt()))),
    Row("D94", "SO token-type-mismatch", doc("/", session(token(header={"cat": TEMPLATE})))),
    Row("D95", "SI", doc("/", session(token(azp=None)))),
    Row("D96", "SO token-invalid-authorized-parties", doc("/", session(token(azp="https://evil.com"))), PARTIES),
    Row("D96-without", "SO token-invalid-authorized-parties", doc("/", session(token(azp=None))), PARTIES),
    Row("D97", "SI", doc("/", session(token(sts="pending"))), user=None),
    Row("D98", f"SO {NO_SESSION}", post("/", UAT_ONLY)),
    Row("D99", f"SO {NO_SESSION}", doc("/", UAT_ONLY, method="HEAD")),
    Row("D100", f"HS {NO_SESSION}", doc("/", UAT_ONLY, HTTP_SEC_FETCH_DEST="iframe")),
    Row("D101", f"HS {NO_SESSION}", doc("/", UAT_ONLY, HTTP_SEC_FETCH_DEST=None, HTTP_ACCEPT="text/html,*/*")),
    Row("D102", f"SO {NO_SESSION}", doc("/", UAT_ONLY, HTTP_SEC_FETCH_DEST=None, HTTP_ACCEPT="*/*")),
    Row(
        "D103",
        f"SO {NO_SESSION}",
        doc("/", UAT_ONLY, HTTP_SEC_FETCH_DEST=None, HTTP_ACCEPT="application/json, text/html"),
    ),
    Row("D104", f"SO {NO_SESSION}", doc("/", UAT_ONLY, HTTP_SEC_FETCH_DEST="empty", HTTP_ACCEPT="text/html")),
    Row("D105", f"HS {NO_SESSION}", doc("/", UAT_ONLY, "__clerk_redirect_count=1"), count=2),
    Row("D105-last", f"HS {NO_SESSION}", doc("/", UAT_ONLY, "__clerk_redirect_count=2"), count=3),
    Row("D106", f"SO {NO_SESSION}", doc("/", UAT_ONLY, "__clerk_redirect_count=3")),
    # Clerk's SDK stops at three and at nothing else, so a counter beyond it would never stop.
    Row("D107", f"SO {NO_SESSION}", doc("/", UAT_ONLY, "__clerk_redirect_count=4")),
)
def test_row(row: Row) -> None:
    check(row)


def test_d95_is_warned_of_once(caplog: pytest.LogCaptureFixture) -> None:
    _warn_of_no_party.cache_clear()
    row = Row("D95", "SI", doc("/", session(token(azp=None))))
    for _ in range(3):
        check(row)
    (record,) = [record for record in caplog.records if record.levelname == "WARNING"]
    assert "CLERK_AUTHORIZED_PARTIES" in record.getMessage()
    assert "ey" not in record.getMessage()  # nothing of the token
