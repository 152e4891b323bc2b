"""What a developer chooses for the instance: at Clerk, in the dashboard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from .store import Options

_CONFIGURATION, _SUBSCRIPTIONS = "configuration", "subscriptions"


@dataclass(frozen=True, kw_only=True)
class Configuration:
    """How the instance behaves. The defaults are those of a new instance at Clerk, with organizations switched on."""

    application_name: str = "Local Clerk"
    single_session_mode: bool = True  #: one person at a time in a browser
    organizations: bool = True
    force_organization_selection: bool = False  #: a session is pending until an organization has been chosen
    token_lifetime: int = 60  #: seconds, of session tokens
    #: Custom permissions by role: {"org:admin": ["org:invoices:create"]}
    role_permissions: Mapping[str, Sequence[str]] = field(default_factory=dict)
    jwt_templates: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)  #: claims by name of the template


@dataclass(frozen=True, kw_only=True)
class Subscription:
    """What a user or an organization has paid for."""

    plan: str | None = None  #: slug
    features: Sequence[str] = ()  #: slugs


class Dashboard:
    """Keeps the configuration with the instance's state, so that other processes have it too."""

    def __init__(self, options: Options) -> None:
        self._options = options

    @property
    def configuration(self) -> Configuration:
        return Configuration(**(self._options.get(_CONFIGURATION) or {}))

    def configure(self, **changes: Any) -> Configuration:
        """Change what is named and return all of it. Raises TypeError for what there is not."""
        configuration = replace(self.configuration, **changes)
        self._options.put(_CONFIGURATION, asdict(configuration))
        return configuration

    def subscription(self, payer_id: str | None) -> Subscription:
        """Return what a user or an organization has; nothing for those that were never given anything."""
        return Subscription(**self._subscriptions().get(payer_id, {}))

    def subscribe(self, payer_id: str, *, plan: str | None, features: Sequence[str]) -> None:
        """Give a user or an organization a plan and features, in place of those it had."""
        subscription = asdict(Subscription(plan=plan, features=list(features)))
        self._options.put(_SUBSCRIPTIONS, {**self._subscriptions(), payer_id: subscription})

    def _subscriptions(self) -> dict[str | None, Any]:
        return self._options.get(_SUBSCRIPTIONS) or {}
