"""Is everything here that django_clerk needs? Settings, Clerk itself, the clock, the cache, the database."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from django.conf import settings
from django.core.cache import cache
from django.core.checks import ERROR, CheckMessage
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connections
from django.db.migrations.executor import MigrationExecutor
from django.urls import NoReverseMatch, reverse

from .api.probe import look
from .checks import check_deployment, check_groups, check_middleware, check_settings
from .conf import conf
from .core.jwks import read_key_set
from .exceptions import APIError, APIUnavailable
from .models import ClerkWebhookEvent
from .rows import database
from .webhooks.replay import LEFT_BEHIND, failed, unfinished
from .wiring import get_client, get_instance, make_keys

_SHOWN = 7  #: characters of a key that may be printed: they say which kind it is, and nothing else
_APP = "django_clerk"

Keys = dict[str, RSAPublicKey]


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    level: Literal["ok", "warning", "problem"]
    text: str
    hint: str = ""


def diagnose(*, clock: Callable[[], float] = time.time) -> Iterator[Finding]:
    """Yield what is found, as it is found. Nothing is raised, and no secret is in it."""
    said: set[str] = set()
    for step in (_settings, _clerk, lambda: _clock(clock), _webhook, _cache, _database):
        try:
            for finding in step():
                said.add(finding.text)
                yield finding
        except ImproperlyConfigured as error:
            if str(error) not in said:  # by the checks of the settings
                said.add(str(error))
                yield Finding("problem", str(error))


def _settings() -> Iterator[Finding]:
    messages = [*check_settings(), *check_middleware(), *([] if settings.DEBUG else check_deployment())]
    told = [_from_check(message) for message in messages if not message.is_silenced()]
    yield from told or [Finding("ok", "The settings hold together.")]


def _from_check(message: CheckMessage) -> Finding:
    level: Literal["warning", "problem"] = "problem" if message.level >= ERROR else "warning"
    return Finding(level, f"{message.msg} ({message.id})", message.hint or "")


def _clerk() -> Iterator[Finding]:
    """Both sides of the instance must answer, with the same keys."""
    by_secret_key: Keys = {}
    if secret_key := conf.CLERK_SECRET_KEY:
        try:
            by_secret_key = read_key_set(get_client().jwks())
            shown = f"{secret_key[:_SHOWN]}…"
            yield Finding("ok", f"The Backend API answers the secret key {shown} at {conf.CLERK_API_URL}.")
        except (APIError, ValueError) as error:
            yield Finding("problem", str(error), "Check CLERK_SECRET_KEY, CLERK_API_URL, and the way to the internet.")
    if by_secret_key and conf.CLERK_JWT_KEY and not _is_among(make_keys().get(None), by_secret_key):
        hint = "Copy the JWKS public key anew, from the API keys page of the same instance."
        yield Finding("problem", "CLERK_JWT_KEY is none of the instance's keys: no token is accepted.", hint)
    yield from _frontend(by_secret_key)


def _frontend(by_secret_key: Keys) -> Iterator[Finding]:
    instance = get_instance()
    if instance is None or instance.proxy_url.startswith("/"):  # the latter is this site, which may not be running
        return
    url = f"{instance.effective_frontend_api('')}/.well-known/jwks.json"
    try:
        seen = look(url)
        keys = read_key_set(seen.document)
    except (APIUnavailable, ValueError) as error:
        hint = "Browsers need it. A server behind a firewall may not reach it, and does not have to."
        yield Finding("warning", f"The Frontend API gives no keys at {url}: {error}", hint)
        return
    if by_secret_key and not any(_is_among(key, by_secret_key) for key in keys.values()):
        hint = "Copy both keys from the same instance, on the API keys page of Clerk's dashboard."
        yield Finding("problem", "CLERK_PUBLISHABLE_KEY and CLERK_SECRET_KEY belong to different instances.", hint)
    else:
        yield Finding("ok", f"The Frontend API answers at {instance.effective_frontend_api('')}.")


def _clock(clock: Callable[[], float]) -> Iterator[Finding]:
    before = clock()
    try:
        told_at = look(f"{conf.CLERK_API_URL}/v1/jwks").told_at
    except APIUnavailable:  # which has been said
        return
    if told_at is None:
        return
    # The server told the time at some moment in between, and in whole seconds.
    ahead = max(before - told_at - 1, told_at - clock(), 0.0)
    if ahead <= conf.CLERK_CLOCK_SKEW:
        yield Finding("ok", "The clock agrees with Clerk's.")
    else:
        text = f"The clock is {ahead:.0f} seconds off Clerk's: tokens are refused, or believed for too long."
        yield Finding("problem", text, "Synchronize it, with chrony or systemd-timesyncd. A larger skew only hides it.")


def _webhook() -> Iterator[Finding]:
    try:
        url = reverse("clerk_webhook")
    except NoReverseMatch:
        hint = 'Add path("webhooks/clerk/", include("django_clerk.webhooks.urls")) to the URLs.'
        yield Finding("warning", "There is no URL for webhooks, so changes in Clerk wait for sync_clerk_users.", hint)
        return
    text = f"Webhooks are received at {url}"
    yield Finding("ok", f"{text}: enter it in Clerk's dashboard with this very ending, a redirect loses the event.")


def _cache() -> Iterator[Finding]:
    written = secrets.token_hex(8)
    try:
        cache.set("django_clerk:diagnosis", written, 60)
        works = cache.get("django_clerk:diagnosis") == written
        reason = "it forgets at once"
    except Exception as error:  # noqa: BLE001 - each cache has its own
        works, reason = False, type(error).__name__
    if works:
        yield Finding("ok", "The cache works.")
    else:
        hint = "Without it every process fetches Clerk's keys, and ended sessions last until their token expires."
        yield Finding("warning", f"The default cache does not work ({reason}).", hint)


def _database() -> Iterator[Finding]:
    alias = database()
    try:
        executor = MigrationExecutor(connections[alias])
        leaves = [node for node in executor.loader.graph.leaf_nodes() if node[0] == _APP]
        missing = [migration.name for migration, _ in executor.migration_plan(leaves) if migration.app_label == _APP]
        if missing:
            text = f"The database lacks the migrations {', '.join(missing)} of django_clerk."
            yield Finding("problem", text, "Run manage.py migrate.")
            return
        last = ClerkWebhookEvent.objects.using(alias).order_by("-pk").first()
        yield from (_from_check(message) for message in check_groups(databases=[alias]))
        yield from _inbox()
    except DatabaseError as error:
        # Not the message, in which some databases name the host and the user.
        yield Finding("problem", f"The database cannot be used ({type(error).__name__}).", "Check DATABASES.")
        return
    told = (
        f"the last webhook came at {last.received_at:%Y-%m-%d %H:%M %Z}".rstrip() if last else "no webhook has come yet"
    )
    yield Finding("ok", f"The database is up to date, and {told}.")


def _inbox() -> Iterator[Finding]:
    """Events whose effect has not come: what they told is missing here, until they are applied."""
    if count := failed().count():
        hint = "The inbox says why, in the column error. Mend that, and run manage.py clerk_replay_events."
        yield Finding("warning", f"Webhook events that failed: {count}.", hint)
    if count := unfinished().count():
        hint = "See that the workers of your queue run, and run manage.py clerk_replay_events --unfinished."
        yield Finding("warning", f"Webhook events without effect after {LEFT_BEHIND / 60:g} minutes: {count}.", hint)


def _is_among(key: RSAPublicKey, keys: Keys) -> bool:
    return key.public_numbers() in [other.public_numbers() for other in keys.values()]
