"""
What it costs to know who is asking, beside the yardsticks that matter: an empty view, one raw RSA verification, PyJWT,
and Django's own session authentication with database sessions.

    python benchmarks/auth_overhead.py [--rounds 30] [--tokens 200]

Everything runs interleaved in one process, a batch of each in every round, because machines change their speed: compare
rows of one run, never figures of two. The figure is the median over rounds of the processor time, in microseconds per
request: nothing here waits, and time that other processes take is not ours.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import django
import jwt
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PUBLIC = KEY.public_key()
ISSUER, ORIGIN = "https://clerk.example.com", "https://example.com"


def configure() -> None:
    settings.configure(
        ALLOWED_HOSTS=["*"],
        AUTHENTICATION_BACKENDS=["django_clerk.backends.ClerkBackend", "django.contrib.auth.backends.ModelBackend"],
        CLERK_AUTHORIZED_PARTIES=[ORIGIN],
        CLERK_JWT_KEY=PUBLIC.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode(),
        CLERK_PUBLISHABLE_KEY="pk_live_Y2xlcmsuZXhhbXBsZS5jb20k",
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            "django_clerk",
        ],
        SECRET_KEY="of the benchmark only",
    )
    django.setup()


def mint(number: int) -> str:
    now = int(time.time())
    claims = {
        "azp": ORIGIN, "exp": now + 3600, "fva": [0, -1], "iat": now - 10, "iss": ISSUER, "jti": f"{number:020x}",
        "nbf": now - 20, "sid": "sess_2NEbGMXbP1jHXyKHKNNFgm4vRhA", "sts": "active",
        "sub": "user_2NEbGMXbP1jHXyKHKNNFgm4vRhA", "v": 2,
    }  # fmt: skip
    return jwt.encode(claims, KEY, algorithm="RS256", headers={"kid": "ins_1", "cat": "cl_B7d4PD111AAA"})


class Contest:
    """Contestants take turns; each turn is a batch, and the batch's time is divided by its size."""

    def __init__(self) -> None:
        self.times: dict[str, list[float]] = {}
        self.contestants: list[tuple[str, Callable[[], int]]] = []

    def add(self, name: str, batch: Callable[[], int]) -> None:
        """``batch`` does its work some number of times, and returns how often."""
        self.contestants.append((name, batch))
        self.times[name] = []

    def run(self, rounds: int) -> None:
        for _, batch in self.contestants:  # warm up
            batch()
        gc.collect()
        gc.freeze()  # as preloading servers do: what was there before is not looked through again for each contestant
        for number in range(rounds):
            first = number % len(self.contestants)
            for name, batch in self.contestants[first:] + self.contestants[:first]:
                started = time.process_time()
                size = batch()
                self.times[name].append((time.process_time() - started) / size * 1e6)

    def median(self, name: str) -> float:
        return statistics.median(self.times[name])

    def over(self, name: str, base: str) -> float:
        """Median of the differences of neighbours, which the machine's speed changes least."""
        return statistics.median(mine - theirs for mine, theirs in zip(self.times[name], self.times[base], strict=True))

    def ratio(self, name: str, base: str) -> float:
        return statistics.median(mine / theirs for mine, theirs in zip(self.times[name], self.times[base], strict=True))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.strip().partition("\n\n")[0])
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--tokens", type=int, default=200, help="requests in a batch; as many new tokens")
    options = parser.parse_args()
    configure()

    from django.contrib.auth import get_user_model
    from django.contrib.auth.middleware import AuthenticationMiddleware
    from django.contrib.sessions.middleware import SessionMiddleware
    from django.core.handlers.wsgi import WSGIRequest
    from django.core.management import call_command
    from django.http import HttpResponse
    from django.test import Client, RequestFactory

    from django_clerk.middleware import ClerkMiddleware
    from django_clerk.wiring import forget

    call_command("migrate", verbosity=0)
    size = options.tokens
    factory = RequestFactory()

    def environ(**headers: str) -> dict[str, Any]:
        return factory._base_environ(**headers)

    response = HttpResponse
    known = mint(0)
    plain, signed = environ(), environ(HTTP_AUTHORIZATION=f"Bearer {known}")
    cookie = environ(HTTP_COOKIE=f"theme=dark; __client_uat=1; __session={known}; csrftoken=abc")

    def empty(request: Any) -> HttpResponse:
        return response()

    def touch_clerk(request: Any) -> HttpResponse:
        assert request.clerk.user_id is not None
        return response()

    def touch_user(request: Any) -> HttpResponse:
        assert request.user.is_authenticated
        return response()

    def requests_through(chain: Callable[[Any], Any], environment: dict[str, Any]) -> Callable[[], int]:
        def batch() -> int:
            for _ in range(size):
                chain(WSGIRequest(dict(environment)))
            return size

        return batch

    contest = Contest()
    contest.add("empty view", requests_through(empty, signed))
    contest.add("middleware, nobody asks", requests_through(ClerkMiddleware(empty), signed))
    contest.add("request.clerk, token seen before", requests_through(ClerkMiddleware(touch_clerk), signed))
    contest.add("request.clerk, cookie seen before", requests_through(ClerkMiddleware(touch_clerk), cookie))

    fresh = iter([mint(number) for number in range(1, (options.rounds + 1) * size + 1)])
    chain = ClerkMiddleware(touch_clerk)

    def first_seen() -> int:
        for _ in range(size):
            chain(WSGIRequest({**plain, "HTTP_AUTHORIZATION": f"Bearer {next(fresh)}"}))
        return size

    contest.add("request.clerk, token first seen", first_seen)

    message, _, signature = known.rpartition(".")
    raw_signature, raw_message = jwt.utils.base64url_decode(signature), message.encode()

    def raw_rsa() -> int:
        for _ in range(size):
            PUBLIC.verify(raw_signature, raw_message, padding.PKCS1v15(), SHA256())
        return size

    def pyjwt() -> int:
        for _ in range(size):
            jwt.decode(known, PUBLIC, algorithms=["RS256"], issuer=ISSUER)
        return size

    contest.add("raw RSA-2048 verification", raw_rsa)
    contest.add("PyJWT decode()", pyjwt)

    client = Client()
    client.force_login(get_user_model().objects.create_user("ada"), backend="django.contrib.auth.backends.ModelBackend")
    session = environ(HTTP_COOKIE=f"sessionid={client.cookies['sessionid'].value}")
    django_chain = SessionMiddleware(AuthenticationMiddleware(touch_user))
    clerk_chain = SessionMiddleware(AuthenticationMiddleware(ClerkMiddleware(touch_user)))
    contest.add("request.user, Django's session", requests_through(django_chain, session))
    contest.add("request.user, token seen before", requests_through(clerk_chain, signed))

    async def aempty(request: Any) -> HttpResponse:
        return response()

    async def atouch(request: Any) -> HttpResponse:
        assert request.clerk.user_id is not None
        return response()

    loop = asyncio.new_event_loop()

    def async_requests(chain: Callable[[Any], Any]) -> Callable[[], int]:
        async def all_of_them() -> int:
            for _ in range(size):
                await chain(WSGIRequest(dict(signed)))
            return size

        return lambda: loop.run_until_complete(all_of_them())

    contest.add("async: empty view", async_requests(aempty))
    contest.add("async: request.clerk, token seen before", async_requests(ClerkMiddleware(atouch)))
    contest.run(options.rounds)
    loop.close()
    forget(setting="CLERK_JWT_KEY")

    versions = f"Python {sys.version.split()[0]}, Django {django.get_version()}"
    print(f"{versions}; median of {options.rounds} rounds of {size}\n")
    print(f"{'':42}{'us/request':>12}{'over empty':>12}")
    for name, _ in contest.contestants:
        base = "async: empty view" if name.startswith("async") else "empty view"
        over = contest.over(name, base) if name.startswith(("request", "middleware", "async: r")) else None
        print(f"{name:42}{contest.median(name):12.1f}{'' if over is None else format(over, '12.1f')}")

    raw = contest.median("raw RSA-2048 verification")
    seen, first_seen_, pyjwt_ = "request.clerk, token seen before", "request.clerk, token first seen", "PyJWT decode()"
    users = contest.ratio("request.user, token seen before", "request.user, Django's session")
    print(f"\n{'ratios':52}{'here':>10}   aim")
    rows: list[tuple[str, float, str]] = [
        ("token first seen, over an empty view / raw RSA", contest.over(first_seen_, "empty view") / raw, "<= 1.6"),
        ("token seen before, us over an empty view", contest.over(seen, "empty view"), "<= 5"),
        ("the same, async", contest.over(f"async: {seen}", "async: empty view"), "<= 5"),
        ("request.user / Django's session", users, "<= 0.5"),
        ("PyJWT decode() / raw RSA", contest.ratio(pyjwt_, "raw RSA-2048 verification"), ""),
    ]
    for name, value, aim in rows:
        print(f"{name:52}{value:10.2f}   {aim}")


if __name__ == "__main__":
    main()
