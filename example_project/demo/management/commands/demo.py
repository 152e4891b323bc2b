from __future__ import annotations

import sys
import tempfile
from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from demo import launch, seeds
from demo.tour.journey import walk
from django_clerk.models import ClerkUser

WELCOME = """
{title}: {origin}

{people_title}: {how}
{people}

{try_title}
  /               everybody's posts, for everybody
  /dashboard/     your own: sign in, write, edit, delete
  /organization/  your role in an organization, and what it opens: notices for its members, books for its admins
  /admin-area/    opens for the role admin, and refuses everybody else; so does /inbox/, with Clerk's webhooks
  /api/posts/     the same for programs; /api/me/ says who you are, /api/schema/ how to call
  /__clerk/users  the local Clerk: change a role, ban or delete somebody, and see the webhook arrive in /inbox/
  /admin/         Django's admin, for the roles admin and editor; and for the day when Clerk cannot be reached,
                  {keyholder}, password {password}, new at each start (use a private window)

  manage.py demo --tour tries every door by itself; manage.py clerk_routes lists them. Ctrl-C stops the site.
"""

BY_BOX = "in Clerk's own box, by e-mail address; the code is in /__clerk/inbox"
BY_PAGE = """choose a name on the sign-in page, no password is asked
  (for Clerk's own box, with passwords, codes and organizations: npm ci --ignore-scripts, in example_project)"""


class Command(BaseCommand):
    help = "Serve the example site with a local Clerk and people to sign in as, or try all of its doors with --tour."
    requires_system_checks = ()  # serve() makes them, in the process whose settings count

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, help="Port to serve on: 8000, or a free one for the tour.")
        parser.add_argument("--tour", action="store_true", help="Do the journey and leave; 1 when a step went wrong.")

    def handle(self, *args: Any, port: int | None, tour: bool, **options: Any) -> None:
        if not getattr(settings, "CLERK_EMULATOR", False):
            raise CommandError("The demo lives on the local Clerk. Take CLERK_SECRET_KEY out of the environment.")
        launch.leave_by_the_front_door()
        if tour:
            sys.exit(self.tour(port))
        if port is not None and launch.origin_at(port) != settings.ORIGIN:
            sys.exit(self.elsewhere("demo", origin=launch.origin_at(port)))
        self.serve(verbosity=options["verbosity"])

    def serve(self, *, verbosity: int) -> None:
        self.check()
        call_command("migrate", verbosity=0)
        seeds.move_in()
        call_command("sync_clerk_users", stdout=self.stdout, stderr=self.stderr, verbosity=verbosity)
        seeds.write_posts()
        self.welcome(seeds.change_locks())
        call_command("runserver", urlsplit(settings.ORIGIN).netloc, use_reloader=False)

    def welcome(self, password: str) -> None:
        people = ClerkUser.objects.filter(deleted_at=None, user__isnull=False).select_related("user")
        rows = [
            f"  {person.user.get_full_name():<20}{person.email:<24}{person.role}"
            for person in people.order_by("created_at")[: seeds.PEOPLE]
        ]
        bold = self.style.MIGRATE_HEADING
        self.stdout.write(
            WELCOME.format(
                title=bold("The site"),
                people_title=bold("Who can sign in"),
                try_title=bold("What to try"),
                origin=settings.ORIGIN,
                how=BY_BOX if settings.HAS_CLERK_BOX else BY_PAGE,
                people="\n".join(rows),
                keyholder=seeds.KEYHOLDER,
                password=password,
            )
        )
        self.stdout.flush()

    def tour(self, port: int | None) -> int:
        """
        Walk, in a state of its own: the tour deletes posts and people. Returns the exit status.

        Its visitors have no JavaScript, so they get the plain sign-in page.
        """
        if settings.STATE_DIR != settings.BASE_DIR and not settings.HAS_CLERK_BOX:
            return 0 if walk(self.stdout) else 1
        with tempfile.TemporaryDirectory(prefix="django_clerk_tour_") as folder:
            origin = launch.origin_at(port or launch.free_port())
            return self.elsewhere("demo", "--tour", origin=origin, state_dir=Path(folder), plain=True)

    def elsewhere(self, *arguments: str, **where: Any) -> int:
        with launch.manage(*arguments, **where) as process:
            return process.wait()
