"""Who is there: units, people, accounts with their roles, the working-day calendar, the audit trail."""

from .accounts import Role, RoleGrant, User
from .audit import AuditEntry
from .notifications import Notification
from .organisation import Person, Unit

__all__ = ["AuditEntry", "Notification", "Person", "Role", "RoleGrant", "Unit", "User"]
