"""D142 to D160: what a browser brings back from a handshake."""

from __future__ import annotations

from django_clerk.exceptions import APINotFound
from tests.jwks import OTHER_KEY
from tests.mint import TEMPLATE

from .world import (
    DEV_BROWSER,
    DEV_V,
    DEVELOPMENT,
    DEVELOPMENT_SUFFIX,
    NOTHING,
    NOW,
    NRC,
    SUFFIX,
    Row,
    V,
    X,
    check,
    decided,
    dev_token,
    doc,
    handshake_token,
    post,
    rows,
    session,
    xhr,
)


def three(session_token: str, suffix: str) -> tuple[str, ...]:
    """Return the directives of somebody who is signed in."""
    attributes = "Path=/; Domain=example.com; Max-Age=315360000; Secure; SameSite=Lax"
    names = (f"__session={session_token}", f"__session{suffix}={session_token}", f"__client_uat={NOW - 100}")
    return tuple(f"{name}; {attributes}" for name in names)


C3, DEV_C3 = three(V, SUFFIX), three(DEV_V, DEVELOPMENT_SUFFIX)
H3, DEV_H3 = handshake_token(*C3), handshake_token(*DEV_C3)
SIGNED_OUT = ("__client_uat=0; Path=/",)
BOTH_OUT = ("__session=; Max-Age=0", "__client_uat=0; Path=/")
NO_SESSION = "SO session-token-missing"
LONG_AGO = {"iat": NOW - 90_080, "nbf": NOW - 90_090, "exp": NOW - 90_000}
RECENT = {"iat": NOW - 80, "nbf": NOW - 90, "exp": NOW - 20}
FORGED = handshake_token(*C3, key=OTHER_KEY)
GONE = APINotFound("404", status=404, code="resource_not_found")
NONCE_CALL = ({"nonce": "abc"},)


def cookie(handshake: str) -> str:
    return f"__clerk_handshake={handshake}"


def link(handshake: str, *more: str) -> str:
    return "&".join((f"/p?__clerk_handshake={handshake}", *more))


DEV_X3 = three(dev_token(**RECENT), DEVELOPMENT_SUFFIX)
DEV_OLD = handshake_token(*three(dev_token(**LONG_AGO), DEVELOPMENT_SUFFIX))
DEV_FOREIGN = handshake_token(*three(dev_token(key=OTHER_KEY), DEVELOPMENT_SUFFIX))
MISSING, STAYS = "HS dev-browser-missing", "HS client-uat-but-no-session-token"
CLEAN = "http://localhost:8000/p?y=1"


@rows(
    Row(
        "D142",
        "SI",
        doc(link(DEV_H3, "__clerk_help=1", "__clerk_db_jwt=d", "y=1")),
        DEVELOPMENT,
        cookies=DEV_C3,
        location=CLEAN,
    ),
    Row("D143", "SI", doc("/", cookie(H3)), cookies=C3),
    Row("D144", NO_SESSION, doc("/", cookie(handshake_token(*SIGNED_OUT))), cookies=SIGNED_OUT),
    Row("D145", NO_SESSION, doc("/", cookie(handshake_token(*BOTH_OUT))), cookies=BOTH_OUT),
    # Clerk's SDK raises for these three, which is a 500 for anybody who follows a bad link: here it is a page for
    # nobody, and the log says why.
    Row("D146", "SO token-invalid-signature", doc(link(handshake_token(*DEV_C3, key=OTHER_KEY))), DEVELOPMENT),
    Row("D147", "SO token-invalid", doc(link("garbage")), DEVELOPMENT),
    Row(
        "D150",
        "SO token-type-mismatch",
        doc(link(handshake_token(*DEV_C3, header={"cat": TEMPLATE}))),
        DEVELOPMENT,
    ),
    Row("D148", f"SO {NOTHING}", doc("/", cookie(FORGED))),
    Row("D149", STAYS, doc("/", cookie(FORGED), session(None))),
    Row(
        "D150-production",
        f"SO {NOTHING}",
        doc("/", cookie(handshake_token(*C3, header={"cat": TEMPLATE}))),
    ),
    Row("D151", "SI", doc("/", "__clerk_handshake_nonce=abc"), backend=[*C3], cookies=C3, calls=NONCE_CALL),
    Row(
        "D152",
        "SI",
        doc("/p?__clerk_handshake_nonce=abc&y=1"),
        DEVELOPMENT,
        backend=[*DEV_C3],
        cookies=DEV_C3,
        location=CLEAN,
        calls=NONCE_CALL,
    ),
    Row("D153-production", NO_SESSION, doc("/", "__clerk_handshake_nonce=abc"), backend=GONE, calls=NONCE_CALL),
    Row(
        "D153-development",
        NO_SESSION,
        doc("/p?__clerk_handshake_nonce=abc&y=1"),
        DEVELOPMENT,
        backend=GONE,
        location=CLEAN,
        calls=NONCE_CALL,
    ),
    Row(
        "D154",
        "SI",
        doc("/", "__clerk_handshake_nonce=abc", cookie("garbage")),
        backend=[*C3],
        cookies=C3,
        calls=NONCE_CALL,
    ),
    Row(
        "D155",
        "SI",
        doc(link(handshake_token(*DEV_X3), "y=1")),
        DEVELOPMENT,
        cookies=DEV_X3,
        location=CLEAN,
    ),
    # The wrong clock is forgiven there and nowhere else.
    Row("D155-afterwards", f"HS {NRC}", doc("/", session(dev_token(**RECENT)), DEV_BROWSER), DEVELOPMENT),
    Row("D156-a-day", MISSING, doc(link(DEV_OLD)), DEVELOPMENT),
    Row("D156-other-key", MISSING, doc(link(DEV_FOREIGN)), DEVELOPMENT),
    Row("D157", STAYS, doc("/", cookie(handshake_token(*three(X, SUFFIX))), session(None))),
    Row("D158-post", "SI", post("/", cookie(H3)), cookies=C3),
    Row("D158-xhr", "SI", xhr("/", cookie(H3)), cookies=C3),
    # In development Clerk's SDK sends a POST to the clean URL as well, which loses its body or sends it twice.
    Row("D158-development", "SI", post(link(DEV_H3)), DEVELOPMENT, cookies=DEV_C3),
    Row("D159", "SI", doc("/", cookie(handshake_token(*SIGNED_OUT)), bearer=V)),
    Row("D160", NO_SESSION, doc("/", session(V), cookie(handshake_token(*SIGNED_OUT))), cookies=SIGNED_OUT),
    # Clerk's SDK follows a production handshake that is in the link, and so signs a victim in as whoever wrote it.
    Row("D143-in-the-link", f"SO {NOTHING}", doc(link(H3))),
    Row("D151-in-the-link", f"SO {NOTHING}", doc("/p?__clerk_handshake_nonce=abc"), backend=[*C3], calls=()),
)
def test_row(row: Row) -> None:
    check(row)


def test_d143_is_readable_by_no_other_site() -> None:
    state, _ = decided(Row("D143", "SI", doc("/", cookie(H3))))
    assert state.headers[:2] == (
        ("Access-Control-Allow-Origin", "null"),
        ("Access-Control-Allow-Credentials", "true"),
    )
