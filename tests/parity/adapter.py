"""
The adapter through which the parity cases ask django_clerk: what does it decide where Clerk's own SDK decides this?

    python -m tests.parity.adapter < cases.jsonl > answers.jsonl

A case of a request, or of ``has()``, goes through a whole Django: its handler, ClerkMiddleware, and a view that accepts
what the case accepts, with the settings of the case and at its time. It is not served at all where ``manage.py check``
warns of the keys: Clerk's SDK raises there, and ClerkMiddleware by itself would do without a secret or publishable key.
Bare tokens, keys, cookie names and redirects have no request, and are asked of the pieces themselves. README.md beside
the cases describes both forms. ``PARITY_CASES`` is their folder, with the key that mints tokens for mere claims.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import django

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()

import jwt
import time_machine
from django.core.cache import caches
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings

from django_clerk.callers import accept
from django_clerk.checks import check_settings
from django_clerk.conf import conf
from django_clerk.core.auth import Auth
from django_clerk.core.instance import Instance
from django_clerk.core.redirects import sign_in_redirect
from django_clerk.core.urls import is_absolute
from django_clerk.exceptions import InvalidToken, KeysUnavailable
from django_clerk.wiring import get_verifier
from tests.parity.door import Probe, enter
from tests.parity.network import API, CASES, Network

Case = Mapping[str, Any]
Answer = dict[str, Any]

DIMENSIONS = ("role", "permission", "feature", "plan", "reverification")
EVERY_TYPE = ("session_token", "api_key", "m2m_token", "oauth_token")
HEADERS = ("location", "set-cookie", "access-control-allow-origin", "access-control-allow-credentials")

#: What a case calls an option, and we a setting.
SETTINGS = {
    "publishableKey": "CLERK_PUBLISHABLE_KEY",
    "secretKey": "CLERK_SECRET_KEY",
    "jwtKey": "CLERK_JWT_KEY",
    "machineSecretKey": "CLERK_MACHINE_SECRET_KEY",
    "authorizedParties": "CLERK_AUTHORIZED_PARTIES",
    "audience": "CLERK_AUDIENCE",
    "issuer": "CLERK_ISSUER",
    "domain": "CLERK_DOMAIN",
    "isSatellite": "CLERK_IS_SATELLITE",
    "proxyUrl": "CLERK_PROXY_URL",
    "signInUrl": "CLERK_SIGN_IN_URL",
    "signUpUrl": "CLERK_SIGN_UP_URL",
    "satelliteAutoSync": "CLERK_SATELLITE_AUTO_SYNC",
}
LISTS = ("authorizedParties", "audience", "issuer")


def settings_from(case: Case) -> dict[str, Any]:
    """Return a project's settings for a case's options: absent is absent, also where the machine has a variable."""
    options = case["options"]
    settings: dict[str, Any] = dict.fromkeys(SETTINGS.values())
    for option, name in SETTINGS.items():
        value = options.get(option)
        settings[name] = [value] if option in LISTS and isinstance(value, str) else value
    settings["CLERK_IS_SATELLITE"] = bool(settings["CLERK_IS_SATELLITE"])
    settings["CLERK_SATELLITE_AUTO_SYNC"] = settings["CLERK_SATELLITE_AUTO_SYNC"] is True  # to the SDK a text is not
    skew = options.get("clockSkewInMs")
    settings["CLERK_CLOCK_SKEW"] = skew / 1000 if isinstance(skew, (int, float)) else 5
    patterns = options.get("organizationSyncOptions") or {}
    settings["CLERK_ORGANIZATION_PATTERNS"] = patterns_from(patterns.get("organizationPatterns"))
    settings["CLERK_PERSONAL_ACCOUNT_PATTERNS"] = patterns_from(patterns.get("personalAccountPatterns"))
    query = urlsplit(case["request"]["url"]).query if "request" in case else ""
    return {**settings, "CLERK_SATELLITE_ORIGINS": satellites_of(query), "CLERK_API_URL": API}


def patterns_from(option: Any) -> list[str]:
    """To path-to-regexp an empty list is a pattern that every path matches; in a setting it is no pattern."""
    return [] if option is None else option or ["(.*)"]


def accepted_from(option: Any) -> Any:
    if isinstance(option, list):
        return tuple(option)
    return EVERY_TYPE if option == "any" else option or "session_token"


@contextmanager
def project(case: Case) -> Iterator[None]:
    """A Django with the settings of a case, and with nothing in its cache."""
    cache = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "parity"}}
    with override_settings(**settings_from(case), CACHES=cache):
        caches["default"].clear()
        yield


def clock(case: Case) -> time_machine.travel:
    return time_machine.travel(case["now"] / 1000, tick=False)


def check(accepted: Any) -> None:
    """Refuse to serve with what ``manage.py check`` warns of, save for what a case may leave out."""
    silenced = {"django_clerk.W003", "django_clerk.W004", "django_clerk.W006", "django_clerk.E005"}
    if accepted in ("api_key", "m2m_token"):
        silenced.add("django_clerk.W002")  # they have no issuer that could be checked
    if accepted == "m2m_token" and conf.CLERK_MACHINE_SECRET_KEY:
        silenced |= {"django_clerk.W007", "django_clerk.E006"}
    complaints = [found for found in check_settings() if found.id not in silenced]
    if complaints:
        raise ImproperlyConfigured(complaints[0].msg)


def serve(case: Case) -> tuple[Auth, list[list[str]]]:
    """Let the request of a case in by the door and return ``request.clerk`` and the headers of the response."""
    accepted = accepted_from(case["options"].get("acceptsToken"))
    check(accepted)
    auth, headers = enter(
        case["request"],
        accepted,
        USE_X_FORWARDED_HOST=True,
        SECURE_PROXY_SSL_HEADER=("HTTP_X_FORWARDED_PROTO", "https"),
    )
    return auth, [[name.lower(), value] for name, value in headers]


def allowing_pending(case: Case) -> Auth:
    """Return what a view that lets pending sessions in would have seen."""
    return accept(Probe.seen, accepted_from(case["options"].get("acceptsToken")), pending=True)


def satellites_of(query: str) -> list[str]:
    """The SDK sends a browser back to any address. Ours does where the project names it, so this project does."""
    targets = [urlsplit(value) for name, value in parse_qsl(query) if name == "__clerk_redirect_url"]
    return [f"{target.scheme}://{target.netloc}" for target in targets if target.scheme in ("http", "https")]


def authenticate(case: Case) -> Answer:
    with project(case):
        return ask(case)


def ask(case: Case) -> Answer:
    with clock(case):
        network = Network.mount(case.get("network") or [])
        auth, headers = serve(case)
        calls = list(network.calls)
        allowed = allowing_pending(case) if auth.session_status == "pending" else None
    told = dict(headers)
    status = told.get("x-clerk-auth-status", "signed-in")
    return {
        "outcome": "state",
        "status": status,
        "reason": told.get("x-clerk-auth-reason"),
        "message": told.get("x-clerk-auth-message"),
        "tokenType": auth.token_type,
        "isAuthenticated": status == "signed-in",
        "headers": [header for header in headers if header[0] in HEADERS or is_told(*header)],
        "auth": None if status == "handshake" else auth_of(auth, case.get("probe")),
        "authPendingAllowed": None if allowed is None else auth_of(allowed, case.get("probe")),
        "calls": calls,
    }


def is_told(name: str, value: str) -> bool:
    """Tell whether a header says what was decided; Django's own for caches around the page are not the SDK's to set."""
    return name.startswith("x-clerk-auth-") or (name == "cache-control" and value == "no-store")


def auth_of(auth: Auth, probe: Mapping[str, Any] | None) -> Answer:
    found: Answer = {"tokenType": auth.token_type, "isAuthenticated": auth.is_signed_in}
    if auth.machine is not None:
        machine = auth.machine
        found |= {"id": machine.id, "subject": machine.subject, "scopes": list(machine.scopes), "name": machine.name}
        found |= {"claims": machine.claims and dict(machine.claims), "userId": machine.user_id}
        found |= {"orgId": machine.org_id, "machineId": machine.machine_id, "clientId": machine.client_id}
    else:
        org, claims = auth.org, auth.claims
        found |= {"userId": auth.user_id, "sessionId": auth.session_id, "sessionStatus": auth.session_status}
        found |= {"sessionClaims": dict(claims) or None, "actor": claims.get("act")}
        found |= {"factorVerificationAge": claims.get("fva")}
        if org is not None:
            listed = list(org.permissions) if claims.get("v") == 2 else claims.get("org_permissions")
            found |= {"orgId": org.id, "orgSlug": org.slug, "orgRole": org.role, "orgPermissions": listed}
    if probe is not None:
        found["has"] = auth.has(**wanted(probe))
    return found


def sequence(case: Case) -> Answer:
    """All steps have the same settings, and one process with all that it remembers."""
    with project(case["steps"][0]):
        return {"outcome": "steps", "steps": [ask(step) for step in case["steps"]]}


def has(case: Case) -> Answer:
    """Mint a session token with the claims and bring it in by the door."""
    now = int(case["now"] / 1000)
    token_claims = {"iat": now - 10, "exp": now + 50, "sid": "sess_parity", "iss": "https://clerk.example.com"}
    key = (CASES / "keys" / "main.private.pem").read_text()
    token = jwt.encode({**token_claims, **case["claims"]}, key, algorithm="RS256")
    options = {
        "publishableKey": "pk_live_Y2xlcmsuZXhhbXBsZS5jb20k",
        "secretKey": "sk_live_parity",
        "jwtKey": (CASES / "keys" / "main.public.pem").read_text(),
        "issuer": case["claims"].get("iss", token_claims["iss"]),
    }
    request = {"method": "GET", "url": "https://example.com/", "headers": [["authorization", f"Bearer {token}"]]}
    asked = {**case, "options": options, "request": request}
    with project(asked), clock(case):
        auth, _ = serve(asked)
        if not case.get("treatPendingAsSignedOut", True):
            auth = allowing_pending(asked)
    return {"outcome": "has", "result": auth.has(**wanted(case["params"]))}


def wanted(params: Any) -> dict[str, Any]:
    return {name: params[name] for name in DIMENSIONS if name in params} if isinstance(params, dict) else {}


def cookie_suffix(case: Case) -> Answer:
    instance = Instance.from_publishable_key(case["publishableKey"])
    names = [instance.suffixed(name) for name in case["cookies"]]
    return {"outcome": "suffix", "suffix": instance.cookie_suffix, "names": names}


def publishable_key(case: Case) -> Answer:
    instance = instance_of({**case["options"], "publishableKey": case["publishableKey"]})
    kind = "production" if instance.is_production else "development"
    return {
        "outcome": "key",
        "key": {"instanceType": kind, "frontendApi": instance.proxy_url or instance.original_frontend_api},
    }


def instance_of(options: Mapping[str, Any]) -> Instance:
    return Instance.from_publishable_key(
        (options.get("publishableKey") or "").strip(),
        domain=options.get("domain") or "",
        is_satellite=options.get("isSatellite") is True,
        proxy_url=options.get("proxyUrl") or "",
    )


def verify(case: Case) -> Answer:
    """Verification of a bare token has no door of its own; it is the verifier that every door asks."""
    with project(case), clock(case):
        Network.mount(case.get("network") or [])
        try:
            claims = get_verifier().verify(case["token"])
        except (InvalidToken, KeysUnavailable) as error:
            return {"outcome": "error", "reason": error.reason, "message": str(error)}
        return {"outcome": "payload", "payload": dict((claims.pending or claims).payload)}


def redirect(case: Case) -> Answer:
    options, back = case["options"], case["params"].get("returnBackUrl")
    here, dev_browser = options.get("baseUrl"), options.get("devBrowserToken")
    if not here:  # a request always has a URL; without one, it is that of the page to come back to
        options = {**options, "isSatellite": False}
        here, dev_browser = next((url for url in (back, options.get("signInUrl")) if is_absolute(url or "")), ""), None
    if (
        case["target"] == "sign-up"
        and not options.get("baseUrl")
        and not options.get("signUpUrl")
        and options.get("signInUrl")
    ):
        raise ValueError("There is no page to find the sign-up page from.")
    url = sign_in_redirect(
        case["target"],
        here,
        instance=instance_of(options),
        sign_in_url=options.get("signInUrl") or "",
        sign_up_url=options.get("signUpUrl") or "",
        return_url=back,
        dev_browser=dev_browser,
        is_pending=options.get("sessionStatus") == "pending",
    )
    if not is_absolute(url):
        raise ValueError("There is no page that the URL could be relative to.")
    return {"outcome": "redirect", "url": url}


KINDS: dict[str, Callable[[Case], Answer]] = {
    "authenticate": authenticate,
    "sequence": sequence,
    "has": has,
    "cookie_suffix": cookie_suffix,
    "publishable_key": publishable_key,
    "verify": verify,
    "redirect": redirect,
}


def answer(case: Case) -> Answer:
    """Answer a case as README.md asks. Routes are matched on resolved views here, so those cases are unsupported."""
    kind = KINDS.get(case["kind"])
    if kind is None:
        return {"id": case["id"], "unsupported": True}
    try:
        return {"id": case["id"], **kind(case)}
    except (ValueError, ImproperlyConfigured) as error:
        return {"id": case["id"], "outcome": "throw", "error": {"name": type(error).__name__, "message": str(error)}}


def main() -> None:
    for line in sys.stdin:
        if line.strip():
            print(json.dumps(answer(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
