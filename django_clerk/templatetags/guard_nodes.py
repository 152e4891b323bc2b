"""The blocks of a page that only some people see, and what others see instead."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest
from django.template import Node, NodeList, TemplateSyntaxError
from django.template.base import FilterExpression, Parser, Token, token_kwargs
from django.template.context import Context
from django.template.loader_tags import BlockNode

from django_clerk.conditions import is_allowed, require_names, require_usable


class GuardNode(Node):
    """Renders one of two parts: for whom every condition allows, and for everybody else."""

    child_nodelists = ("allowed", "others")

    def __init__(self, conditions: Mapping[str, FilterExpression], allowed: NodeList, others: NodeList) -> None:
        self.conditions = conditions
        self.allowed = allowed
        self.others = others

    def render(self, context: Context) -> str:
        # Without ignore_failures, a variable that is not there would be the project's string_if_invalid.
        values = {name: value.resolve(context, ignore_failures=True) for name, value in self.conditions.items()}
        request = request_of(context)
        part = self.allowed if request is not None and is_allowed(request, **values) else self.others
        return part.render(context)


def signed_in(parser: Parser, token: Token) -> GuardNode:
    """``{% clerk_signed_in %}…{% else %}…{% endclerk_signed_in %}``"""
    _require_bare(token)
    return GuardNode({}, *_parts(parser, token))


def signed_out(parser: Parser, token: Token) -> GuardNode:
    """``{% clerk_signed_out %}…{% else %}…{% endclerk_signed_out %}``"""
    _require_bare(token)
    others, allowed = _parts(parser, token)
    return GuardNode({}, allowed, others)


def protect(parser: Parser, token: Token) -> GuardNode:
    """``{% clerk_protect role="admin" plan="pro" %}…{% else %}…{% endclerk_protect %}``: every condition must hold."""
    tag, *arguments = token.split_contents()
    conditions: dict[str, FilterExpression] = {}
    for argument in arguments:
        condition = token_kwargs([argument], parser)
        if len(condition) != 1 or condition.keys() & conditions.keys():
            raise TemplateSyntaxError(f'{tag} takes conditions such as role="admin", each once: {argument}')
        conditions |= condition
    _check(tag, conditions)
    return GuardNode(conditions, *_parts(parser, token))


def _check(tag: str, conditions: Mapping[str, FilterExpression]) -> None:
    if not conditions:
        raise TemplateSyntaxError(f"{tag} needs a condition. For whoever is signed in, use clerk_signed_in.")
    try:
        require_names(conditions)
        for name, value in conditions.items():
            if name != "owner" and not value.is_var and not value.filters:
                require_usable(name, value.resolve(Context()))
    except (TypeError, ValueError) as error:
        raise TemplateSyntaxError(f"{tag}: {error}") from error


def _parts(parser: Parser, token: Token) -> tuple[NodeList, NodeList]:
    """Return what is between a tag and its else, and between that and its end."""
    tag = token.split_contents()[0]
    end = f"end{tag}"
    partials = len(parser.extra_data.get("partials", ()))
    first, second = parser.parse(("else", end)), NodeList()
    closing = parser.next_token()
    if closing.contents == "else":
        second = parser.parse((end,))
        closing = parser.next_token()
    if closing.contents != end:
        raise TemplateSyntaxError(f'Malformed tag in {tag}: "{closing.contents}".')
    is_child = any(command == "extends" for command, _ in parser.command_stack)
    if is_child and (first.get_nodes_by_type(BlockNode) or second.get_nodes_by_type(BlockNode)):
        raise TemplateSyntaxError(
            f"In a template that extends another, a block within {tag} would not be guarded: Django puts it where the "
            f"other template has a block of that name. Put {tag} into the block."
        )
    if len(parser.extra_data.get("partials", ())) > partials:  # of Django 6
        raise TemplateSyntaxError(
            f"A partial within {tag} would not be guarded where it is rendered by its name. Put {tag} into the partial."
        )
    return first, second


def _require_bare(token: Token) -> None:
    tag, *arguments = token.split_contents()
    if arguments:
        raise TemplateSyntaxError(f"{tag} takes no arguments. For conditions, use clerk_protect.")


def request_of(context: Context) -> HttpRequest | None:
    """Return the request that a template is rendered for, or None, as for an error page: then nobody is asking."""
    # Not the context's "request" first, which any variable of that name would take the place of.
    request: Any = getattr(context, "request", None) or context.get("request")
    request = getattr(request, "_request", request)  # of Django REST framework's own, the one within
    return request if isinstance(request, HttpRequest) else None
