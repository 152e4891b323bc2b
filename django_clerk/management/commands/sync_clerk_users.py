"""``manage.py sync_clerk_users``: options and output; the work is in ``django_clerk.reconcile``."""

from __future__ import annotations

import json
import time
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from django_clerk.api import ClerkClient
from django_clerk.exceptions import APIError, APINotFound
from django_clerk.models import ClerkOrganization, ClerkUser
from django_clerk.reconcile import checkpoints, organizations, users
from django_clerk.reconcile.pruning import TooManyToPrune, last_row, prune
from django_clerk.reconcile.report import Report, Seen
from django_clerk.sync import delete_organization, delete_user
from django_clerk.wiring import get_client

_WIDTH = 30  #: characters of the progress bar
_NAMED = 20  #: objects at most that are named

Reports = dict[str, Report]


class Command(BaseCommand):
    help = "Brings the rows up to Clerk's list of users, and of organizations. Safe to run at any time, and again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Say what would change, and change nothing.")
        parser.add_argument("--organizations", action="store_true", help="Organizations and their members as well.")
        parser.add_argument("--user", metavar="ID", help="Only this user, by Clerk's id.")
        parser.add_argument(
            "--since", metavar="TIME", type=_moment, help="Only users changed since, such as 2026-01-31T18:00."
        )
        parser.add_argument("--resume", action="store_true", help="Go on where the last run was interrupted.")
        parser.add_argument(
            "--prune", action="store_true", help="Close the accounts of users that Clerk no longer has."
        )
        parser.add_argument("--force", action="store_true", help="Prune even when a large part of them is missing.")
        parser.add_argument("--json", action="store_true", help="Write the summary as a JSON object, for machines.")

    def handle(self, *args: Any, **options: Any) -> None:
        partial = [name for name in ("user", "since", "resume") if options[name]]
        if options["prune"] and partial:
            raise CommandError(f"--prune goes by a whole list: use it without --{partial[0]}.")
        if len(partial) > 1:
            raise CommandError(f"--{partial[0]} and --{partial[1]} do not go together.")
        kinds = ("users", "roles", "organizations", "memberships") if options["organizations"] else ("users",)
        reports = {kind: Report(seen=Seen() if options["prune"] else None) for kind in kinds}
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
            self._run(get_client(), reports, options)
        except (CommandError, ImproperlyConfigured) as error:
            return str(error)
        except APIError as error:
            if options["user"] and isinstance(error, APINotFound):
                return f"{error} --prune, without --user, closes the accounts of users that Clerk no longer has."
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

    def _run(self, client: ClerkClient, reports: Reports, options: dict[str, Any]) -> None:
        if options["user"]:
            _sync_one(client, reports, options)
            return
        if not (options["resume"] or options["dry_run"] or options["since"]):
            checkpoints.clear()  # to go on where an older run ended would leave out what this one has not read
        begun = checkpoints.cursors() if options["resume"] else {}
        unfinished = {listing: cursor for listing, cursor in begun.items() if listing in reports}
        if not unfinished or users.LISTING in unfinished:
            self._sync_users(client, reports["users"], options, after=unfinished.get(users.LISTING))
        if options["organizations"]:
            after = unfinished.get(organizations.LISTING)
            over = self._started_over(organizations.LISTING)
            _sync_organizations(client, reports, options, after=after, started_over=over)

    def _sync_users(self, client: ClerkClient, report: Report, options: dict[str, Any], *, after: str | None) -> None:
        dry_run, since = options["dry_run"], options["since"]
        known_to = last_row(ClerkUser) if options["prune"] else 0
        over = self._started_over(users.LISTING)
        pages = users.pages_after(client, after, started_over=over) if since is None else client.users_since(since)
        total = client.count_users() if since is None else 0
        checkpoint = not dry_run and since is None
        with _progress_bar(self.stderr, total, shown=options["verbosity"] > 0) as show:
            users.reconcile_users(pages, report, dry_run=dry_run, checkpoint=checkpoint, progress=show)
        if options["prune"]:
            ask, force = _paced(client, client.get_user), options["force"]
            prune(ClerkUser, report, known_to=known_to, ask=ask, close=delete_user, dry_run=dry_run, force=force)

    def _started_over(self, listing: str) -> Callable[[], None]:
        """Return what says that a run could not go on where the one before ended."""
        text = f"What the last run ended with is gone in Clerk: {listing} are read from the beginning."
        return lambda: self.stderr.write(text)


def _sync_one(client: ClerkClient, reports: Reports, options: dict[str, Any]) -> None:
    user_id, dry_run = options["user"], options["dry_run"]
    try:
        user = client.get_user(user_id)
    except ValueError as error:  # of the id alone: what a receiver raises below is not for an operator to read
        raise CommandError(str(error)) from error
    users.reconcile_users([[user]], reports["users"], dry_run=dry_run)
    if options["organizations"]:
        pages = client.user_memberships(user_id)
        organizations.reconcile_memberships(pages, reports["memberships"], dry_run=dry_run)


def _sync_organizations(
    client: ClerkClient,
    reports: Reports,
    options: dict[str, Any],
    *,
    after: str | None,
    started_over: Callable[[], None],
) -> None:
    dry_run, report = options["dry_run"], reports["organizations"]
    known_to = last_row(ClerkOrganization) if options["prune"] else 0
    organizations.reconcile_roles(client, reports["roles"], dry_run=dry_run)
    organizations.reconcile_organizations(
        client,
        report,
        reports["memberships"],
        dry_run=dry_run,
        after=after,
        prune=options["prune"],
        started_over=started_over,
    )
    if options["prune"]:
        ask, force = _paced(client, client.organization), options["force"]
        close = delete_organization
        prune(ClerkOrganization, report, known_to=known_to, ask=ask, close=close, dry_run=dry_run, force=force)


def _paced(client: ClerkClient, ask: Callable[[str], object]) -> Callable[[str], object]:
    """Return what asks no faster than Clerk's limit allows, as the lists are read: there may be many to ask for."""

    def wait_and_ask(clerk_id: str) -> object:
        client.pace.wait()
        return ask(clerk_id)

    return wait_and_ask


def _moment(text: str) -> datetime:
    """Return the time that an option names, in the project's time zone where it names none."""
    try:
        day = parse_date(text)
        found = parse_datetime(text) if day is None else datetime(day.year, day.month, day.day)  # noqa: DTZ001
    except ValueError:
        found = None
    if found is None:
        raise ArgumentTypeError(f"{text!r} is no time: write it like 2026-01-31 or 2026-01-31T18:00+01:00.")
    return found if timezone.is_aware(found) else timezone.make_aware(found)


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
