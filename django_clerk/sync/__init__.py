"""
The only writers of what is kept of Clerk: webhooks, the sync command and first sign-ins all come through here.

Each writer makes rows say what profiles say, in one transaction, and tells other apps by the package's signals.
"""

from __future__ import annotations

from .memberships import apply_memberships as apply_memberships
from .memberships import delete_membership as delete_membership
from .memberships import preview_memberships as preview_memberships
from .organizations import apply_organizations as apply_organizations
from .organizations import delete_organization as delete_organization
from .organizations import preview_organizations as preview_organizations
from .outcomes import Outcome as Outcome
from .roles import apply_roles as apply_roles
from .roles import delete_role as delete_role
from .roles import preview_roles as preview_roles
from .users import apply_profiles as apply_profiles
from .users import delete_user as delete_user
from .users import preview as preview
