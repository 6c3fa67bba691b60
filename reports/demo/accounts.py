"""The demo's accounts, one for each role at least. They share one password, made on the machine."""

from __future__ import annotations

import secrets
from pathlib import Path

from django.conf import settings

from units.models import Role, RoleGrant, Unit, User

PASSWORD_FILE: Path = Path(settings.VAR_DIR) / "demo_password"
# User name, name, and its roles as (role, unit's name or "").
ACCOUNTS: tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...] = (
    ("admin", "系统管理员", ((Role.ADMIN, ""),)),
    ("office", "考核办", ((Role.OFFICE, ""),)),
    ("assessor", "区委办公室考评员", ((Role.ASSESSOR, "区委办公室"),)),
    ("assessor-yjs", "研究室考评员", ((Role.ASSESSOR, "区委区政府研究室"),)),
    ("assessor-ccb", "创城办考评员", ((Role.ASSESSOR, "区创城办"),)),
    ("assessor-cgzx", "指挥中心考评员", ((Role.ASSESSOR, "区城管监督指挥中心"),)),
    ("assessor-zzb", "组织部考评员", ((Role.ASSESSOR, "区委组织部"),)),
    ("unit", "区总工会", ((Role.SUBJECT, "区总工会"),)),
    ("leader", "区领导甲", ((Role.LEADER, ""),)),
    ("auditor", "审计员", ((Role.AUDITOR, ""),)),
)


def demo_password() -> str:
    """The password of the demo accounts: made at the first load, kept outside the repository."""
    if PASSWORD_FILE.exists():
        return PASSWORD_FILE.read_text(encoding="utf-8").strip()
    PASSWORD_FILE.parent.mkdir(parents=True, exist_ok=True)
    password = "-".join(secrets.token_hex(2) for _part in range(3))
    PASSWORD_FILE.touch(mode=0o600)
    PASSWORD_FILE.write_text(password + "\n", encoding="utf-8")
    return password


def make_accounts(units: list[Unit]) -> dict[str, User]:
    by_name = {unit.name: unit for unit in units}
    password = demo_password()
    accounts = {}
    for username, name, grants in ACCOUNTS:
        user = User.objects.create_user(username, password=password, name=name)
        RoleGrant.objects.bulk_create(RoleGrant(user=user, role=role, unit=by_name.get(unit)) for role, unit in grants)
        accounts[username] = user
    return accounts
