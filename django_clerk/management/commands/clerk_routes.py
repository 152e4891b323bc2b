"""``manage.py clerk_routes``: options and output; the work is in ``django_clerk.inventory``."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

from django_clerk.inventory import Row, take_inventory
from django_clerk.wiring import get_routes

_UNGUARDED = "UNGUARDED"


class Command(BaseCommand):
    help = "Lists every URL of the project with what guards it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--unguarded", action="store_true", help="List unguarded URLs only, and fail if there is one."
        )
        parser.add_argument("--json", action="store_true", help="Write JSON, for programs.")
        parser.add_argument("--urlconf", help="Dotted path of a urlconf other than ROOT_URLCONF.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            rows = list(take_inventory(get_routes(), options["urlconf"]))
        except (ImproperlyConfigured, ImportError) as error:
            raise CommandError(str(error)) from error
        unguarded = [row for row in rows if row.is_unguarded]
        shown = unguarded if options["unguarded"] else rows
        if options["json"]:
            self.stdout.write(json.dumps([_as_json(row) for row in shown], indent=2))
        else:
            self._write_table(shown)
        if options["unguarded"] and unguarded:
            raise CommandError(f"{len(unguarded)} of {len(rows)} URLs are unguarded.")
        if not options["json"]:
            self.stdout.write(f"{len(rows)} URLs, {len(unguarded)} of them unguarded.")

    def _write_table(self, rows: list[Row]) -> None:
        if not rows:
            return
        lines = [("URL", "Name", "Guarded by"), *((row.route, row.name or "-", _verdict(row)) for row in rows)]
        first, second = (max(len(line[column]) for line in lines) for column in (0, 1))
        for position, (route, name, verdict) in enumerate(lines):
            text = f"{route.ljust(first)}  {name.ljust(second)}  {verdict}"
            is_open = position > 0 and rows[position - 1].is_unguarded
            self.stdout.write(self.style.ERROR(text) if is_open else text)


def _verdict(row: Row) -> str:
    says = " & ".join(row.guards) or ("public: " + ", ".join(row.public) if row.public else _UNGUARDED)
    return f"{says} (some paths, perhaps: {', '.join(row.partly)})" if row.partly else says


def _as_json(row: Row) -> dict[str, Any]:
    return {
        "route": row.route,
        "name": row.name or None,
        "view": row.view,
        "guards": row.guards,
        "public": row.public,
        "partly": row.partly,
        "unguarded": row.is_unguarded,
    }
