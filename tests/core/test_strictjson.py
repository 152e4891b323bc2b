from __future__ import annotations

import json
import sys
import time
from typing import Any

import pytest

from django_clerk.core import strictjson


@pytest.mark.parametrize(
    "value", [{}, {"a": {"b": [1, 2.5, -0.0, None, True]}}, [], "text", 1, "é \N{GRINNING FACE}", 2**64, {"": ""}]
)
def test_json_is_read(value: Any) -> None:
    assert strictjson.loads(json.dumps(value).encode()) == value
    assert strictjson.loads(json.dumps(value, ensure_ascii=False).encode()) == value


REFUSED: dict[str, bytes] = {
    "nothing": b"",
    "not JSON": b"{a: 1}",
    "cut off": b'{"a": ',
    "something behind": b"{} {}",
    "comment": b"{} // no",
    "comma at the end": b'{"a": 1,}',
    "member twice": b'{"sub": "user_1", "sub": "user_2"}',
    "member twice, escaped": b'{"sub": "user_1", "\\u0073ub": "user_2"}',
    "member twice, below": b'{"a": [{"b": 1, "b": 1}]}',
    "NaN": b'{"exp": NaN}',
    "Infinity": b'{"exp": Infinity}',
    "-Infinity": b'{"exp": -Infinity}',
    "1e400": b'{"exp": 1e400}',
    "-1e400": b'{"exp": -1e400}',
    "leading zero": b'{"exp": 01}',
    "hexadecimal": b'{"exp": 0x10}',
    "plus": b'{"exp": +1}',
    "underscore": b'{"exp": 1_000}',
    "digits of another script": '{"exp": ١٢}'.encode(),
    "single quotes": b"{'a': 1}",
    "control character": b'{"a": "\n"}',
    "NUL behind": b"{}\0",
    "byte order mark": b"\xef\xbb\xbf{}",
    "UTF-16": "{}".encode("utf-16"),
    "UTF-16 without a mark": "{}".encode("utf-16-le"),
    "UTF-32": "{}".encode("utf-32"),
    "Latin-1": '{"a": "é"}'.encode("latin-1"),
    "overlong slash": b'{"a": "\xc0\xaf"}',
    "surrogate in bytes": b'{"a": "\xed\xa0\x80"}',
    "half an escape": b'{"a": "\\u12"}',
    "no-break space": "\N{NO-BREAK SPACE}{}".encode(),
    "5000 digits": b'{"exp": ' + b"9" * 5000 + b"}",
    "deep arrays": b"[" * 65 + b"]" * 65,
    "deep objects": b'{"a":' * 65 + b"1" + b"}" * 65,
    "very deep": b"[" * 100_000,
    "very deep, closed": b"[" * 100_000 + b"]" * 100_000,
}


@pytest.mark.parametrize("data", REFUSED.values(), ids=REFUSED)
def test_what_has_several_readings_has_none(data: bytes) -> None:
    began = time.thread_time()
    with pytest.raises(ValueError, match=r"."):
        strictjson.loads(data)
    assert time.thread_time() - began < 1


def test_broad_is_not_deep() -> None:
    assert len(strictjson.loads(b"[" + b"{}," * 500 + b"[]]")) == 501
    assert strictjson.loads(b"[" * 64 + b"]" * 64)
    assert strictjson.loads(json.dumps({"text": "[{" * 500}).encode())


@pytest.mark.skipif(not hasattr(sys, "set_int_max_str_digits"), reason="This Python has no limit on digits.")
def test_a_lower_limit_on_digits_is_kept() -> None:
    limit = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(640)
    try:
        with pytest.raises(ValueError, match=r"."):
            strictjson.loads(b"9" * 700)
    finally:
        sys.set_int_max_str_digits(limit)
