from __future__ import annotations

from django.apps import AppConfig


class PostsConfig(AppConfig):
    name = "tests.testapp"
    label = "testapp"
