"""``{% load clerk %}``"""

from __future__ import annotations

from django.template import Library

from . import guard_nodes

register = Library()

register.tag("clerk_signed_in", guard_nodes.signed_in)
register.tag("clerk_signed_out", guard_nodes.signed_out)
register.tag("clerk_protect", guard_nodes.protect)
