"""D117 to D125: URLs about an organization, or about nobody but the user."""

from __future__ import annotations

from dataclasses import replace

from django_clerk.core.organizations import OrganizationPatterns
from tests.mint import organization

from .world import PRODUCTION, Row, V, check, doc, rows, session, token, xhr

PATTERNS = OrganizationPatterns(["/orgs/:slug", "/orgs/:slug/(.*)"], ["/me", "/me/(.*)"])
PROJECT = replace(PRODUCTION, organizations=PATTERNS)
MISMATCH = "HS active-organization-mismatch"
OTHER = session(token(o=organization(id="org_other", slug="other")))
ACME = session(token(o=organization()))
PERSONAL = session(V)
THREE = "__clerk_redirect_count=3"
WANTED = {"organization_id": "acme"}


@rows(
    Row("D117", MISMATCH, doc("/orgs/acme", OTHER), PROJECT, params=WANTED),
    Row("D117-below", MISMATCH, doc("/orgs/acme/posts?x=1", OTHER), PROJECT, params=WANTED),
    Row("D118", MISMATCH, doc("/orgs/acme", PERSONAL), PROJECT, params=WANTED),
    Row("D119", "SI", doc("/orgs/acme", ACME), PROJECT),
    Row("D120", "SI", xhr("/orgs/acme", OTHER), PROJECT),
    Row("D121", "SI", doc("/orgs/acme", OTHER, THREE), PROJECT),
    Row("D122", MISMATCH, doc("/me", ACME), PROJECT, params={"organization_id": ""}),
    Row("D123", "SI", doc("/me", PERSONAL), PROJECT),
    Row("D124", "SI", doc("/orgs/acme", session(token(sts="pending"))), PROJECT, user=None),
    Row("D125", "HS client-uat-but-no-session-token", doc("/orgs/acme", session(None)), PROJECT, params=WANTED),
    Row(
        "D125-elsewhere",
        "HS client-uat-but-no-session-token",
        doc("/posts", session(None)),
        PROJECT,
        params={"organization_id": None},
    ),
)
def test_row(row: Row) -> None:
    check(row)
