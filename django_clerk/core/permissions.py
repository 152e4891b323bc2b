"""The packed permissions of version 2 tokens, and the scopes of features and plans."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass

logger = logging.getLogger("django_clerk")

_MASK = re.compile(r"[0-9]+")  # str.isdigit() knows other scripts
_SPACE = " \t\n\r\f\v"  # what both Python and JavaScript strip


@dataclass(frozen=True, slots=True)
class Scoped:
    """The names of a ``fea`` or ``pla`` claim, by who has them."""

    organization: tuple[str, ...] = ()
    user: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Every name once, in the order of first mention."""
        return tuple(dict.fromkeys((*self.organization, *self.user)))


NOTHING = Scoped()


def read_scoped(claim: object) -> Scoped:
    """Read "o:reports,u:beta,ou:chat". Raises ValueError for a claim that is there and is not of this form."""
    elements = _split(claim)
    return Scoped(
        organization=tuple(name for scope, name in elements if scope in ("o", "ou", "uo")),
        user=tuple(name for scope, name in elements if scope in ("u", "ou", "uo")),
    )


def read_permissions(features: object, permissions: object, masks: object) -> tuple[str, ...]:
    """
    Return the organization's permissions as "org:<feature>:<permission>".

    ``features`` is the claim ``fea``, ``permissions`` and ``masks`` are ``per`` and ``fpm`` of the claim ``o``. One
    mask for each feature; bit b stands for permission b. Clerk's JavaScript counts only the organization's features,
    its documentation counts all of them. Where the two differ, what both grant is granted. Raises ValueError as
    read_scoped() does.
    """
    elements = _split(features)
    if not isinstance(permissions, str) or not isinstance(masks, str):
        return ()
    if not permissions or not masks:
        return ()
    names = [name.strip(_SPACE) for name in permissions.split(",")]
    bits = [_read_mask(mask.strip(_SPACE)) for mask in masks.split(",")]
    everywhere = [(scope in ("o", "ou", "uo"), name) for scope, name in elements]
    own = [element for element in everywhere if element[0]]
    granted = _decode(own, names, bits)
    seen_other = False
    for is_own, _ in everywhere:
        if is_own and seen_other and len(own) < len(bits):
            logger.warning("A token's permission masks can be read in two ways. Only what both grant is granted.")
            also_granted = set(_decode(everywhere, names, bits))
            return tuple(permission for permission in granted if permission in also_granted)
        seen_other = seen_other or not is_own
    return granted


def _decode(features: Sequence[tuple[bool, str]], names: Sequence[str], masks: Sequence[int]) -> tuple[str, ...]:
    return tuple(
        f"org:{feature}:{name}"
        for (is_own, feature), mask in zip(features, masks, strict=False)
        if is_own
        for bit, name in enumerate(names[: mask.bit_length()])
        if mask >> bit & 1
    )


def _read_mask(text: str) -> int:
    try:
        return int(text) if _MASK.fullmatch(text) else 0
    except ValueError:  # more digits than this Python converts
        return 0


def _split(claim: object) -> list[tuple[str, str]]:
    if claim is None or claim == "":
        return []
    elements = [element.strip(_SPACE).partition(":") for element in claim.split(",")] if isinstance(claim, str) else []
    if not elements or not all(colon for _, colon, _ in elements):
        raise ValueError("A feature or plan claim has an element without a scope.")
    return [(scope, name) for scope, _, name in elements]
