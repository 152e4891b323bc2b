"""The nonce of a Content-Security-Policy, from whoever makes it."""

from __future__ import annotations

from django.http import HttpRequest

try:
    from django.middleware.csp import get_nonce
except ImportError:  # before Django 6.0

    def get_nonce(request: HttpRequest) -> None:  # type: ignore[misc]
        return None


def nonce_of(request: HttpRequest) -> str:
    """
    Return the nonce that django-csp or Django's own middleware has for this response; empty without either.

    Both make it when it is read, and only then name it in the policy.
    """
    nonce = getattr(request, "csp_nonce", None)
    if nonce is None:
        nonce = get_nonce(request)
    return "" if nonce is None else str(nonce)
