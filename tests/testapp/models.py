from __future__ import annotations

from django.conf import settings
from django.db import models

from django_clerk.models import ClerkOrganization, ClerkUser


class Post(models.Model):
    """Something that a user owns."""

    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="posts")
    title = models.CharField(max_length=100)

    def __str__(self) -> str:
        return self.title


class Project(models.Model):
    """Something that a user may own."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True)
    members = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="projects")
    slug = models.SlugField(unique=True, null=True)

    def __str__(self) -> str:
        return str(self.slug)


class Task(models.Model):
    """Something that belongs to whoever owns its project."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, null=True)
    title = models.CharField(max_length=100, blank=True)

    def __str__(self) -> str:
        return self.title


class Note(models.Model):
    """Something that a Clerk user owns: by a row of theirs, and by their id as Clerk writes it."""

    keeper = models.ForeignKey(ClerkUser, on_delete=models.CASCADE, null=True)
    clerk_id = models.CharField(max_length=255, blank=True)
    pages = models.IntegerField(default=0)

    def __str__(self) -> str:
        return self.clerk_id


class Invoice(models.Model):
    """Something that an organization owns: by a row of it, and by its id as Clerk writes it."""

    organization = models.ForeignKey(ClerkOrganization, on_delete=models.CASCADE, null=True)
    org_id = models.CharField(max_length=255, blank=True)
    title = models.CharField(max_length=100, blank=True)

    def __str__(self) -> str:
        return self.title


class Line(models.Model):
    """Something that belongs to whoever owns its invoice."""

    invoice = models.ForeignKey(Invoice, on_delete=models.CASCADE, null=True)
    title = models.CharField(max_length=100, blank=True)

    def __str__(self) -> str:
        return self.title
