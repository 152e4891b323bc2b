"""Clerk for Django REST framework: authentication, permissions, throttles, owned objects and the browsable API."""

from __future__ import annotations

from .authentication import ClerkAuthentication as ClerkAuthentication
from .ownership import ClerkOwnedMixin as ClerkOwnedMixin
from .permissions import ClerkPermission as ClerkPermission
from .permissions import HasClerkFeature as HasClerkFeature
from .permissions import HasClerkPermission as HasClerkPermission
from .permissions import HasClerkPlan as HasClerkPlan
from .permissions import HasClerkRole as HasClerkRole
from .permissions import HasClerkScope as HasClerkScope
from .permissions import IsClerkAuthenticated as IsClerkAuthenticated
from .permissions import IsClerkMachine as IsClerkMachine
from .permissions import IsClerkOwner as IsClerkOwner
from .permissions import IsClerkOwnerOrRole as IsClerkOwnerOrRole
from .permissions import IsNotClerkImpersonated as IsNotClerkImpersonated
from .permissions import RequiresClerkReverification as RequiresClerkReverification
from .renderers import ClerkBrowsableAPIRenderer as ClerkBrowsableAPIRenderer
from .throttling import ClerkAPIKeyRateThrottle as ClerkAPIKeyRateThrottle
from .throttling import ClerkUserRateThrottle as ClerkUserRateThrottle
