"""
The markup by which static/django_clerk/clerk.js knows what to show, and where.

Everything that a page puts into it is data: attributes are escaped, whatever the template around says of escaping, and
options are JSON in an attribute, or in a script element that it cannot end.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.serializers.json import DjangoJSONEncoder
from django.forms.utils import flatatt
from django.http import HttpRequest
from django.shortcuts import resolve_url
from django.templatetags.static import static
from django.utils.html import format_html, json_script
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from django_clerk.answers import Page, sign_in_url, sign_up_url
from django_clerk.conf import conf
from django_clerk.core.frontend import script_attributes, script_urls
from django_clerk.core.instance import Instance
from django_clerk.identify import identify
from django_clerk.wiring import get_instance

from .nonce import nonce_of
from .returns import sign_in_link

Options = Mapping[str, Any]

#: The id of the element that holds the options for all components.
OPTIONS_ID = "clerk-options"


def scripts(request: HttpRequest | None, options: Options, *, nonce: str = "") -> SafeString:
    """Return the elements that load Clerk's JavaScript, its components and ours. Raises ImproperlyConfigured."""
    instance = get_instance()
    if instance is None:
        raise ImproperlyConfigured("{% clerk_js %} needs CLERK_PUBLISHABLE_KEY: Clerk's JavaScript knows you by it.")
    if not nonce and request is not None:
        nonce = nonce_of(request)
    common: dict[str, str | bool] = {"nonce": nonce, "defer": True} if nonce else {"defer": True}
    clerk_js, clerk_ui = script_urls(instance)
    loaded: list[dict[str, str | bool]] = [
        {"src": clerk_js, "crossorigin": "anonymous", **script_attributes(instance), **common},
        {"src": clerk_ui, "crossorigin": "anonymous", **common},
        {"src": static("django_clerk/clerk.js"), **common},
    ]
    elements = [json_script({**_load_options(instance), **options}, OPTIONS_ID)]
    elements += [format_html("<script{}></script>", flatatt(attributes)) for attributes in loaded]
    return SafeString("\n".join(elements))


def component(request: HttpRequest | None, name: str, options: Options, *, page: Page = "sign-in") -> SafeString:
    """Return the element that one of Clerk's components fills, and what stands there without JavaScript."""
    # The options are no script element: htmx takes those out of what it swaps in, where it is told to.
    given = {"data-clerk-component": name, "data-clerk-options": json.dumps(dict(options), cls=DjangoJSONEncoder)}
    refused = _refused(request) if name in ("SignIn", "SignUp") else ""
    return format_html("<div{}>{}<noscript>{}</noscript></div>", flatatt(given), refused, _instead(request, page))


def sign_out_button(text: str, redirect_url: str, attributes: Mapping[str, Any]) -> SafeString:
    """Return a button that signs out. It cannot be pressed until Clerk's JavaScript is there to do it."""
    given = {
        **attributes,
        "type": "button",
        "disabled": True,
        "data-clerk-sign-out": resolve_url(redirect_url),
    }
    return format_html("<button{}>{}</button>", flatatt(given), text)


def _load_options(instance: Instance) -> dict[str, Any]:
    """Return what ``Clerk.load()`` is told. Not the address of a page: a URL of this site will do, as in settings."""
    options: dict[str, Any] = {
        "signInUrl": sign_in_url(),
        "signUpUrl": sign_up_url(),
        "signInFallbackRedirectUrl": resolve_url(conf.CLERK_AFTER_SIGN_IN_URL),
        "signUpFallbackRedirectUrl": resolve_url(conf.CLERK_AFTER_SIGN_UP_URL),
        "allowedRedirectOrigins": list(conf.CLERK_SATELLITE_ORIGINS),  # beside this site's own, which clerk.js adds
    }
    if instance.is_satellite:
        options |= {"isSatellite": True, "satelliteAutoSync": conf.CLERK_SATELLITE_AUTO_SYNC}
    if conf.CLERK_TELEMETRY_DISABLED:
        options["telemetry"] = False
    return options


def _refused(request: HttpRequest | None) -> SafeString | str:
    """Return what they see instead of Clerk's box whom Clerk has signed in and this site, time and again, has not."""
    auth = None if request is None else identify(request)
    if auth is None or auth.is_signed_in:
        return ""
    return format_html(
        '<template><p role="alert">{} <code>{}</code></p><p>{}</p></template>',
        _("Clerk has signed you in, but this site does not accept the session:"),
        auth.reason or "",
        sign_out_button(_("Sign out"), "/", {}),
    )


def _instead(request: HttpRequest | None, page: Page) -> SafeString | str:
    """Return what a visitor without JavaScript sees: the way to sign in, unless this is it, or they are."""
    if request is not None and identify(request).is_signed_in:
        return _("Your account is managed here once JavaScript is switched on.")
    text = _("Sign in") if page == "sign-in" else _("Sign up")
    if request is None:
        return format_html('<a href="{}">{}</a>', sign_in_url() if page == "sign-in" else sign_up_url(), text)
    link = sign_in_link(request, page)
    if link.partition("?")[0] == request.path:
        return _("This page needs JavaScript.")
    return format_html('<a href="{}">{}</a>', link, text)
