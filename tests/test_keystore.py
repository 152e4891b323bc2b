"""Clerk's keys in Django's cache: shared by processes, believed only when we wrote them, and never needed."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Mapping
from typing import Any

import pytest
from django.core import signing
from django.core.cache import cache
from django.core.cache.backends.base import BaseCache
from django.test import override_settings

from django_clerk.core.keys import JwksKeys
from django_clerk.keystore import CachedKeyStore
from tests.jwks import OTHER_KEY, document, jwk
from tests.keys import PRIVATE_KEY

SECRET, URL = "sk_test_VeryUnlikelyToAppearByChance", "https://api.clerk.com"


class Broken(BaseCache):
    """A cache whose server has gone."""

    def __init__(self, *args: Any) -> None:
        super().__init__({})

    def get(self, *args: Any, **kwargs: Any) -> Any:
        raise ConnectionError("redis://:VeryUnlikelyToAppearByChance@cache refused")

    def set(self, *args: Any, **kwargs: Any) -> None:
        raise ConnectionError("redis://:VeryUnlikelyToAppearByChance@cache refused")


def store(secret_key: str = SECRET, api_url: str = URL) -> CachedKeyStore:
    return CachedKeyStore(secret_key=secret_key, api_url=api_url, lifetime=3600)


@pytest.fixture(autouse=True)
def _empty() -> None:
    cache.clear()


def test_what_one_process_keeps_another_finds() -> None:
    assert store().load() is None
    store().save(1000.5, document())
    assert store().load() == (1000.5, document())


@override_settings(CACHES={"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "read"}})
def test_the_entry_names_no_secret() -> None:
    """Read in the one cache that shows the bytes it holds, wherever the other tests keep theirs."""
    store().save(1000.5, document())
    ((key, entry),) = cache._cache.items()  # type: ignore[attr-defined]
    assert SECRET not in f"{key}{cache.get(store()._cache_key)}{entry!r}"


@pytest.mark.parametrize("other", [store("sk_live_other"), store(api_url="https://api.clerkstage.dev")])
def test_instances_never_read_each_others(other: CachedKeyStore) -> None:
    other.save(1000.0, document())
    assert store().load() is None
    store().save(2000.0, document())
    assert other.load() == (1000.0, document())  # nor does one push the other out
    # Not even when an entry is put where another belongs.
    cache.set(store()._cache_key, cache.get(other._cache_key))
    assert other._secret_key == SECRET or store().load() is None


def entry(value: Any, key: str = SECRET, salt: str = "django_clerk.jwks") -> str:
    return signing.dumps(value, key=key, salt=salt)


GOOD = {"fetched_at": time.time(), "document": document(jwk(key=OTHER_KEY))}
POISON: dict[str, Any] = {
    "None": None,
    "number": 1,
    "true": True,
    "bytes": b"x",
    "list": [1],
    "the document itself": GOOD,
    "text": "x",
    "empty": "",
    "JSON": json.dumps(GOOD),
    "base64": base64.b64encode(json.dumps(GOOD).encode()).decode(),
    "unsigned": entry(GOOD).rpartition(":")[0],
    "signed by another secret key": entry(GOOD, "sk_test_other"),
    "signed by Django's key": entry(GOOD, "of the tests only"),
    "signed by a fallback of Django's": entry(GOOD, "an old key that leaked"),
    "signed for something else": entry(GOOD, salt="django.core.signing"),
    "signature cut off": entry(GOOD)[:-1],
    "signature changed": entry(GOOD)[:-1] + "~",
    "body changed": "x" + entry(GOOD),
    "compressed garbage": ".eJx" + entry(GOOD),
    "signed, a list": entry([1, 2]),
    "signed, null": entry(None),
    "signed, a number": entry(1),
    "signed, no document": entry({"fetched_at": 1}),
    "signed, no time": entry({"document": document()}),
    "signed, time is text": entry({"fetched_at": "x", "document": document()}),
    "signed, time is null": entry({"fetched_at": None, "document": document()}),
    "signed, document is text": entry({"fetched_at": 1, "document": "x"}),
    "signed, document is null": entry({"fetched_at": 1, "document": None}),
}


@pytest.mark.parametrize("value", POISON.values(), ids=POISON)
@override_settings(SECRET_KEY_FALLBACKS=["an old key that leaked"])
def test_what_we_did_not_write_is_a_miss(value: Any) -> None:
    cache.set(store()._cache_key, value)
    assert store().load() is None
    keys = JwksKeys(lambda: document(), store())
    assert keys.get("ins_tests") == PRIVATE_KEY.public_key()
    assert store().load() is not None  # and is written over


@pytest.mark.parametrize(
    "backend",
    [
        f"{__name__}.Broken",
        "django.core.cache.backends.dummy.DummyCache",
        "django.core.cache.backends.locmem.LocMemCache",
    ],
)
def test_any_cache_will_do(backend: str, caplog: pytest.LogCaptureFixture) -> None:
    with override_settings(CACHES={"default": {"BACKEND": backend}}):
        for _ in range(2):
            keys = JwksKeys(lambda: document(), store())
            for _ in range(100):
                assert keys.get("ins_tests")
    assert len(caplog.records) == (4 if "Broken" in backend else 0)  # two at each start, none for each request
    assert "VeryUnlikely" not in caplog.text


def test_a_document_that_cannot_be_written_costs_nothing_but_the_sharing() -> None:
    """A hostile API may send one that is deep enough to be read, and too deep to be written again."""
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    served: Mapping[str, Any] = {**document(), "x": deep}
    assert JwksKeys(lambda: served, store()).get("ins_tests")
    assert store().load() is None
    while deep:  # taken apart by hand, as the interpreter may be no better at depth
        deep = deep[0]
