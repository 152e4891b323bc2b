"""The keys by which tokens are verified, where OpenID Connect looks for them."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from django_clerk.emulator.guards import local_only
from django_clerk.emulator.instance import get_emulator


@local_only
@require_safe
def jwks(request: HttpRequest) -> HttpResponse:
    """Return the public keys; whoever wants to verify a token may have them."""
    return JsonResponse(get_emulator().jwks())
