"""
ASGI entry point, for uvicorn, Daphne and their like.

With Channels it has a WebSocket too, and pages say at once when somebody has published something::

    pip install "django-clerk-auth[channels]" daphne
    daphne -p 8000 example.asgi:application
"""

import os

from django.apps import apps
from django.conf import settings
from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
from django.core.asgi import get_asgi_application
from django.urls import path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "example.settings")

application = get_asgi_application()
if settings.DEBUG:
    application = ASGIStaticFilesHandler(application)

if apps.is_installed("channels"):
    from channels.routing import ProtocolTypeRouter, URLRouter
    from posts.consumers import NewPosts

    from django_clerk.contrib.channels import ClerkWebSocketMiddleware

    sockets = URLRouter([path("ws/posts/", NewPosts.as_asgi())])
    # CLERK: finds out who opens a socket, and ends it with the session.
    application = ProtocolTypeRouter({"http": application, "websocket": ClerkWebSocketMiddleware(sockets)})
