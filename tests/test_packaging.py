"""The wheel holds the whole package and nothing else, and what needs no Django does not ask for it."""

from __future__ import annotations

import ast
import gettext
import os
import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile
from email.message import Message
from email.parser import Parser
from pathlib import Path

import pytest

import django_clerk

ROOT = Path(__file__).parent.parent
SOURCES = ("django_clerk", "example_project", "tests")
FILES = ("CHANGELOG.rst", "LICENSE", "MANIFEST.in", "README.rst", "pyproject.toml", "setup.cfg", "tox.ini")
IGNORED = shutil.ignore_patterns("__pycache__", "*.pyc", ".clerk", "*.sqlite3", ".*_cache", "node_modules")


def python(executable: str | Path, *arguments: str, cwd: Path, **environment: str) -> str:
    """Run an interpreter as a stranger would, without this one's paths and settings, and return what it printed."""
    own = ("COVERAGE_", "COV_CORE_", "DJANGO_SETTINGS_MODULE", "PYTHON")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(own)}
    answer = subprocess.run(
        [str(executable), *arguments], cwd=cwd, env=inherited | environment, capture_output=True, text=True, timeout=300
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr
    return answer.stdout


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the source distribution, and the wheel that was built from it."""
    checkout = tmp_path_factory.mktemp("checkout")
    for name in SOURCES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, checkout / name, ignore=IGNORED)
    for name in FILES:
        if (ROOT / name).exists():
            shutil.copy(ROOT / name, checkout)
    python(sys.executable, "-m", "build", "--no-isolation", cwd=checkout)
    return checkout / "dist"


@pytest.fixture(scope="module")
def wheel(dist: Path) -> Path:
    (built,) = dist.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return Parser().parsestr(archive.read(name).decode("utf-8"))


def files_of_the_package() -> set[str]:
    files = {path.relative_to(ROOT) for path in (ROOT / "django_clerk").rglob("*") if path.is_file()}
    return {path.as_posix() for path in files if "__pycache__" not in path.parts and path.suffix != ".pyc"}


@pytest.mark.slow
class TestWheel:
    def test_holds_every_file_of_the_package_and_no_other(self, wheel: Path) -> None:
        with zipfile.ZipFile(wheel) as archive:
            packed = {name for name in archive.namelist() if ".dist-info/" not in name}
        assert packed == files_of_the_package()

    @pytest.mark.parametrize("part", ["py.typed", "migrations/0001_initial.py"])
    def test_holds_what_is_easily_left_out(self, wheel: Path, part: str) -> None:
        with zipfile.ZipFile(wheel) as archive:
            assert f"django_clerk/{part}" in archive.namelist()

    def test_has_one_version(self, metadata: Message) -> None:
        assert (metadata["Name"], metadata["Version"]) == ("django-clerk-auth", django_clerk.__version__)

    def test_carries_the_licence(self, wheel: Path, metadata: Message) -> None:
        assert metadata["License-Expression"] == "MIT"
        with zipfile.ZipFile(wheel) as archive:
            assert any(name.endswith("/LICENSE") for name in archive.namelist())

    def test_requirements_have_a_lower_bound_and_no_upper(self, metadata: Message) -> None:
        runtime = [name for name in metadata.get_all("Requires-Dist", []) if "extra ==" not in name]
        assert sorted(name.partition(">=")[0] for name in runtime) == [
            "cryptography",
            "django",
            "pyjwt",
            "requests",
            "svix",
        ]
        assert all(">=" in name and "," not in name and "<" not in name and "==" not in name for name in runtime)

    def test_installs_in_an_empty_environment(self, wheel: Path, tmp_path: Path) -> None:
        """Without its requirements, so without the network; CI installs it with them, in full."""
        venv.create(tmp_path / "venv", with_pip=True, symlinks=os.name != "nt")
        (interpreter,) = [path for path in (tmp_path / "venv").glob("*/python*") if path.stem == "python"]
        python(interpreter, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", str(wheel), cwd=tmp_path)
        code = "import django_clerk; print(django_clerk.__version__, django_clerk.__file__)"
        version, origin = python(interpreter, "-c", code, cwd=tmp_path).split()
        assert version == django_clerk.__version__
        assert Path(origin).is_relative_to(tmp_path / "venv")


class Missing(gettext.NullTranslations):
    def gettext(self, message: str) -> str:
        raise AssertionError(f"not translated: {message}")


def texts_to_translate() -> set[str]:
    """Return what the modules mark for translation."""
    texts = set()
    for source in (ROOT / "django_clerk").rglob("*.py"):
        for call in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and getattr(call.func, "id", "") in ("_", "gettext", "gettext_lazy"):
                texts |= {text.value for text in call.args if isinstance(text, ast.Constant)}
    return texts


@pytest.mark.parametrize("source", sorted((ROOT / "django_clerk").rglob("*.po")), ids=lambda source: source.parts[-3])
def test_every_translation_is_whole_and_compiled(source: Path) -> None:
    """Django reads the ``.mo`` beside a ``.po``, and nobody compiles it after installing."""
    with source.with_suffix(".mo").open("rb") as compiled:
        translations = gettext.GNUTranslations(compiled)
    assert translations.info()["content-type"] == "text/plain; charset=UTF-8"
    translations.add_fallback(Missing())
    assert "organization" in texts_to_translate()
    for text in texts_to_translate():
        translations.gettext(text)


@pytest.mark.slow
def test_source_distribution_holds_the_tests(dist: Path) -> None:
    (built,) = dist.glob("*.tar.gz")
    with tarfile.open(built) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"LICENSE", "pyproject.toml", "setup.cfg", "tox.ini", "tests/test_packaging.py"} <= names


def test_importing_the_package_needs_no_settings(tmp_path: Path) -> None:
    python(sys.executable, "-W", "error", "-c", "import django_clerk", cwd=tmp_path, PYTHONPATH=str(ROOT))


def test_importing_the_package_loads_nothing_else(tmp_path: Path) -> None:
    code = "import sys, django_clerk; print(*sys.modules)"
    loaded = python(sys.executable, "-c", code, cwd=tmp_path, PYTHONPATH=str(ROOT)).split()
    assert {"django", "jwt", "cryptography", "requests", "svix", "rest_framework"}.isdisjoint(loaded)


@pytest.mark.slow
@pytest.mark.parametrize(
    "absent",
    [[], ["rest_framework"], ["rest_framework", "drf_spectacular", "ninja", "channels"]],
    ids=["with every extra", "without REST framework", "without any"],
)
def test_every_module_imports(tmp_path: Path, absent: list[str]) -> None:
    """Neighbours are extras; None in sys.modules is how Python says that a package is not there."""
    script = str(ROOT / ".ci" / "import_everything.py")
    hidden = f"sys.modules.update(dict.fromkeys({absent})); "
    code = f"import sys, runpy; {hidden}runpy.run_path({script!r}, run_name='__main__')"
    assert str(ROOT) in python(sys.executable, "-c", code, cwd=tmp_path, PYTHONPATH=str(ROOT))
