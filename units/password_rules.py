"""Password rules that Django has, in words that its Chinese catalogue lacks."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _


class MinimumLengthValidator(password_validation.MinimumLengthValidator):
    def validate(self, password: str, user: Any = None) -> None:
        if len(password) < self.min_length:
            raise ValidationError(self.words(), code="password_too_short")

    def words(self) -> str:
        return _("The password is too short: it needs at least %(count)s characters.") % {"count": self.min_length}

    def get_help_text(self) -> str:
        return _("The password has at least %(count)s characters.") % {"count": self.min_length}
