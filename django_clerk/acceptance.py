"""Which credentials a view accepts, beside or instead of sessions: asked for anew at the view, and judged there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast, get_args

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from .answers import is_page, refuse_credential, respond
from .callers import accept, types_of
from .core.machine_policies import accepted
from .core.machines import SESSION, SESSIONS_ONLY, TokenType
from .core.policies import Decision
from .guards import aguard, guard
from .identify import in_thread
from .operations import operations_of

_TYPES = get_args(TokenType)
#: On the request: what the guards that it has come by accept, so that the next one does not take it back.
_ACCEPTED, _PENDING = "_clerk_accepted_types", "_clerk_accepts_pending"


class Acceptance:
    """
    The rule of a view that accepts credentials of some types, machines only with all of some scopes.

    Raises TypeError or ValueError for types or scopes that there are not. A session, and a machine that acts for a
    user, are let in with a user whom Django lets in.
    """

    def __init__(self, types: Sequence[str], scopes: Sequence[str] = ()) -> None:
        if isinstance(scopes, str):
            raise TypeError(f'scopes must be a list or a tuple, such as ("{scopes}",).')
        if not types or not set(types) <= set(_TYPES):
            raise ValueError(f"The types of credentials that a view accepts are one or more of {', '.join(_TYPES)}.")
        if scopes and set(types) == {SESSION}:
            raise ValueError("A session has no scopes: they can be asked of machines only.")
        self.types = cast("tuple[TokenType, ...]", tuple(types))
        self.scopes = tuple(scopes)
        self.policy = accepted(self.types, self.scopes)

    def guard(self, request: HttpRequest, view: Callable[[], Any], *, pending: bool = False) -> Any:
        """Return what the view returns, or the answer to a caller who is refused."""
        decide(request, self.types, pending)
        return guard(request, self.policy.decide, view, refuse=self._refuse, rule=self.policy.name)

    async def aguard(self, request: HttpRequest, view: Callable[[], Any], *, pending: bool = False) -> Any:
        """Do what guard() does."""
        await adecide(request, self.types, pending)
        return await aguard(request, self.policy.decide, view, refuse=self._refuse, rule=self.policy.name)

    @property
    def name(self) -> str:
        """What logs and tables call the rule."""
        return self.policy.name

    def _refuse(self, request: HttpRequest, decision: Decision) -> HttpResponseBase:
        """A browser is sent to sign in where that helps; whoever else comes is a program."""
        if SESSION in self.types and is_page(request):
            return respond(request, decision)
        return refuse_credential(decision, self.types, self.scopes)


def decide(request: HttpRequest, types: tuple[TokenType, ...] | None, pending: bool) -> None:
    """Find out anew who calls, as a view accepts it. Without ``types`` they are those that a guard above has named."""
    attributes = request.__dict__
    attributes[_ACCEPTED] = types or attributes.get(_ACCEPTED, SESSIONS_ONLY)
    attributes[_PENDING] = pending or attributes.get(_PENDING, False)
    accept(request, attributes[_ACCEPTED], pending=attributes[_PENDING])


async def adecide(request: HttpRequest, types: tuple[TokenType, ...] | None, pending: bool) -> None:
    """Do what decide() does, which may have to ask Clerk, in a thread."""
    await in_thread(decide, request, types, pending)


def accepted_at(view: Any) -> tuple[TokenType, ...]:
    """
    Return the types of credentials that a view accepts in any way: sessions, unless it says otherwise.

    REST framework's views accept what any of their authentication classes does; other classes than ours say nothing.
    """
    if not hasattr(view, "clerk_accepts"):
        if hasattr(view, "cls"):
            accepted = [name for cls in authentication_of(view) for name in getattr(cls, "accepts", SESSIONS_ONLY)]
            return tuple(dict.fromkeys(accepted)) or SESSIONS_ONLY
        if operations := operations_of(view):
            return _accepted_by(operations)
    types = types_of(view)
    return (types,) if isinstance(types, str) else types


def pending_allowed_at(view: Any) -> bool:
    """Tell whether a view counts sessions with unfinished tasks as signed in."""
    if operations := operations_of(view):
        return all(_each(operations, "clerk_pending_allowed"))  # an operation that does not will not ask again
    allowed = getattr(view, "clerk_pending_allowed", False) is True
    return allowed or any(getattr(cls, "allow_pending", False) for cls in authentication_of(view))


def authentication_of(view: Any) -> Sequence[Any]:
    """Return the authentication classes of a view of REST framework, and none for any other view."""
    given = {**getattr(view, "initkwargs", {}), **getattr(view, "view_initkwargs", {})}
    classes = getattr(getattr(view, "cls", None), "authentication_classes", ())
    return cast("Sequence[Any]", given.get("authentication_classes", classes))


def _accepted_by(operations: Sequence[Any]) -> tuple[TokenType, ...]:
    """
    Return what any of the ClerkAuth of a path of Django Ninja accepts: each will judge for itself.

    Where anybody could come by a class that is none of ours, or by none, only sessions: a machine that is let in for
    one operation must not find the next one open.
    """
    types = _each(operations, "clerk_accepts")
    return tuple(dict.fromkeys(name for accepted in types for name in accepted)) if all(types) else SESSIONS_ONLY


def _each(operations: Sequence[Any], mark: str) -> list[Any]:
    """Return the mark of each authentication class of each operation; None for one without, and for no class."""
    return [getattr(auth, mark, None) for operation in operations for auth in operation.auth_callbacks or (None,)]


def mark_accepting(view: Any, types: tuple[TokenType, ...]) -> None:
    """
    Put on a view what must be known of it before it is called: by ClerkMiddleware, and by LoginRequiredMiddleware.

    The latter would turn machines away, who are no users; the guard keeps out whoever is nobody.
    """
    view.clerk_accepts = types
    view.login_required = False
