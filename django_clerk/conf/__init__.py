"""
The settings, one typed property each, read when asked.

Values are checked here and the error says what to write, so that a typo is never taken for the default. A setting that
Django does not have is looked up in the environment under the same name.
"""

from __future__ import annotations

from .access import AccessSettings
from .emulator import EmulatorSettings
from .sync import SyncSettings
from .tokens import TokenSettings
from .webhooks import WebhookSettings


class Conf(TokenSettings, AccessSettings, SyncSettings, WebhookSettings, EmulatorSettings):
    """Every ``CLERK_…`` setting of the package. Raises ImproperlyConfigured, naming the setting, for a bad value."""


conf = Conf()
