"""The local Clerk on a port of its own, for front ends and back ends that are not this Django project."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any

from django.core.handlers.wsgi import WSGIHandler
from django.core.management.base import BaseCommand, CommandError
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.http import HttpRequest
from django.urls import ResolverMatch

from django_clerk.emulator.guards import require_permission
from django_clerk.emulator.instance import Emulator, get_emulator
from django_clerk.emulator.settings import PROXY_URL, spellings
from django_clerk.emulator.webhooks.transport import check_address

ADDRESS = "127.0.0.1"  # and no option for another: it accepts anyone as anyone
URLCONF = "django_clerk.emulator.server_urls"


class EmulatorHandler(WSGIHandler):
    """The project's handler and middleware, with the local Clerk's URLs in place of the project's."""

    def resolve_request(self, request: HttpRequest) -> ResolverMatch:
        request.urlconf = URLCONF
        return super().resolve_request(request)


def make_server(port: int) -> ThreadedWSGIServer:
    """Return a server that listens on the loopback interface; port 0 takes a free one."""
    require_permission()
    server = ThreadedWSGIServer((ADDRESS, port), WSGIRequestHandler, ipv6=False)
    server.daemon_threads = True
    server.set_app(EmulatorHandler())
    return server


class Command(BaseCommand):
    help = "Runs the local Clerk alone, on this machine only, and prints the keys that a back end needs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=5555, help="port on 127.0.0.1; 0 takes a free one")
        parser.add_argument("--seed", type=int, default=0, metavar="N", help="see to it that the first N users exist")
        parser.add_argument(
            "--webhook-url", help="deliver webhooks to this http://localhost URL, or path of the project"
        )

        parser.add_argument(
            "--origin",
            action="append",
            metavar="URL",
            help="origin of the site that this one serves, such as http://localhost:8766, in place of what the settings"
            " say; repeatable, and the first is who links and tokens are for that nobody has asked for",
        )

    def handle(
        self,
        *args: Any,
        port: int,
        seed: int,
        webhook_url: str | None,
        origin: Sequence[str] | None = None,
        **options: Any,
    ) -> None:
        emulator = get_emulator()
        try:
            origins = [spelling for given in origin or () for spelling in spellings(given)]
        except ValueError as error:
            raise CommandError(str(error)) from None
        if webhook_url is not None:
            check_address(webhook_url)
            emulator.webhook_url = webhook_url
        if seed:
            self.stdout.write(f"{len(emulator.seed_users(seed))} users added, {emulator.count_users()} in all.\n")
        try:
            server = make_server(port)
        except OSError as error:
            raise CommandError(f"Port {port} cannot be used: {error.strerror}.") from error
        own_origin = f"http://localhost:{server.server_port}"
        if origins:
            emulator.addresses.own, emulator.addresses.origins = f"{own_origin}{PROXY_URL}", origins
        self._introduce(emulator, own_origin)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            self.stdout.write("\n")
        finally:
            server.server_close()

    def _introduce(self, emulator: Emulator, origin: str) -> None:
        credentials = emulator.credentials
        lines = [
            f"The local Clerk is at {origin}/__clerk/sign-in",
            "",
            "Keys for a back end on this machine. They open this local instance and nothing else.",
            f"CLERK_PUBLISHABLE_KEY={emulator.instance.publishable_key}",
            f"CLERK_SECRET_KEY={credentials.secret_key}",
            f"CLERK_WEBHOOK_SIGNING_SECRET={credentials.webhook_secret}",
            f"CLERK_API_URL={origin}/__clerk_api",
            f"CLERK_PROXY_URL={origin}/__clerk",
            f"CLERK_SIGN_IN_URL={origin}/__clerk/sign-in",
            "",
            "Quit with Control-C.",
        ]
        self.stdout.write("\n".join(lines))
        self.stdout.flush()
