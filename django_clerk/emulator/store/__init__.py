"""What the instance remembers: an SQLite database of its own, beside the project's and without migrations."""

from __future__ import annotations

from .clients import Client as Client
from .clients import ClientTable as ClientTable
from .codes import Code as Code
from .codes import Codes as Codes
from .database import Database as Database
from .deliveries import Attempt as Attempt
from .deliveries import Deliveries as Deliveries
from .deliveries import Delivery as Delivery
from .invitations import InvitationTable as InvitationTable
from .keys import SigningKeyTable as SigningKeyTable
from .keys import StoredKey as StoredKey
from .machines import MachineCredentialTable as MachineCredentialTable
from .memberships import MembershipTable as MembershipTable
from .options import Options as Options
from .organizations import OrganizationTable as OrganizationTable
from .payloads import Payloads as Payloads
from .selection import Selection as Selection
from .selection import Taken as Taken
from .session_facts import SessionFacts as SessionFacts
from .session_facts import SessionFactsTable as SessionFactsTable
from .sessions import Sessions as Sessions
from .sign_in_tokens import SignInToken as SignInToken
from .sign_in_tokens import SignInTokenTable as SignInTokenTable
from .users import UserTable as UserTable
