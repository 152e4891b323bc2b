"""``manage.py clerk_prune_events``: options and output; the work is in ``django_clerk.webhooks.retention``."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

from django_clerk.webhooks.retention import prune


class Command(BaseCommand):
    help = "Deletes the webhook events that were applied and are older than CLERK_WEBHOOK_RETENTION_DAYS."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Say how many there are, and delete nothing.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            count = prune(dry_run=options["dry_run"])
        except ImproperlyConfigured as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Dry run: {count} events are old." if options["dry_run"] else f"Events: removed {count}.")
