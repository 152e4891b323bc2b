"""JSON cut at a depth: what is above stays as it was, to the byte where nothing is too deep."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_clerk.core.shallow import cut

DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=40,
)


def pruned(value: Any, levels: int) -> Any:
    if isinstance(value, dict):
        return {name: pruned(member, levels - 1) for name, member in value.items()} if levels else None
    if isinstance(value, list):
        return [pruned(item, levels - 1) for item in value] if levels else None
    return value


@given(DOCUMENTS, st.integers(0, 6), st.booleans())
def test_the_same_as_pruning_what_was_parsed(value: Any, levels: int, ascii_only: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only).encode()
    assert json.loads(cut(text, levels=levels)) == pruned(value, levels)


@pytest.mark.parametrize(
    "text", [b"", b"[", b"]", b"[[[", b"]]]", b"[[[]]", b"{]", b'"', b'"[[[[', b"[[[[]]]]]", b"x[[[[]]]]", b"[[[[]]]]x"]
)
def test_what_is_not_json_does_not_become_it(text: bytes) -> None:
    with pytest.raises(json.JSONDecodeError):
        json.loads(cut(text, levels=2))


def test_a_million_brackets_take_no_time() -> None:
    assert cut(b"[" * 500_000 + b"]" * 500_000, levels=2) == b"[[null]]"
    assert json.loads(cut(b'["' + b"\\\\[" * 300_000 + b'"]', levels=2))
