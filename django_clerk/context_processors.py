"""What templates need to know of Clerk. All of it may be shown to anybody."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.http import HttpRequest
from django.shortcuts import resolve_url
from django.utils.functional import SimpleLazyObject

from .conf import conf
from .pages.returns import sign_in_link
from .wiring import get_instance


def clerk(request: HttpRequest) -> dict[str, Any]:
    """
    Return ``clerk``, made when a template asks for it.

    It has ``publishable_key``, ``proxy_url``, ``domain`` and ``is_satellite`` of the instance, ``sign_in_url`` and
    ``sign_up_url`` with the way back to this page, ``after_sign_in_url`` and ``after_sign_up_url``.
    """
    return {"clerk": SimpleLazyObject(partial(_public_values, request))}


def _public_values(request: HttpRequest) -> dict[str, Any]:
    instance = get_instance()
    return {
        "publishable_key": instance.publishable_key if instance is not None else "",
        "proxy_url": instance.proxy_url if instance is not None else "",
        "domain": instance.domain if instance is not None else "",
        "is_satellite": instance is not None and instance.is_satellite,
        "sign_in_url": sign_in_link(request),
        "sign_up_url": sign_in_link(request, "sign-up"),
        "after_sign_in_url": resolve_url(conf.CLERK_AFTER_SIGN_IN_URL),
        "after_sign_up_url": resolve_url(conf.CLERK_AFTER_SIGN_UP_URL),
    }
