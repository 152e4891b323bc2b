"""The query of a list: in which order, from where, and of users also which."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn

from django_clerk.emulator.documents import Document
from django_clerk.emulator.exchange import Answer, Problem, not_emulated
from django_clerk.emulator.store import Selection

MAX_LIMIT = 500
MAX_VALUES = 100
MAX_TEXT = 1000  # characters to search for; SQLite gives up at 50,000 bytes
DEFAULT_LIMIT = 10

_ORDERS = {
    name: name
    for name in (
        "created_at",
        "updated_at",
        "email_address",
        "first_name",
        "last_name",
        "phone_number",
        "username",
        "last_active_at",
        "last_sign_in_at",
    )
}
_LISTS = {"email_address", "phone_number", "external_id", "username", "user_id", "organization_id"}
_SIGNED = {"external_id", "user_id", "organization_id"}  # may begin with + or -: with these, or without them
_LIKE = {
    "phone_number_query": ("phone_number",),
    "username_query": ("username",),
    "name_query": ("first_name", "last_name", "coalesce(first_name, '') || ' ' || coalesce(last_name, '')"),
    "query": (
        "id",
        "username",
        "phone_number",
        "first_name",
        "last_name",
        "coalesce(first_name, '') || ' ' || coalesce(last_name, '')",
    ),
    "email_address_query": (),
}
_TIMES = {
    f"{column}_{end}": f"{column} {sign} ?"
    for column in ("created_at", "last_active_at", "last_sign_in_at")
    for end, sign in (("before", "<"), ("after", ">"))
} | {"last_active_at_since": "last_active_at >= ?"}
_NOT_EMULATED = {
    "web3_wallet": "web3 wallets",
    "provider": "external accounts",
    "provider_user_id": "external accounts",
}
_PAGE = {"limit", "offset", "order_by", "starting_after"}


@dataclass(frozen=True)
class Page:
    """Where a listing begins and ends."""

    order: str  #: ORDER BY list
    descending: bool
    limit: int
    offset: int
    starting_after: str | None  #: id of the last user of the page before


def values(query: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Return what a query has under each name, as often as it is there. Raises Problem for too many at once."""
    found: dict[str, list[str]] = {}
    for name, value in query:
        found.setdefault(name.removesuffix("[]"), []).append(value)
    for name, given in found.items():
        if len(given) > MAX_VALUES:
            _refuse(name, f"{name} takes up to {MAX_VALUES} values.")
    return found


def selection(query: Iterable[tuple[str, str]]) -> Selection:
    """Return the users that a query asks for, its paging aside. Raises Problem for what Clerk would not take."""
    selected = Selection()
    for name, given in values(query).items():
        if name in _NOT_EMULATED:
            raise not_emulated(f"a list of users by {_NOT_EMULATED[name]}")
        if name in _LISTS:
            _narrow_to_list(selected, name, given)
        elif name in _LIKE:
            _narrow_to_text(selected, name, given[0])
        elif name in _TIMES:
            selected.add(_TIMES[name], _number(name, given[0], at_least=0))
        elif name == "banned":
            if given[0] not in ("true", "false"):
                _refuse(name, "banned must be true or false.")
            selected.add("banned = ?", given[0] == "true")
        elif name not in _PAGE:
            continue  # Clerk ignores what it does not know in a query
    return selected


