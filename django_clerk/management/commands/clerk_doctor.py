"""``manage.py clerk_doctor``: prints what ``django_clerk.diagnosis`` finds."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from django_clerk.diagnosis import diagnose


class Command(BaseCommand):
    help = "Looks whether everything is here that django_clerk needs. Fails where something is wrong; prints no secret."
    requires_system_checks: list[str] = []  # it tells their findings itself, among the others

    def handle(self, *args: Any, **options: Any) -> None:
        problems = 0
        styles = {"ok": self.style.SUCCESS, "warning": self.style.WARNING, "problem": self.style.ERROR}
        for finding in diagnose():
            problems += finding.level == "problem"
            self.stdout.write(f"{styles[finding.level](finding.level.ljust(7))}  {finding.text}")
            if finding.hint:
                self.stdout.write(f"         {finding.hint}")
        if problems:
            raise CommandError("One problem was found." if problems == 1 else f"{problems} problems were found.")
