"""Tells the sockets of consumers.py that a post is published."""

from __future__ import annotations

from functools import partial
from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import transaction
from django.db.models.signals import post_save
from django.dispatch import receiver

from .consumers import POSTS
from .models import Post


@receiver(post_save, sender=Post)
def tell(instance: Post, created: bool, **kwargs: Any) -> None:
    """Only when it is certain, and to whoever listens: under WSGI, nobody does."""
    if created:
        post = {"title": instance.title, "url": instance.get_absolute_url()}
        send = async_to_sync(get_channel_layer().group_send)
        transaction.on_commit(partial(send, POSTS, {"type": "post.published", "post": post}))
