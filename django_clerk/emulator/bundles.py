"""Clerk's own JavaScript as files: ``@clerk/clerk-js`` and ``@clerk/ui``, where npm has put them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from django_clerk.conf import conf

PACKAGES = ("clerk-js", "ui")
HOW = (
    "Install @clerk/clerk-js and @clerk/ui beside manage.py (npm install --ignore-scripts @clerk/clerk-js @clerk/ui),"
    " or set CLERK_EMULATOR_BUNDLE_DIR to the node_modules folder that has them."
)
_CONTENT_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".map": "application/json",
    ".txt": "text/plain; charset=utf-8",
}


@dataclass(frozen=True)
class Bundle:
    """One file of a package."""

    content: bytes
    content_type: str
    version: str  #: of its package


def folder() -> Path:
    """Return the node_modules folder that is looked in: CLERK_EMULATOR_BUNDLE_DIR, or that of the project."""
    return Path(conf.CLERK_EMULATOR_BUNDLE_DIR or Path(getattr(settings, "BASE_DIR", "")) / "node_modules")


def missing() -> list[str]:
    """Return the packages that are not there; without them pages show no box of Clerk's."""
    return [f"@clerk/{name}" for name in PACKAGES if not (folder() / "@clerk" / name / "dist").is_dir()]


def read(package: str, name: str) -> Bundle | None:
    """Return a file below the ``dist`` folder of a package, or None: nothing outside is ever read."""
    if package not in PACKAGES:
        return None
    root = (folder() / "@clerk" / package).resolve()
    dist = root / "dist"
    try:
        path = (dist / name).resolve()
        if not path.is_relative_to(dist) or path.suffix not in _CONTENT_TYPES or not path.is_file():
            return None
        version = json.loads((root / "package.json").read_text(encoding="utf-8"))["version"]
        return Bundle(path.read_bytes(), _CONTENT_TYPES[path.suffix], version)
    except (OSError, ValueError, KeyError):  # a name with a null byte, a package without its description
        return None
