"""Views that everybody may call. It needs no apps, so that URLs can be imported before they are loaded."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from asgiref.sync import iscoroutinefunction

View = TypeVar("View", bound=Callable[..., Any])


def clerk_public(view: View) -> View:
    """
    Let everybody in, whatever CLERK_PROTECTED_ROUTES, CLERK_ROLE_ROUTES and Django's LoginRequiredMiddleware say.

    Guards on the view itself hold, and the same view at another URL is as it was. On a class-based view it goes on
    dispatch(): ``@method_decorator(clerk_public, name="dispatch")``.
    """
    if isinstance(view, type):
        raise TypeError(f'{view.__name__} is a class: use method_decorator(clerk_public, name="dispatch").')
    if iscoroutinefunction(view):

        @wraps(view)
        async def public(*args: Any, **kwargs: Any) -> Any:
            return await view(*args, **kwargs)

    else:

        @wraps(view)
        def public(*args: Any, **kwargs: Any) -> Any:
            return view(*args, **kwargs)

    public.clerk_public = True  # type: ignore[attr-defined]
    public.login_required = False  # type: ignore[attr-defined]
    return public  # type: ignore[return-value]
