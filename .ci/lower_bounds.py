"""
Write a constraints file that holds every requirement of setup.cfg at its lower bound.

Usage: ``python .ci/lower_bounds.py FILE``. Requirements without a bound (types, whose newest is always meant) and the
project's own extras are left out; a bound that is not a plain ``>=`` is an error, since this would not test it.
"""

from __future__ import annotations

import configparser
import re
import sys
from pathlib import Path

SETUP = Path(__file__).parent.parent / "setup.cfg"
EXTRAS = ("celery", "channels", "drf", "ninja", "spectacular", "tasks", "test")


def lower_bounds(setup: configparser.ConfigParser) -> list[str]:
    lines = setup["options"]["install_requires"].splitlines()
    for extra in EXTRAS:
        lines += setup["options.extras_require"][extra].splitlines()
    own = setup["metadata"]["name"]
    requirements = [line.strip() for line in lines if line.strip() and not line.startswith(("#", own))]
    return [pin(requirement) for requirement in requirements]


def pin(requirement: str) -> str:
    match = re.fullmatch(r"([\w.-]+)>=([\w.]+)", requirement)
    if match is None:
        raise SystemExit(f"setup.cfg: {requirement!r} is not of the form name>=version.")
    return f"{match[1]}=={match[2]}"


if __name__ == "__main__":
    setup = configparser.ConfigParser()
    setup.read(SETUP, encoding="utf-8")
    constraints = "".join(f"{line}\n" for line in lower_bounds(setup))
    Path(sys.argv[1]).write_text(constraints, encoding="utf-8")
    print(constraints, end="")
