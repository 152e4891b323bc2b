"""Clerk's published specifications as JSON schemas, where they are at hand."""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "openapi"


def validate(specification: str, schema: str, instance: Any) -> None:
    """Fail unless ``instance`` is valid against a schema of ``bapi-2026-05-12`` or another file. Skip without it."""
    jsonschema = pytest.importorskip("jsonschema")
    components = _document(specification)["components"]
    wanted = components["schemas"][schema]
    document = {"allOf": [wanted], "components": components}
    jsonschema.Draft202012Validator(document).validate(instance)


def validate_answer(specification: str, path: str, method: str, instance: Any, *, status: int = 200) -> None:
    """The same against what a path answers, where its schema has no name."""
    jsonschema = pytest.importorskip("jsonschema")
    document = _document(specification)
    answer = document["paths"][path][method.lower()]["responses"][str(status)]
    if "$ref" in answer:
        answer = document["components"]["responses"][answer["$ref"].rpartition("/")[2]]
    schema = {"allOf": [answer["content"]["application/json"]["schema"]], "components": document["components"]}
    jsonschema.Draft202012Validator(schema).validate(instance)


def paths(specification: str) -> dict[str, Any]:
    """Return what a specification says of each path."""
    found: dict[str, Any] = _document(specification)["paths"]
    return found


def template(specification: str, path: str) -> str | None:
    """Return the path of a specification, parameters in braces, that a path is one of; None for none."""
    known = paths(specification)
    fitting = (item for item in known if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", item), path))
    return path if path in known else next(fitting, None)


@functools.cache
def _document(specification: str) -> dict[str, Any]:
    path = FOLDER / f"{specification}.yml"
    if not path.exists():
        pytest.skip(f"{path} is not there: Clerk's specifications are not part of this repository")
    yaml = pytest.importorskip("yaml")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the one in C is ten times as fast
    document: dict[str, Any] = _translated(yaml.load(path.read_text(encoding="utf-8"), Loader=loader))
    return document


def _translated(node: Any) -> Any:
    """Translate OpenAPI 3.0's one word that JSON Schema does not have."""
    if isinstance(node, list):
        return [_translated(item) for item in node]
    if not isinstance(node, dict):
        return node
    schema = {key: _translated(value) for key, value in node.items() if key != "nullable"}
    return {"anyOf": [{"type": "null"}, schema]} if node.get("nullable") is True else schema
