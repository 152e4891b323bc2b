"""The order of the steps, and the walk."""

from __future__ import annotations

import time
from collections.abc import Callable

import requests
from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist
from django.core.management.base import CommandError, OutputWrapper

from . import doors, handshake, members, ownership, signed_out, sync
from .cast import Cast
from .report import Finding, Printer
from .site import NotServed, served

Step = Callable[[Cast], Finding]

CHAPTERS: dict[str, list[Step]] = {
    "Nobody is signed in": signed_out.STEPS,
    "Signed in": members.STEPS,
    "A minute later": handshake.STEPS,
    "Whose post is it?": ownership.STEPS,
    "One rule, at every door": doors.STEPS,
    "Clerk's users change, and Django follows": sync.STEPS,
}


def walk(out: OutputWrapper) -> bool:
    """Serve the site and take every step. Returns whether all of them ended as promised."""
    started = time.monotonic()
    printer = Printer(out)
    printer.line(f"The journey, over HTTP, through a site with a local Clerk of its own at {settings.ORIGIN}")
    try:
        with served():
            cast = Cast()
            for title, steps in CHAPTERS.items():
                printer.title(title)
                for step in steps:
                    printer.step(_title(step), _take(step, cast))
    except NotServed as error:
        printer.line(f"The site did not start. It said:\n{error}")
        return False
    seconds = time.monotonic() - started
    verdict = f"{printer.failures} went wrong" if printer.failures else "all as promised"
    printer.line(f"\n{printer.steps} steps, {verdict}, in {seconds:.1f} s.")
    return printer.failures == 0


def _title(step: Step) -> str:
    return (step.__doc__ or "").strip()


def _take(step: Step, cast: Cast) -> Finding:
    try:
        return step(cast)
    except (requests.RequestException, ObjectDoesNotExist, LookupError, ValueError, CommandError) as error:
        # No answer, or one that the step cannot go on with: that is a finding too, and the next step is taken.
        return Finding(False, f"{type(error).__name__}: {error}")
