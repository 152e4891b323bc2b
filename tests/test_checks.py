"""What is configured wrongly is said at start-up: one id for each finding, and always a hint."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import Group
from django.core import checks
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import IntegrityError, models
from django.db.models.signals import pre_save
from django.test import override_settings
from django.test.utils import isolate_apps
from django.urls import include, path

from django_clerk.checks.users import check_required
from django_clerk.core.profiles import read_profile
from django_clerk.sync import apply_profiles
from tests.deliveries import clerk_user
from tests.keys import PRIVATE_PEM
from tests.processes import PROJECT
from tests.settings import AUTHENTICATION_BACKENDS, MIDDLEWARE

urlpatterns = [path("webhooks/clerk/", include("django_clerk.webhooks.urls"))]

LIVE, TEST = "pk_live_Y2xlcmsuZXhhbXBsZS5jb20k", "pk_test_Y2xlcmsuZXhhbXBsZS5jb20k"
OURS = MIDDLEWARE.index("django_clerk.middleware.ClerkMiddleware")


def found(*, deploy: bool = False, **settings: Any) -> list[str]:
    """Return the ids of our findings under these settings, each of which must say what to do."""
    with override_settings(**{"CLERK_SECRET_KEY": "sk_live_VeryUnlikely", **settings}):
        messages = checks.run_checks(tags=[checks.Tags.security], include_deployment_checks=deploy)
    ours = [message for message in messages if message.id and message.id.startswith("django_clerk.")]
    for message in ours:
        assert message.hint
        assert "VeryUnlikely" not in f"{message.msg}{message.hint}"
    return [str(message.id).removeprefix("django_clerk.") for message in ours]


def test_the_tests_project_is_sound() -> None:
    assert found() == []
    assert found(deploy=True) == []


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"CLERK_CLOCK_SKEW": "five"}, ["E001"]),
        ({"CLERK_PROVISION_USERS": "always"}, ["E001"]),
        ({"CLERK_SECRET_KEY": 1}, ["E001", "E001"]),  # CLERK_PROVISION_USERS depends on it
        ({"CLERK_ROLE_CLAIM": "unsafe_metadata.role"}, ["E001"]),
        ({"CLERK_PUBLISHABLE_KEY": "pk_live_bad"}, ["E004"]),
        ({"CLERK_SECRET_KEY": "sk_test_VeryUnlikely"}, ["E005"]),
        ({"CLERK_SECRET_KEY": "test_VeryUnlikely"}, ["E005"]),
        ({"CLERK_PUBLISHABLE_KEY": TEST}, ["E005"]),
        ({"CLERK_PUBLISHABLE_KEY": TEST, "CLERK_SECRET_KEY": "sk_test_VeryUnlikely"}, []),
        ({"CLERK_SECRET_KEY": None}, ["W007"]),
        ({"CLERK_PUBLISHABLE_KEY": None}, ["W002"]),
        ({"CLERK_JWT_KEY": None}, []),
        ({"CLERK_JWT_KEY": None, "CLERK_SECRET_KEY": None}, ["W007", "E006"]),
        ({"CLERK_JWT_KEY": "not a key VeryUnlikely"}, ["E006"]),
        ({"CLERK_JWT_KEY": PRIVATE_PEM}, ["E006"]),
        ({"CLERK_JWT_KEY": None, "CLERK_SECRET_KEY": "sk_live_Very Unlikely"}, ["E006"]),
        ({"CLERK_JWT_KEY": None, "CLERK_SECRET_KEY": "sk_live_x", "CLERK_API_URL": "ftp://x"}, ["E006"]),
        ({"CLERK_AUTHORIZED_PARTIES": []}, ["W003"]),
        ({"CLERK_CLOCK_SKEW": 60}, []),
        ({"CLERK_CLOCK_SKEW": 5000}, ["W006"]),
        ({"CLERK_ROLE_GROUPS": ["admin"]}, ["E001"]),
        ({"CLERK_STAFF_ROLES": ["admin", "editor"], "CLERK_SUPERUSER_ROLES": ["admin"]}, []),
        ({"CLERK_STAFF_ROLES": ["org:admin"]}, ["E060"]),
        ({"CLERK_ROLE_GROUPS": {"org:admin": ["Editors"]}}, ["E060"]),
        ({"CLERK_STAFF_ROLES": ["editor"], "CLERK_SUPERUSER_ROLES": ["admin"]}, ["W060"]),
        ({"CLERK_STAFF_ROLES": ["editor"], "AUTH_USER_MODEL": "testapp.Post"}, ["E061"]),
        ({"CLERK_WEBHOOK_PAYLOAD": "some"}, ["E001"]),
        ({"CLERK_WEBHOOK_RETENTION_DAYS": 1.9}, ["E001"]),
        ({"CLERK_WEBHOOK_RETENTION_DAYS": 2}, []),
        ({"CLERK_WEBHOOK_BACKEND": "nowhere.Backend"}, ["E020"]),
        ({"CLERK_WEBHOOK_BACKEND": "django.core.mail.backends.smtp.EmailBackend"}, ["E020"]),
        ({"CLERK_WEBHOOK_BACKEND": "tests.test_inbox.Later"}, []),
    ],
)
def test_settings(settings: dict[str, Any], expected: list[str]) -> None:
    assert found(**settings) == expected


@pytest.mark.parametrize(
    ("party", "is_origin"),
    [
        ("https://app.example.com", True),
        ("http://localhost:3000", True),
        ("http://[::1]:3000", True),
        ("chrome-extension://abcdefghijklmnop", True),
        ("capacitor://localhost", True),
        ("https://app.example.com/", False),
        ("https://app.example.com/app", False),
        ("https://app.example.com?x", False),
        ("https://app.example.com#x", False),
        ("https://user@app.example.com", False),
        ("https://*.example.com", False),
        ("https://App.example.com", False),
        ("HTTPS://app.example.com", False),
        ("https://app.example.com:443", False),
        ("http://app.example.com:80", False),
        ("https://app example.com", False),
        ("app.example.com", False),
        ("http://[::1", False),
        ("https://", False),
        ("*", False),
    ],
)
def test_authorized_parties_are_origins(party: str, is_origin: bool) -> None:
    assert found(CLERK_AUTHORIZED_PARTIES=[party]) == ([] if is_origin else ["W004"])


@pytest.mark.parametrize("secret", ["x", "whsec_", "whsec_%", "whsec_c2hvcnQ=", ["whsec_x"], "sk_test_VeryUnlikely"])
def test_webhook_secrets(secret: Any) -> None:
    assert found(CLERK_WEBHOOK_SIGNING_SECRET=secret) == ["E007"]


def test_a_webhook_without_a_secret() -> None:
    assert found(CLERK_WEBHOOK_SIGNING_SECRET=None) == []
    assert found(CLERK_WEBHOOK_SIGNING_SECRET=None, ROOT_URLCONF=__name__) == ["W005"]


def test_django_tasks_without_a_queue() -> None:
    pytest.importorskip("django_tasks")
    assert found(CLERK_WEBHOOK_BACKEND="django_clerk.contrib.tasks.TasksBackend") == ["W020"]


@pytest.mark.parametrize(
    ("broker", "eager", "expected"),
    [
        (None, False, ["W021"]),
        ("memory://", False, ["W022"]),
        ("amqp://guest:guest@127.0.0.1//", True, ["W022"]),
        ("nowhere://127.0.0.1", False, ["E021"]),
        ("amqp://guest:guest@127.0.0.1//", False, []),
    ],
)
def test_celery_without_a_queue(
    broker: str | None, eager: bool, expected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    celery, state = pytest.importorskip("celery"), pytest.importorskip("celery._state")
    monkeypatch.setattr(state, "default_app", None)
    monkeypatch.setattr(state._tls, "current_app", None)
    if broker:
        celery.Celery("project", broker=broker).conf.task_always_eager = eager
    assert found(CLERK_WEBHOOK_BACKEND="django_clerk.contrib.celery.CeleryBackend") == expected


@pytest.mark.parametrize(
    ("middleware", "expected"),
    [
        (MIDDLEWARE[:OURS] + MIDDLEWARE[OURS + 1 :], ["W001"]),
        ([MIDDLEWARE[OURS], *MIDDLEWARE[:OURS]], ["E002"]),
        ([MIDDLEWARE[OURS]], []),
    ],
)
def test_middleware(middleware: list[str], expected: list[str]) -> None:
    assert found(MIDDLEWARE=middleware) == expected


@pytest.mark.parametrize(
    ("backends", "expected"),
    [
        (AUTHENTICATION_BACKENDS[:1], []),
        (AUTHENTICATION_BACKENDS[1:], ["E003"]),
        (["tests.test_backends.ProjectBackend"], []),
        (["nowhere.Backend"], ["E003"]),
        (["django.contrib.auth.authenticate"], ["E003"]),
    ],
)
def test_backends(backends: list[str], expected: list[str]) -> None:
    assert found(AUTHENTICATION_BACKENDS=backends) == expected


def test_development_keys_do_not_go_into_production() -> None:
    keys = {"CLERK_PUBLISHABLE_KEY": TEST, "CLERK_SECRET_KEY": "sk_test_VeryUnlikely"}
    assert found(deploy=True, **keys) == ["E008", "E008"]
    assert found(deploy=True, **keys, DEBUG=True) == []
    assert found(deploy=False, **keys) == []
    assert found(deploy=True, CLERK_SECRET_KEY=1) == ["E001", "E001"]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"CLERK_STAFF_ROLES": ["admin"]}, []),
        ({"CLERK_STAFF_ROLES": ["admin"], "CLERK_ROLE_CLAIM": "role"}, ["W062"]),
        ({"CLERK_STAFF_ROLES": ["admin"], "CLERK_ROLE_CLAIM": "public_metadata.staff.role"}, []),
        ({"CLERK_ROLE_GROUPS": {"admin": ["Editors"]}, "CLERK_ROLE_CLAIM": "role"}, []),
        ({"CLERK_ROLE_GROUPS": {"admin": ["Editors"]}, "CLERK_WEBHOOK_SIGNING_SECRET": None}, ["W063"]),
    ],
)
def test_roles_that_give_rights_in_production(settings: dict[str, Any], expected: list[str]) -> None:
    assert found(deploy=True, **settings) == expected
    assert found(**settings) == []


# What a user model asks for


@pytest.fixture
def required(monkeypatch) -> None:
    """Let the user model ask for what Clerk does not tell."""
    field = get_user_model()._meta.get_field("is_active")
    monkeypatch.setattr(field, "default", models.NOT_PROVIDED)
    monkeypatch.setattr(field, "_get_default", lambda: None)


@pytest.fixture
def filled() -> Iterator[None]:
    """Let the project fill it in."""

    def fill(sender: Any, instance: Any, **kwargs: Any) -> None:
        instance.is_active = True

    pre_save.connect(fill, sender=get_user_model())
    yield
    pre_save.disconnect(fill, sender=get_user_model())


@pytest.mark.django_db
def test_what_a_user_model_requires_and_clerk_does_not_tell(required: None) -> None:
    assert found() == ["E009"]
    assert found(CLERK_PROVISION_USERS="never") == ["W009"], "perhaps nobody is ever to be made"
    with pytest.raises(IntegrityError):
        apply_profiles([read_profile(clerk_user())])


@pytest.mark.django_db
def test_what_a_project_fills_in_itself_perhaps(required: None, filled: None) -> None:
    assert found() == ["W009"]
    assert found(CLERK_PROVISION_USERS="never") == ["W009"]
    apply_profiles([read_profile(clerk_user(f"user_{name}")) for name in "ab"])
    assert get_user_model().objects.filter(is_active=True).count() == 2


FIELDS: list[tuple[models.Field[Any, Any], bool]] = [
    (models.DateField(), True),
    (models.UUIDField(primary_key=True), True),
    (models.JSONField(), True),
    (models.ForeignKey(Group, on_delete=models.CASCADE), True),
    (models.CharField(max_length=9, unique=True), True),  # one user may have none, and no second one
    (models.CharField(max_length=9), False),
    (models.DateField(null=True), False),
    (models.DateField(auto_now_add=True), False),
    (models.IntegerField(db_default=0), False),
    (models.UUIDField(default=uuid.uuid4, primary_key=True), False),
    (models.BigAutoField(primary_key=True), False),
    (models.FileField(), False),
]


@pytest.mark.parametrize(("field", "is_missing"), FIELDS, ids=lambda value: type(value).__name__)
def test_fields_that_somebody_must_fill(field: models.Field[Any, Any], is_missing: bool) -> None:
    with isolate_apps("tests.testapp"):
        model = type(
            "Person",
            (AbstractBaseUser,),
            {
                "name": models.CharField(max_length=255, unique=True),
                "more": field,
                "USERNAME_FIELD": "name",
                "Meta": type("Meta", (), {"app_label": "testapp"}),
                "__module__": __name__,
            },
        )
        assert [message.id for message in check_required(model)] == ["django_clerk.E009"] * is_missing


def test_a_name_that_takes_no_clerk_id(monkeypatch) -> None:
    monkeypatch.setattr(get_user_model(), "USERNAME_FIELD", "id")
    assert "E010" in found()


def test_links_by_address_need_one(monkeypatch) -> None:
    assert found(CLERK_LINK_VERIFIED_EMAIL=True) == []
    monkeypatch.setattr(get_user_model(), "EMAIL_FIELD", "mail", raising=False)
    assert found(CLERK_LINK_VERIFIED_EMAIL=True) == ["E011"]
    assert found() == []


@pytest.mark.django_db
def test_groups_are_there() -> None:
    def missing(*databases: str) -> list[str]:
        messages = checks.run_checks(tags=[checks.Tags.database], databases=databases)
        return [message.msg.split('"')[1] for message in messages if message.id == "django_clerk.W061"]

    with override_settings(CLERK_ROLE_GROUPS={"admin": ["Editors", "Auditors"]}):
        assert missing("default") == [
            "Auditors",
            "Editors",
        ]
        for name in ("Editors", "auditors"):
            Group.objects.create(name=name)
        assert missing("default") == ["Auditors"]


def test_the_first_migrate_of_a_project_with_groups() -> None:
    """Django asks the checks before it makes the tables."""
    groups = {"CLERK_ROLE_GROUPS": '{"admin": ["Editors"]}', "TEST_DATABASE": "sqlite"}
    environment = {**os.environ, **groups, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    command = [sys.executable, "-m", "django", "migrate", "--verbosity", "0"]
    done = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


@pytest.mark.django_db
def test_manage_py_check_fails() -> None:
    with override_settings(CLERK_JWT_KEY="x"), pytest.raises(SystemCheckError, match="CLERK_JWT_KEY cannot be used"):
        call_command("check")


OWN_PAGES = {
    "ROOT_URLCONF": "tests.sign_in_urls",
    "CLERK_SIGN_IN_URL": "clerk_sign_in",
    "CLERK_SIGN_UP_URL": "clerk_sign_up",
}


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, []),
        ({"CLERK_SIGN_IN_URL": None}, ["W070"]),
        ({"CLERK_SIGN_IN_URL": "https://accounts.example.com/sign-in"}, []),
        ({"CLERK_SIGN_IN_URL": "sign_me_in"}, ["E070"]),
        ({"CLERK_SIGN_UP_URL": "x", "CLERK_AFTER_SIGN_UP_URL": "y"}, ["E070", "E070"]),
        ({"CLERK_AFTER_SIGN_IN_URL": "clerk_sign_in"}, ["E071"]),
        ({"CLERK_AFTER_SIGN_UP_URL": "/sign-in/"}, ["E071"]),
        ({"CLERK_PUBLISHABLE_KEY": None}, ["W002", "E072"]),
        ({"ROOT_URLCONF": "tests.urls", "CLERK_SIGN_IN_URL": None, "CLERK_SIGN_UP_URL": None}, []),
    ],
)
def test_the_sign_in_page_is_found_and_the_way_on_from_it(settings: dict[str, Any], expected: list[str]) -> None:
    assert found(**{**OWN_PAGES, **settings}) == expected