def page(query: Iterable[tuple[str, str]], *, orders: Mapping[str, str] = _ORDERS, tie: str = "id") -> Page:
    """
    Return the paging of a query, with Clerk's defaults and limits. Raises Problem for what Clerk would not take.

    ``orders`` has the column by which to order for each name that a caller may use, ``tie`` the one that decides then.
    """
    first: dict[str, str] = {}
    for name, value in query:
        first.setdefault(name, value)
    limit = _number("limit", first.get("limit") or str(DEFAULT_LIMIT), at_least=1)
    if limit > MAX_LIMIT:
        _refuse("limit", f"limit must be at most {MAX_LIMIT}.")
    offset = _number("offset", first.get("offset") or "0", at_least=0)
    # A plus sign that was not percent-encoded arrives as a space.
    wanted = re.fullmatch(r"([ +-]?)(\w+)", first.get("order_by") or "-created_at")
    if wanted is not None and wanted[2] == "web3wallet":
        raise not_emulated("web3 wallets")
    if wanted is None or wanted[2] not in orders:
        _refuse("order_by", "order_by must be one of " + ", ".join(sorted(orders)) + ".")
    column, descending = wanted[2], wanted[1] == "-"
    starting_after = first.get("starting_after") or None
    if starting_after and column != "created_at":
        _refuse("starting_after", "starting_after requires ordering by created_at.")
    if starting_after and offset:
        _refuse("starting_after", "starting_after cannot be combined with offset.")
    direction = "DESC" if descending else "ASC"
    return Page(f"{orders[column]} {direction}, {tie} {direction}", descending, limit, offset, starting_after)


def continue_after(selected: Selection, where: Page, *, created_at: Callable[[str], int | None]) -> None:
    """
    Narrow to the users that follow ``starting_after``.

    A cursor that names nobody is refused. What Clerk does when the last user of a page is deleted before the next page
    is asked for is not documented; refusing is what a client can notice.
    """
    if where.starting_after is None:
        return
    moment = created_at(where.starting_after)
    if moment is None:
        _refuse("starting_after", "starting_after must be the id of a user.")
    selected.add(f"(created_at, id) {'<' if where.descending else '>'} (?, ?)", moment, where.starting_after)


def answer(found: Sequence[Document], total: int, *, paginated: bool = True) -> Answer:
    """Return a page of a list, which tells how long the whole of it is unless it is not to be ``paginated``."""
    return Answer.json({"data": found, "total_count": total} if paginated else found)


def answer_part(everything: Sequence[Document], query: Iterable[tuple[str, str]]) -> Answer:
    """Return the part of a short list that a query asks for."""
    where = page(query)
    return answer(everything[where.offset : where.offset + where.limit], len(everything))


def containing(name: str, text: str) -> str:
    """Return the pattern of LIKE for what contains a text. Raises Problem for one that nobody types."""
    if len(text) > MAX_TEXT:
        _refuse(name, f"{name} must not be longer than {MAX_TEXT} characters.")
    return "%" + re.sub(r"([%_\\])", r"\\\1", text) + "%"


def _narrow_to_list(selected: Selection, name: str, given: list[str]) -> None:
    wanted: list[str] = []
    unwanted: list[str] = []
    for value in given:
        if name in _SIGNED and value.startswith("-"):
            unwanted.append(value[1:])
        elif name in _SIGNED and value.startswith(("+", " ")):
            wanted.append(value[1:])
        else:
            wanted.append(value.lower() if name in ("email_address", "username") else value)
    for chosen, negated in ((wanted, False), (unwanted, True)):
        if chosen and name == "user_id":
            selected.within("id", chosen, negated=negated)
        elif chosen and name == "organization_id":
            selected.members_of(chosen, negated=negated)
        elif chosen:
            selected.identified(name, chosen, negated=negated)


def _narrow_to_text(selected: Selection, name: str, text: str) -> None:
    if not text:
        return
    pattern = containing(name, text)
    alternatives = [rf"{column} LIKE ? ESCAPE '\'" for column in _LIKE[name]]
    if name in ("query", "email_address_query"):  # any address, not the primary one only
        addresses = r"SELECT user_id FROM identifiers WHERE kind = 'email_address' AND value LIKE ? ESCAPE '\'"
        alternatives.append(f"id IN ({addresses})")
    selected.add(f"({' OR '.join(alternatives)})", *[pattern] * len(alternatives))


def _number(name: str, text: str, *, at_least: int) -> int:
    if not re.fullmatch("[0-9]{1,18}", text) or int(text) < at_least:
        _refuse(name, f"{name} must be an integer of at least {at_least}.")
    return int(text)


def _refuse(name: str, sentence: str) -> NoReturn:
    raise Problem.of(422, "form_param_value_invalid", "is invalid", sentence, param=name)
