"""Tokens that the instance did sign, whose claims are not those of a session here and now."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from tests.attacks.target import reasons
from tests.forge import forge
from tests.mint import ISSUER, ORIGIN, claims

NOW = int(time.time())


def raw(claim: str, spelling: str) -> str:
    """Return a signed token in which one claim is spelled as given, JSON or not."""
    text = json.dumps({**claims(), claim: "@"}).replace('"@"', spelling)
    return forge(payload=text.encode())


AZP: dict[str, Any] = {
    "missing": None,
    "another": "https://evil.example",
    "slash at the end": f"{ORIGIN}/",
    "path": f"{ORIGIN}/app",
    "port": f"{ORIGIN}:443",
    "other port": f"{ORIGIN}:8443",
    "http": "http://example.com",
    "no scheme": "example.com",
    "subdomain": "https://sub.example.com",
    "prefix": f"{ORIGIN}.evil.example",
    "suffix": f"https://evil{ORIGIN[8:]}",
    "credentials": "https://example.com@evil.example",
    "fragment": f"https://evil.example#{ORIGIN}",
    "query": f"https://evil.example?{ORIGIN}",
    "capitals": ORIGIN.upper(),
    "capital host": "https://Example.com",
    "dot at the end": f"{ORIGIN}.",
    "space before": f" {ORIGIN}",
    "space behind": f"{ORIGIN} ",
    "line break": f"{ORIGIN}\n",
    "NUL": f"{ORIGIN}\0",
    "zero width": f"{ORIGIN}\u200b",
    "Cyrillic": "https://ex\u0430mple.com",
    "fullwidth": "https://example\uff0ecom",
    "percent": "https://example%2ecom",
    "list": [ORIGIN],
    "list of several": [ORIGIN, "https://evil.example"],
    "object": {ORIGIN: True},
    "empty": "",
    "null text": "null",
    "wildcard": "*",
    "pattern": "https://.*",
    "true": True,
    "false": False,
    "zero": 0,
    "number": 1,
    "joined": f"{ORIGIN},https://evil.example",
    "joined by space": f"{ORIGIN} https://evil.example",
    "null origin": "null",
}

ISS: dict[str, Any] = {
    "missing": None,
    "another instance": "https://clerk.other.example",
    "development instance": "https://foo-bar-13.clerk.accounts.dev",
    "slash at the end": f"{ISSUER}/",
    "http": "http://clerk.example.com",
    "no scheme": "clerk.example.com",
    "capitals": ISSUER.upper(),
    "prefix": f"{ISSUER}.evil.example",
    "shorter": ISSUER[:-1],
    "a part": "clerk",
    "path": f"{ISSUER}/v1",
    "port": f"{ISSUER}:443",
    "credentials": "https://clerk.example.com@evil.example",
    "space": f"{ISSUER} ",
    "list": [ISSUER],
    "object": {"iss": ISSUER},
    "empty": "",
    "true": True,
    "zero": 0,
}

SUB: dict[str, Any] = {
    "missing": None,
    "empty": "",
    "number": 1,
    "true": True,
    "list": ["user_ada"],
    "object": {"id": "user_ada"},
    "no prefix": "ada",
    "prefix alone": "user_",
    "capitals": "USER_ada",
    "machine": "mch_1",
    "organization": "org_1",
    "API key": "ak_1",
    "path": "user_../../users",
    "slash": "user_a/b",
    "query": "user_a?x=1",
    "percent": "user_%2e%2e",
    "space before": " user_ada",
    "line break": "user_ada\n",
    "NUL": "user_ada\0",
    "quote": "user_ada' OR '1'='1",
    "Kelvin": "user_\u212a",
    "fullwidth": "user_\uff41da",
    "surrogate": "user_\ud800",
    "e-mail": "ada@example.com",
    "very long": "user_" + "a" * 300,
}

SID: dict[str, Any] = {
    "missing": None,
    "empty": "",
    "number": 1,
    "true": True,
    "list": ["sess_1"],
    "no prefix": "1",
    "prefix alone": "sess_",
    "capitals": "SESS_1",
    "user": "user_ada",
    "line break": "sess_1\n",
    "path": "sess_../x",
    "very long": "sess_" + "a" * 300,
}

NOT_A_TIME: dict[str, str] = {
    "null": "null",
    "text": f'"{NOW + 50}"',
    "empty text": '""',
    "true": "true",
    "false": "false",
    "fraction": f"{NOW + 50}.5",
    "whole fraction": f"{NOW + 50}.0",
    "exponent": "1e9",
    "large exponent": "1e12",
    "list": f"[{NOW + 50}]",
    "object": "{}",
    "negative": "-1",
    "very negative": f"-{NOW}",
    "minus zero as a fraction": "-0.0",
    "milliseconds": f"{NOW + 50}000",
    "microseconds": f"{NOW + 50}000000",
    "two to the 63rd": str(2**63),
    "two to the 64th": str(2**64),
    "beyond float": "9" * 400,
    "date": '"2030-01-01T00:00:00Z"',
}

NOT_JSON: dict[str, str] = {
    "NaN": "NaN",
    "Infinity": "Infinity",
    "-Infinity": "-Infinity",
    "1e400": "1e400",
    "-1e400": "-1e400",
    "5000 digits": "9" * 5000,
    "hexadecimal": "0x7fffffff",
    "octal": "0777",
    "underscores": "1_800_000_000",
    "plus": "+1800000000",
    "twice": f'{NOW + 50}, "exp": {NOW + 50}, "iat": 1, "nbf": 1',
}

TIMES: dict[str, dict[str, Any]] = {
    "expired": {"exp": NOW - 60},
    "expired long ago": {"exp": 1},
    "epoch": {"exp": 0},
    "just expired": {"exp": NOW - 6},
    "not yet": {"nbf": NOW + 3600},
    "issued tomorrow": {"iat": NOW + 86400, "exp": NOW + 86460},
    "no exp": {"exp": None},
    "no iat": {"iat": None},
    "no times": {"exp": None, "iat": None, "nbf": None},
}


def cases(table: dict[str, Any]) -> Any:
    return pytest.mark.parametrize("value", table.values(), ids=table.keys())


@cases(AZP)
def test_authorized_party(value: Any) -> None:
    assert reasons(forge(payload=claims(azp=value))) == {"token-invalid-authorized-parties"}


@cases(ISS)
def test_issuer(value: Any) -> None:
    assert reasons(forge(payload=claims(iss=value))) == {"token-invalid-issuer"}


@cases(SUB)
def test_subject(value: Any) -> None:
    assert reasons(forge(payload=claims(sub=value))) <= {"token-verification-failed", "token-type-mismatch"}


@cases(SID)
def test_session_id(value: Any) -> None:
    assert reasons(forge(payload=claims(sid=value))) == {"token-type-mismatch"}


@pytest.mark.parametrize("claim", ["exp", "iat", "nbf"])
@cases(NOT_A_TIME)
def test_what_is_no_time(value: str, claim: str) -> None:
    assert reasons(raw(claim, value)) == {"token-verification-failed"}


@pytest.mark.parametrize("claim", ["exp", "iat", "nbf"])
@cases(NOT_JSON)
def test_what_is_no_json(value: str, claim: str) -> None:
    assert reasons(raw(claim, value)) == {"token-invalid"}


@cases(TIMES)
def test_times(value: dict[str, Any]) -> None:
    given = reasons(forge(payload=claims(**value)))
    assert given <= {"token-expired", "token-not-active-yet", "token-iat-in-the-future", "token-verification-failed"}
