"""What the instance remembers: an SQLite database of its own, beside the project's and without migrations."""

from __future__ import annotations

from .clients import Client as Client
from .clients import ClientTable as ClientTable
from .database import Database as Database
from .deliveries import Attempt as Attempt
from .deliveries import Deliveries as Deliveries
from .deliveries import Delivery as Delivery
from .invitations import InvitationTable as InvitationTable
from .machines import MachineCredentialTable as MachineCredentialTable
from .memberships import MembershipTable as MembershipTable
from .organizations import OrganizationTable as OrganizationTable
from .payloads import Payloads as Payloads
from .selection import Selection as Selection
from .selection import Taken as Taken
from .sessions import Sessions as Sessions
from .sign_in_tokens import SignInToken as SignInToken
from .sign_in_tokens import SignInTokenTable as SignInTokenTable
from .users import UserTable as UserTable
