"""``manage.py sync_clerk_users``: options and output; the work is in ``django_clerk.reconcile``."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

from django_clerk.exceptions import APIError
from django_clerk.reconcile import Report, TooManyToPrune, prune, reconcile
from django_clerk.wiring import get_client

_WIDTH = 30  #: characters of the progress bar
_NAMED = 20  #: users at most that are named


class Command(BaseCommand):
    help = "Brings the ClerkUser rows up to Clerk's list of users. Safe to run at any time, and to run again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Say what would change, and change nothing.")
        parser.add_argument(
            "--prune", action="store_true", help="Close the accounts of users that Clerk no longer has."
        )
        parser.add_argument(
            "--force", action="store_true", help="Prune even when a large part of the users is missing."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        report = Report()
        try:
            self._run(report, options)
        except ImproperlyConfigured as error:
            raise CommandError(str(error)) from error
        except APIError as error:
            summary = _summary(report, options)
            raise CommandError(
                f"Not finished. {summary} {error} Run the command again: what is done stays done."
            ) from error
        except TooManyToPrune as error:
            raise CommandError(
                f"{_summary(report, options)} Nothing was removed: {error} Check that CLERK_SECRET_KEY belongs to this "
                "project's instance, and use --force if it does."
            ) from error
        if report.failed:
            names = ", ".join(report.failed[:_NAMED]) + (", …" if len(report.failed) > _NAMED else "")
            raise CommandError(f"{_summary(report, options)} {len(report.failed)} could not be stored: {names}.")
        self.stdout.write(self.style.SUCCESS(_summary(report, options)))

    def _run(self, report: Report, options: dict[str, Any]) -> None:
        client = get_client()
        with _progress_bar(self.stderr, client.count_users(), shown=options["verbosity"] > 0) as show:
            reconcile(client, report, dry_run=options["dry_run"], progress=show)
        if options["prune"]:
            prune(client, report, dry_run=options["dry_run"], force=options["force"])


def _summary(report: Report, options: dict[str, Any]) -> str:
    counts = f"created {report.created}, updated {report.updated}"
    counts += f", unchanged {report.unchanged}, removed {report.removed}"
    return f"Dry run, nothing was written: {counts}." if options["dry_run"] else f"Users: {counts}."


@contextmanager
def _progress_bar(stream: Any, total: int, *, shown: bool) -> Iterator[Callable[[int], None]]:
    """Yield what redraws a line on a terminal, which is gone at the end; nothing is written to be read later."""

    def write(text: str) -> None:
        if shown and stream.isatty():
            stream.write("\r" + text, ending="")
            stream.flush()

    def show(listed: int) -> None:
        share = min(listed / total, 1.0) if total else 1.0
        write(f"[{('#' * round(share * _WIDTH)).ljust(_WIDTH, '.')}] {listed}/{total} users")

    try:
        yield show
    finally:
        write(" " * (_WIDTH + 40) + "\r")
