"""``manage.py sync_clerk_users``: options and output; the work is in ``django_clerk.reconcile``."""

from __future__ import annotations

import json
import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

from django_clerk.exceptions import APIError
from django_clerk.reconcile import checkpoints
from django_clerk.reconcile.pruning import TooManyToPrune, prune_users
from django_clerk.reconcile.report import Report, Seen
from django_clerk.reconcile.users import LISTING as USERS
from django_clerk.reconcile.users import reconcile_user, reconcile_users
from django_clerk.wiring import get_client

_WIDTH = 30  #: characters of the progress bar
_NAMED = 20  #: objects at most that are named

Reports = dict[str, Report]


class Command(BaseCommand):
    help = "Brings the ClerkUser rows up to Clerk's list of users. Safe to run at any time, and to run again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Say what would change, and change nothing.")
        parser.add_argument("--user", metavar="ID", help="Only this user, by Clerk's id.")
        parser.add_argument("--resume", action="store_true", help="Go on where the last run was interrupted.")
        parser.add_argument(
            "--prune", action="store_true", help="Close the accounts of users that Clerk no longer has."
        )
        parser.add_argument(
            "--force", action="store_true", help="Prune even when a large part of the users is missing."
        )
        parser.add_argument("--json", action="store_true", help="Write the summary as a JSON object, for machines.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["prune"] and (options["resume"] or options["user"]):
            raise CommandError("--prune goes by a whole list: use it without --resume and --user.")
        reports: Reports = {"users": Report(seen=Seen() if options["prune"] else None)}
        started = time.monotonic()
        problem = self._attempt(reports, options)
        if options["json"]:
            seconds = round(time.monotonic() - started, 3)
            run = {"complete": not problem, "dry_run": options["dry_run"], "seconds": seconds}
            figures = {kind: report.as_dict() for kind, report in reports.items()}
            self.stdout.write(json.dumps({**run, **figures}))
        if problem:
            raise CommandError(problem)
        if not options["json"]:
            self.stdout.write(self.style.SUCCESS(_summary(reports, options)))

    def _attempt(self, reports: Reports, options: dict[str, Any]) -> str:
        """Run, and return what was left undone and why; "" where nothing was."""
        try:
            self._run(reports, options)
        except (ImproperlyConfigured, ValueError) as error:
            return str(error)
        except APIError as error:
            return (
                f"Not finished. {_summary(reports, options)} {error} --resume goes on where this ended. "
                "Run the command again: what is done stays done."
            )
        except TooManyToPrune as error:
            return (
                f"{_summary(reports, options)} Nothing was removed: {error} Check that CLERK_SECRET_KEY belongs to "
                "this project's instance, and use --force if it does."
            )
        failed = [name for report in reports.values() for name in report.failed]
        names = ", ".join(failed[:_NAMED]) + (", …" if len(failed) > _NAMED else "")
        return f"{_summary(reports, options)} {len(failed)} could not be stored: {names}." if failed else ""

    def _run(self, reports: Reports, options: dict[str, Any]) -> None:
        client, users, dry_run = get_client(), reports["users"], options["dry_run"]
        if options["user"]:
            reconcile_user(client, options["user"], users, dry_run=dry_run)
            return
        total = client.count_users()
        after = checkpoints.cursor(USERS) if options["resume"] else None
        with _progress_bar(self.stderr, total, shown=options["verbosity"] > 0) as show:
            reconcile_users(client.users(after=after), users, dry_run=dry_run, checkpoint=not dry_run, progress=show)
        if options["prune"]:
            prune_users(client, users, dry_run=dry_run, force=options["force"])


def _summary(reports: Reports, options: dict[str, Any]) -> str:
    counts = " ".join(f"{kind.capitalize()}: {report}." for kind, report in reports.items())
    return f"Dry run, nothing was written. {counts}" if options["dry_run"] else counts


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
