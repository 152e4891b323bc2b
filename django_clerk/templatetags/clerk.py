"""
``{% load clerk %}``: Clerk on pages that Django renders, and parts of pages that not everybody sees.

Options of the components have the names that Clerk's documentation gives them, as in
``{% clerk_user_button showName=True %}``; ``options`` takes a dictionary from the context.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template
from django.template import Context
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from django_clerk.pages import components

from . import guard_nodes
from .guard_nodes import request_of

register = template.Library()

register.tag("clerk_signed_in", guard_nodes.signed_in)
register.tag("clerk_signed_out", guard_nodes.signed_out)
register.tag("clerk_protect", guard_nodes.protect)

Given = Mapping[str, Any] | None


@register.simple_tag(takes_context=True)
def clerk_js(context: Context, options: Given = None, nonce: str = "", **named: Any) -> SafeString:
    """
    Load Clerk's JavaScript, once in a page, in its head. Options go to ``Clerk.load()``.

    ``nonce`` is that of a Content-Security-Policy which neither django-csp nor Django makes.
    """
    return components.scripts(request_of(context), {**(options or {}), **named}, nonce=nonce)


@register.simple_tag(takes_context=True)
def clerk_sign_in(context: Context, options: Given = None, **named: Any) -> SafeString:
    """Show Clerk's sign-in box."""
    return components.component(request_of(context), "SignIn", {**(options or {}), **named})


@register.simple_tag(takes_context=True)
def clerk_sign_up(context: Context, options: Given = None, **named: Any) -> SafeString:
    """Show Clerk's sign-up box."""
    return components.component(request_of(context), "SignUp", {**(options or {}), **named}, page="sign-up")


@register.simple_tag(takes_context=True)
def clerk_user_button(context: Context, options: Given = None, **named: Any) -> SafeString:
    """Show who is signed in, with a menu to manage the account and to sign out."""
    return components.component(request_of(context), "UserButton", {**(options or {}), **named})


@register.simple_tag(takes_context=True)
def clerk_user_profile(context: Context, options: Given = None, **named: Any) -> SafeString:
    """Show the account of whoever is signed in, to be changed."""
    return components.component(request_of(context), "UserProfile", {**(options or {}), **named})


@register.simple_tag(takes_context=True)
def clerk_organization_switcher(context: Context, options: Given = None, **named: Any) -> SafeString:
    """Show the active organization, with a menu to choose another one. The page is loaded anew after a choice."""
    return components.component(request_of(context), "OrganizationSwitcher", {**(options or {}), **named})


@register.simple_tag
def clerk_sign_out(text: str = "", redirect_url: str = "/", **attributes: Any) -> SafeString:
    """Show a button that signs out and goes to ``redirect_url``. Further arguments are attributes of the button."""
    return components.sign_out_button(text or _("Sign out"), redirect_url, attributes)
