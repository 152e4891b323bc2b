"""Clerk's JavaScript at the addresses at which Clerk's own loaders look for it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from django_clerk.emulator import bundles
from django_clerk.emulator.guards import local_only


@local_only
@require_safe
def file(request: HttpRequest, package: str, name: str) -> HttpResponse:
    """Return a file of the version that is installed, whichever is asked for; 404 says what to install."""
    package, _, version = package.partition("@")
    bundle = bundles.read(package, name)
    if bundle is None:
        why = bundles.HOW if bundles.missing() else "There is no such file."
        return HttpResponse(why, status=404, content_type="text/plain; charset=utf-8")
    response = HttpResponse(bundle.content, content_type=bundle.content_type)
    # Scripts may be loaded by a page on another port; an exact version is the same for ever.
    response["Cross-Origin-Resource-Policy"] = "same-site"
    response["Cache-Control"] = "max-age=31536000, immutable" if version == bundle.version else "no-cache"
    return response
