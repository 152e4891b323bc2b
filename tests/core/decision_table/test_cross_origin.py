"""D108 to D116: pages of other domains that lead here."""

from __future__ import annotations

from .world import DEV_BROWSER, DEV_V, DEVELOPMENT, Row, Sent, V, check, doc, post, rows, session, xhr

SYNC = "HS primary-domain-cross-origin-sync"
GOOD, DEV_GOOD = session(V), session(DEV_V)
COUNTED = "__clerk_redirect_count=1"
ELSEWHERE = "https://satellite.com/a"


def coming_from(referer: str, *more: str) -> Sent:
    return doc("/page?x=1", GOOD, *more, HTTP_REFERER=referer)


def dev_coming_from(referer: str) -> Sent:
    return doc("/page?x=1", DEV_GOOD, DEV_BROWSER, HTTP_REFERER=referer)


@rows(
    Row("D108", SYNC, coming_from(ELSEWHERE), params={"__session": V}),
    Row("D109-sibling", SYNC, coming_from("https://app.example.com/x")),
    Row("D109-scheme", SYNC, coming_from("http://example.com/")),
    Row("D110", "SI", coming_from("https://example.com/other")),
    Row("D111-portal", "SI", coming_from("https://accounts.example.com/sign-in?x=1")),
    Row("D111-frontend-api", "SI", coming_from("https://clerk.example.com/v1/client")),
    Row("D112", SYNC, coming_from("https://foo-bar-13.accounts.dev/")),
    Row("D113-own", "SI", dev_coming_from("https://foo-bar-13.accounts.dev/"), DEVELOPMENT),
    Row("D113-other", "SI", dev_coming_from("https://other.accounts.dev/"), DEVELOPMENT),
    Row("D114", SYNC, dev_coming_from("https://evil.com/"), DEVELOPMENT),
    Row("D115", "SI", coming_from(ELSEWHERE, COUNTED)),
    Row("D116-xhr", "SI", xhr("/", GOOD, HTTP_REFERER=ELSEWHERE)),
    Row("D116-post", "SI", post("/", GOOD, HTTP_REFERER=ELSEWHERE)),
    Row("D116-iframe", "SI", doc("/", GOOD, HTTP_REFERER=ELSEWHERE, HTTP_SEC_FETCH_DEST="iframe")),
    Row("D116-nothing", "SI", doc("/", GOOD, HTTP_REFERER=ELSEWHERE, HTTP_SEC_FETCH_DEST=None)),
)
def test_row(row: Row) -> None:
    check(row)
