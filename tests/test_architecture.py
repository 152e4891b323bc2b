"""The rules of the package's layout: who may import whom, from where, and how long a file may be."""

from __future__ import annotations

import ast
from collections.abc import Callable
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from tests.imports import PACKAGE, Import, absolute, imports_of, modules

#: From the ground up; a room imports from its own floor and those below. A new room of the package needs a place here.
FLOORS = (
    ("", "exceptions"),
    ("core",),
    ("conf", "cookies", "http", "signals", "api", "keystore", "operations", "public", "urlconf"),
    ("wiring", "models", "usermodel"),
    (
        "accounts",
        "answers",
        "identify",
        "linking",
        "lookup",
        "ownership",
        "permissions",
        "privileges",
        "revocation",
        "rows",
        "sync",
        "transactions",
    ),
    ("audit", "backends", "receivers", "reconcile"),
    ("export",),
    ("callers",),
    ("acceptance", "conditions", "guards", "pages", "sign_out"),
    ("routes",),
    ("inventory",),
    (
        "middleware",
        "decorators",
        "mixins",
        "drf",
        "webhooks",
        "management",
        "admin",
        "admin_site",
        "diagnosis",
        "templatetags",
        "context_processors",
        "urls",
        "checks",
        "migrations",
    ),
    ("contrib",),
    ("apps", "emulator"),
    ("testing",),
)
FLOOR = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}

#: Rooms that only the rooms named may enter, whatever the floor.
PRIVATE = {"apps": set(), "contrib": set(), "drf": {"contrib"}, "emulator": {"testing"}, "testing": set()}

#: Packages that only the rooms named may import.
FOREIGN = {
    "celery": {"contrib"},
    "channels": {"contrib"},
    "django_tasks": {"contrib"},
    "drf_spectacular": {"contrib"},
    "kombu": {"contrib"},
    "ninja": {"contrib"},
    "requests": {"api", "emulator", "testing"},
    "rest_framework": {"drf", "contrib"},
}

#: What the core never imports: Django, its neighbours, and whatever opens a socket.
BARRED_FROM_CORE = {
    "django",
    "rest_framework",
    "requests",
    "httpx",
    "urllib3",
    "socket",
    "ssl",
    "http.client",
    "urllib.request",
}

#: Imports inside a function, as "module:function", each with the reason why it cannot stand at the top.
LATE_IMPORTS: dict[str, str] = {}

MODULES = modules()
IMPORTS = {module: list(imports_of(module, path)) for module, path in MODULES.items()}


def room_of(module: str) -> str:
    """Return the file or folder of the package that a module is in, or "" for the package itself."""
    return module.removeprefix(PACKAGE.name).removeprefix(".").partition(".")[0]


def floor_of(module: str) -> int:
    """Return the floor of a module's room; one without a floor is on the roof, where only its own test excuses it."""
    return FLOOR.get(room_of(module), len(FLOORS))


def is_own(target: str) -> bool:
    return target.partition(".")[0] == PACKAGE.name


def where(offends: Callable[[str, Import], bool]) -> list[str]:
    """Return file, line and target of each import of the package that offends."""
    return [
        f"{MODULES[module].relative_to(PACKAGE.parent)}:{statement.line} imports {statement.target}"
        for module, statements in IMPORTS.items()
        for statement in statements
        if offends(module, statement)
    ]


def test_every_room_has_a_floor() -> None:
    assert sorted({room_of(module) for module in MODULES} - set(FLOOR)) == [], "give it a place in FLOORS"


def test_imports_point_down() -> None:
    def offends(module: str, statement: Import) -> bool:
        return is_own(statement.target) and floor_of(statement.target) > floor_of(module)

    assert where(offends) == []


def test_private_rooms_are_entered_by_nobody_else() -> None:
    def offends(module: str, statement: Import) -> bool:
        room = room_of(statement.target) if is_own(statement.target) else ""
        return room in PRIVATE and room_of(module) not in {room, *PRIVATE[room]}

    assert where(offends) == []


def test_modules_do_not_import_one_another_in_a_circle() -> None:
    graph = {
        module: {statement.target for statement in IMPORTS[module] if statement.target in MODULES} - {module}
        for module in MODULES
    }
    assert list(TopologicalSorter(graph).static_order())  # raises CycleError, which names the circle


