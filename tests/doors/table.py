"""Who passes by which rule, written down once for all doors."""

from __future__ import annotations

#: "in": allowed. "sign-in": nobody is signed in. "out": Clerk knows them, and Django shuts them out. "no": not allowed.
#: "verify": allowed once a factor has been verified again.
#:
#: Somebody who is out sees a page that says so: the sign-in page, to which they are signed in, would send them back for
#: ever. A program is told to sign in, and no more.
TABLE = """
              login    role     org-role permission org      feature  plan     reverify owner    owner-or-role
nobody        sign-in  sign-in  sign-in  sign-in    sign-in  sign-in  sign-in  sign-in  sign-in  sign-in
forged        sign-in  sign-in  sign-in  sign-in    sign-in  sign-in  sign-in  sign-in  sign-in  sign-in
pending       sign-in  sign-in  sign-in  sign-in    sign-in  sign-in  sign-in  sign-in  sign-in  sign-in
member        in       no       no       no         in       no       no       verify   no       no
org-admin     in       no       in       in         in       in       in       verify   no       no
app-admin     in       in       no       no         no       no       no       verify   no       in
synced-admin  in       in       no       no         no       no       no       verify   no       in
owner         in       no       no       no         no       no       no       in       in       in
impersonated  in       no       no       no         no       no       no       in       in       in
banned        out      out      out      out        out      out      out      out      out      out
inactive      out      out      out      out        out      out      out      out      out      out
tombstoned    out      out      out      out        out      out      out      out      out      out
superuser     sign-in  sign-in  sign-in  sign-in    sign-in  sign-in  sign-in  sign-in  sign-in  sign-in
"""

RULES, *_ROWS = (line.split() for line in TABLE.strip().splitlines())
ANSWERS = {caller: dict(zip(RULES, answers, strict=True)) for caller, *answers in _ROWS}
