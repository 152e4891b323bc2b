"""D161 to D176: plain cookies (A) and suffixed ones (B)."""

from __future__ import annotations

from .world import (
    AGED,
    DEV_BROWSER,
    DEVELOPMENT,
    DEVELOPMENT_SUFFIX,
    NOTHING,
    NOW,
    NRC,
    SUFFIX,
    Row,
    check,
    dev_token,
    doc,
    rows,
    session,
    token,
)

A, B = token(sub="user_A"), token(sub="user_B")
A_OTHER = token(sub="user_A", iss="https://clerk.other.example")
A_NEWER, B_OLDER = token(sub="user_A", iat=NOW - 5), token(sub="user_B", iat=NOW - 10)
DEV_B, DEV_B_EXPIRED = dev_token(sub="user_B"), dev_token(sub="user_B", **AGED)
B_EXPIRED = token(sub="user_B", **AGED)
PLAIN, SUFFIXED = session(A), session(B, suffix=SUFFIX)
NO_UAT = "HS session-token-but-no-client-uat"
SIGNED_OUT, SUFFIXED_OUT = session(None, "0"), session(None, "0", SUFFIX)
DEV_BROWSER_SUFFIXED = f"__clerk_db_jwt{DEVELOPMENT_SUFFIX}=dvb_1"
DEV_SUFFIXED = session(DEV_B, suffix=DEVELOPMENT_SUFFIX)
YES, NO = {"suffixed_cookies": "true"}, {"suffixed_cookies": "false"}


@rows(
    Row("D161", "SI", doc("/", PLAIN), user="user_A"),
    Row("D162", "SI", doc("/", SUFFIXED), user="user_B"),
    Row("D163", "SI", doc("/", session(A_NEWER), session(B_OLDER, suffix=SUFFIX)), user="user_A"),
    Row("D164", "SI", doc("/", PLAIN, SUFFIXED), user="user_B"),
    Row("D165", "SI", doc("/", session(A_OTHER), SUFFIXED), user="user_B"),
    Row("D166", f"SO {NOTHING}", doc("/", session(A_OTHER))),
    Row("D167", "SO token-invalid", doc("/", session("junk"), SUFFIXED)),
    Row("D168", "SI", doc("/", PLAIN, SUFFIXED_OUT), user="user_A"),
    Row("D169", NO_UAT, doc("/", session(A, "0"), session(B, "0", SUFFIX)), params={**YES, "__session": B}),
    Row("D170", NO_UAT, doc("/", session(A, None), session(B, "0", SUFFIX)), params={**NO, "__session": A}),
    Row("D171", "SI", doc("/", PLAIN, session(B, None, SUFFIX)), user="user_A"),
    Row("D172", f"SO {NOTHING}", doc("/", SUFFIXED_OUT)),
    Row(
        "D173",
        f"SO {NOTHING}",
        doc("/", DEV_BROWSER, SIGNED_OUT, session(DEV_B_EXPIRED, suffix=DEVELOPMENT_SUFFIX)),
        DEVELOPMENT,
    ),
    Row(
        "D174",
        "SI",
        doc("/", DEV_BROWSER, DEV_BROWSER_SUFFIXED, SIGNED_OUT, DEV_SUFFIXED),
        DEVELOPMENT,
        user="user_B",
    ),
    Row(
        "D175",
        "HS dev-browser-missing",
        doc("/", DEV_BROWSER, SIGNED_OUT, DEV_SUFFIXED),
        DEVELOPMENT,
        params={**YES, "__clerk_db_jwt": None},
    ),
    Row("D176", f"HS {NRC}", doc("/", SIGNED_OUT, session(B_EXPIRED, suffix=SUFFIX)), params=YES),
)
def test_row(row: Row) -> None:
    check(row)