def test_packages_are_imported_only_where_they_belong() -> None:
    def offends(module: str, statement: Import) -> bool:
        package = statement.target.partition(".")[0]
        return package in FOREIGN and room_of(module) not in FOREIGN[package]

    assert where(offends) == []


def test_core_knows_neither_django_nor_the_network() -> None:
    def offends(module: str, statement: Import) -> bool:
        return room_of(module) == "core" and any(
            f"{statement.target}.".startswith(f"{name}.") for name in BARRED_FROM_CORE
        )

    assert where(offends) == []


def test_imports_stand_at_the_top() -> None:
    def offends(module: str, statement: Import) -> bool:
        function = statement.function
        return (
            function is not None and f"{module}:{function}" not in LATE_IMPORTS and not is_app_ready(module, function)
        )

    assert where(offends) == []


def is_app_ready(module: str, function: str) -> bool:
    """Tell whether this is an AppConfig's ``ready()``, the first moment at which models can be imported."""
    return module.rpartition(".")[2] == "apps" and function.count(".") == 1 and function.endswith(".ready")


def test_allowed_late_imports_still_exist() -> None:
    used = {f"{module}:{statement.function}" for module in MODULES for statement in IMPORTS[module]}
    assert set(LATE_IMPORTS) <= used


def test_modules_are_not_fetched_by_name() -> None:
    """An import hidden in a string is still an import, and these rules would not see it."""
    calls = [
        f"{module}:{node.lineno}"
        for module, path in MODULES.items()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and getattr(node.func, "attr", getattr(node.func, "id", "")) in {"import_module", "import_string", "__import__"}
        and any(isinstance(argument, ast.Constant) and is_own(str(argument.value)) for argument in node.args)
    ]
    assert calls == []


def test_files_are_short() -> None:
    lengths = {module: len(path.read_text(encoding="utf-8").splitlines()) for module, path in MODULES.items()}
    assert {module: lines for module, lines in lengths.items() if lines > 300} == {}, "look for the second concept"


def test_every_folder_of_code_is_a_package() -> None:
    """Without ``__init__.py`` a folder imports from the checkout, but is missing from the wheel."""
    folders = {path.parent for path in PACKAGE.rglob("*.py")}
    assert [str(folder) for folder in folders if not (folder / "__init__.py").exists()] == []


class TestTheReader:
    """The rules are worth what their reading of the source is."""

    def read(
        self, tmp_path: Path, source: str, module: str = "django_clerk.drf.permissions"
    ) -> list[tuple[str, str | None]]:
        path = tmp_path / "module.py"
        path.write_text(source)
        return [(found.target, found.function) for found in imports_of(module, path)]

    @pytest.mark.parametrize(
        ("level", "name", "meant"),
        [
            (0, "django.db", "django.db"),
            (1, None, "django_clerk.drf"),
            (1, "authentication", "django_clerk.drf.authentication"),
            (2, "core.tokens", "django_clerk.core.tokens"),
            (2, None, "django_clerk"),
        ],
    )
    def test_relative_names(self, level: int, name: str | None, meant: str) -> None:
        assert absolute("django_clerk.drf", level, name) == meant

    def test_a_module_imported_from_its_package_is_that_module(self, tmp_path: Path) -> None:
        assert self.read(tmp_path, "from .. import exceptions, __version__") == [
            ("django_clerk.exceptions", None),
            ("django_clerk", None),
        ]

    def test_imports_for_the_type_checker_do_not_count(self, tmp_path: Path) -> None:
        source = "if TYPE_CHECKING:\n    import django\nelif x:\n    import jwt\nelse:\n    import requests"
        assert self.read(tmp_path, source) == [("jwt", None), ("requests", None)]

    def test_imports_in_functions_are_seen_however_deep(self, tmp_path: Path) -> None:
        source = "class A:\n  import one\n  def b(self):\n    if x:\n      async def c():\n        import two"
        assert self.read(tmp_path, source) == [("one", None), ("two", "A.b.c")]

    def test_a_tried_import_counts(self, tmp_path: Path) -> None:
        assert self.read(tmp_path, "try:\n    import rest_framework\nexcept ImportError:\n    pass") == [
            ("rest_framework", None)
        ]
