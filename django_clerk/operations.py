"""What is behind the views of Django Ninja. They carry no marks of ours, and Ninja may not be there to be asked."""

from __future__ import annotations

from collections.abc import Sequence
from inspect import unwrap
from typing import Any

_VIEWS = "ninja.operation"


def operations_of(view: Any) -> Sequence[Any]:
    """
    Return the operations of a view of Django Ninja, and none for any other view.

    Ninja makes one view for each path, a closure over the operations there. Each has ``methods`` and the
    ``auth_callbacks`` of which one must know the caller, if there are any.
    """
    view = unwrap(view)
    if getattr(view, "__module__", None) != _VIEWS:
        return ()
    found = (getattr(cell.cell_contents, "operations", ()) for cell in getattr(view, "__closure__", None) or ())
    return next(filter(None, found), ())
