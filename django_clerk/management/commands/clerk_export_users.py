"""``manage.py clerk_export_users``: options and output; the work is in ``django_clerk.export``."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

from django_clerk.exceptions import APIError
from django_clerk.export import Choice, Report, export_users
from django_clerk.wiring import get_client

_NAMED = 20  #: users at most that are named


class Command(BaseCommand):
    help = "Creates Clerk users for the Django users without one, and links them. Goes on where it was interrupted."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--staff", action="store_true", help="Export staff and superusers as well.")
        parser.add_argument(
            "--inactive", action="store_true", help="Export inactive users as well. They are banned in Clerk."
        )
        parser.add_argument(
            "--email-verified",
            action="store_true",
            help="Say that this project has verified the addresses. Otherwise Clerk does, at the first sign-in.",
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="Say what would be tried, and ask and write nothing."
        )
        parser.add_argument("--json", action="store_true", help="Print the summary as JSON.")

    def handle(self, *args: Any, **options: Any) -> None:
        report, failure = Report(), ""
        choice = Choice(staff=options["staff"], inactive=options["inactive"], verified=options["email_verified"])
        try:
            export_users(None if options["dry_run"] else get_client(), report, choice)
        except ImproperlyConfigured as error:
            raise CommandError(str(error)) from error
        except APIError as error:
            failure = f"Not finished. {error} Run the command again: what is done stays done."
        if options["json"]:
            summary = {**asdict(report), "dry_run": options["dry_run"], "finished": not failure}
            self.stdout.write(json.dumps(summary))
        else:
            self.stdout.write(_summary(report, dry_run=options["dry_run"]))
        if failure or report.failed:
            raise CommandError(" ".join(filter(None, (failure, _failures(report)))))


def _summary(report: Report, *, dry_run: bool) -> str:
    counts = f"created {report.created} ({report.without_password} without a password), linked {report.linked}"
    counts += f", skipped {report.skipped_linked} who are linked, {report.skipped_staff} staff"
    counts += f" and {report.skipped_inactive} inactive"
    return f"Dry run, nothing was asked or written: {counts}." if dry_run else f"Users: {counts}."


def _failures(report: Report) -> str:
    """Return who could not be exported and why, by primary key."""
    if not report.failed:
        return ""
    named = [f"{key}: {reason}" for key, reason in list(report.failed.items())[:_NAMED]]
    more = "; …" if len(report.failed) > _NAMED else ""
    return f"{len(report.failed)} could not be exported: {'; '.join(named)}{more}."
