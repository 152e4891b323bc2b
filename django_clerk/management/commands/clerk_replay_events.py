"""``manage.py clerk_replay_events``: options and output; the work is in ``django_clerk.webhooks.replay``."""

from __future__ import annotations

import json
from argparse import ArgumentParser, ArgumentTypeError
from dataclasses import asdict
from datetime import datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.timezone import get_default_timezone, is_naive, make_aware, make_naive, now

from django_clerk.webhooks.replay import LEFT_BEHIND, Report, failed, received_between, replay, unfinished, with_id

_NAMED = 20  #: events at most that are named


class Command(BaseCommand):
    help = (
        "Applies the webhook events that failed, or those chosen by an option. What was applied already is left alone "
        "unless --again is given; then your receivers hear of it again, while our own rows go by Clerk's timestamps "
        "and stay as they are."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--unfinished", action="store_true", help="Those left behind: their worker died, or the queue lost them."
        )
        parser.add_argument(
            "--older-than",
            type=_seconds,
            metavar="SECONDS",
            help=f"With --unfinished: received at least so long ago (default: {LEFT_BEHIND:g}).",
        )
        parser.add_argument("--since", type=_moment, metavar="TIME", help="Those received from this time on, ISO 8601.")
        parser.add_argument("--until", type=_moment, metavar="TIME", help="Those received before this time.")
        parser.add_argument("--id", metavar="SVIX_ID", help="This one.")
        parser.add_argument("--again", action="store_true", help="Apply those again that were applied already.")
        parser.add_argument("--dry-run", action="store_true", help="Say what would be applied, and apply nothing.")
        parser.add_argument("--json", action="store_true", help="Print the report as JSON.")

    def handle(self, *args: Any, **options: Any) -> None:
        report = replay(_choose(options), again=options["again"], dry_run=options["dry_run"])
        if options["json"]:
            self.stdout.write(json.dumps(asdict(report)))
        else:
            self.stdout.write(_summary(report, dry_run=options["dry_run"]))
        if report.reduced:
            self.stderr.write(
                f"Too little was kept to apply {_names(report.reduced)} again. Run sync_clerk_users, which asks Clerk."
            )
        if report.failed:
            # The row of an event that was applied before says that it was, and nothing of this time.
            where = "The log" if options["again"] else "The column error of the inbox"
            raise CommandError(f"Failed again: {_names(report.failed)}. {where} says why.")
        if report.reduced:
            raise CommandError("Not all events could be applied again.")


def _choose(options: dict[str, Any]) -> Any:
    """Return the query that the options ask for. Raises CommandError for options that do not go together."""
    in_range = options["since"] is not None or options["until"] is not None
    if sum([options["unfinished"], in_range, options["id"] is not None]) > 1:
        raise CommandError("Choose one: --unfinished, --id, or a range by --since and --until.")
    if options["older_than"] is not None and not options["unfinished"]:
        raise CommandError("--older-than goes with --unfinished.")
    if options["unfinished"]:
        return unfinished(older_than=LEFT_BEHIND if options["older_than"] is None else options["older_than"])
    if in_range:
        return received_between(options["since"], options["until"])
    if options["id"] is None:
        return failed()
    if not with_id(options["id"]).exists():
        raise CommandError(f"There is no event {options['id']} in the inbox.")
    return with_id(options["id"])


def _summary(report: Report, *, dry_run: bool) -> str:
    counts = f"applied {len(report.applied)}, stale {len(report.stale)}, failed {len(report.failed)}"
    counts += f", applied before {report.finished + len(report.reduced)}"
    return f"Dry run, nothing was applied: {counts}." if dry_run else f"Events: {counts}."


def _names(svix_ids: list[str]) -> str:
    return ", ".join(svix_ids[:_NAMED]) + (f" and {len(svix_ids) - _NAMED} more" if len(svix_ids) > _NAMED else "")


def _moment(text: str) -> datetime:
    """Read a date or a time; without a zone it is in that of TIME_ZONE."""
    try:
        day = parse_date(text)
        found = parse_datetime(text) if day is None else datetime.combine(day, time())
    except ValueError as error:
        raise ArgumentTypeError(f"{text} is no time: {error}.") from error
    if found is None:
        raise ArgumentTypeError(f"{text} is neither a date nor a time in ISO 8601, as 2026-11-27T18:00Z.")
    if settings.USE_TZ:
        return make_aware(found) if is_naive(found) else found
    return found if is_naive(found) else make_naive(found, get_default_timezone())


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
        now() - timedelta(seconds=seconds)
    except (ValueError, OverflowError):
        seconds = -1.0
    if seconds < 0:
        raise ArgumentTypeError("must be zero or more, and not go back to before the year 1")
    return seconds
