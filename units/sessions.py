"""Sessions as Django keeps them in the database, and accounts by their keys: what every request reads, prepared."""

from __future__ import annotations

from django.contrib.auth.backends import ModelBackend
from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.utils import timezone

from appraisal_site.lib.prepared import Prepared, instance, names_of

from .models import User

SESSION = names_of(Session)
ACCOUNT = names_of(User)
_session = Prepared(lambda key: Session.objects.filter(session_key=key).values_list(*SESSION))
_account = Prepared(lambda pk: User.objects.filter(pk=pk).values_list(*ACCOUNT))


class SessionStore(db.SessionStore):
    def _get_session_from_db(self) -> Session | None:
        for row in _session(self.session_key or ""):
            found = instance(Session, SESSION, row)
            if found.expire_date > timezone.now():
                return found
        self._session_key = None
        return None


class AccountBackend(ModelBackend):
    def get_user(self, user_id: int) -> User | None:
        for row in _account(user_id):
            user = instance(User, ACCOUNT, row)
            return user if self.user_can_authenticate(user) else None
        return None
