"""Things with owners. A model needs to know nothing of Clerk to be guarded by it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.urls import reverse

from django_clerk.models import IdField


class Post(models.Model):
    """Belongs to a user: an ordinary foreign key to the Django user."""

    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="posts")
    title = models.CharField(max_length=120)
    body = models.TextField()
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created", "-pk"]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("posts:detail", args=[self.pk])


class Notice(models.Model):
    """Belongs to an organization, by its id at Clerk. A foreign key to ClerkOrganization would do as well."""

    organization = IdField(max_length=255, db_index=True)
    text = models.CharField(max_length=200)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created", "-pk"]

    def __str__(self) -> str:
        return self.text


class Refusal(models.Model):
    """Somebody known was not allowed. Clerk's id says who, and nothing here says more of anybody."""

    rule = models.CharField(max_length=200)
    view = models.CharField(max_length=200)
    clerk_id = IdField(max_length=255)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created", "-pk"]

    def __str__(self) -> str:
        return f"{self.rule} at {self.view}"
