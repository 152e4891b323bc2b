"""What the modules of django_clerk import from one another and from elsewhere, read from their source."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import django_clerk

PACKAGE = Path(django_clerk.__file__).parent
FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


@dataclass(frozen=True)
class Import:
    target: str  #: dotted name: of a module, where it is the package's own, else with the name imported from it
    line: int
    function: str | None  #: dotted name of the class and function around it, or None at the top


@functools.cache
def modules() -> dict[str, Path]:
    """Return every module of the package by dotted name, a package being named as its ``__init__``."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = (PACKAGE.name, *path.relative_to(PACKAGE).with_suffix("").parts)
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports_of(module: str, path: Path) -> Iterator[Import]:
    """Yield what a module imports when it runs; ``if TYPE_CHECKING:`` never does."""
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    yield from _walk(ast.parse(path.read_text(encoding="utf-8")), package, (), inside=False)


def _walk(node: ast.AST, package: str, scope: tuple[str, ...], *, inside: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        function = ".".join(scope) if inside else None
        if isinstance(child, ast.Import):
            for alias in child.names:
                yield Import(alias.name, child.lineno, function)
        elif isinstance(child, ast.ImportFrom):
            source = absolute(package, child.level, child.module)
            for alias in child.names:
                yield Import(module_of(source, alias.name), child.lineno, function)
        elif isinstance(child, ast.If) and _is_type_checking(child.test):
            for branch in child.orelse:
                yield from _walk(ast.Module([branch], []), package, scope, inside=inside)
        elif isinstance(child, (*FUNCTION, ast.ClassDef)):
            name = getattr(child, "name", "lambda")
            yield from _walk(child, package, (*scope, name), inside=inside or isinstance(child, FUNCTION))
        else:
            yield from _walk(child, package, scope, inside=inside)


def absolute(package: str, level: int, module: str | None) -> str:
    """Return the dotted name that ``from ..module import`` means inside a package."""
    if not level:
        return module or ""
    above = package.split(".")[: len(package.split(".")) - (level - 1)]
    return ".".join([*above, module] if module else above)


def module_of(source: str, name: str) -> str:
    """Return the module of the package that ``from source import name`` loads; for other packages ``source.name``."""
    full = f"{source}.{name}"
    return source if source.partition(".")[0] == PACKAGE.name and full not in modules() else full


def _is_type_checking(test: ast.expr) -> bool:
    return (isinstance(test, ast.Name) and test.id == "TYPE_CHECKING") or (
        isinstance(test, ast.Attribute) and test.attr == "TYPE_CHECKING"
    )
