"""Model fields that the standard ones cannot replace."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _


def canonical(value: Decimal) -> str:
    """Plain digits without exponent or trailing zeros: Decimal("8.50") → "8.5", Decimal("1E+2") → "100"."""
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text


class ExactDecimalField(models.Field):  # type: ignore[type-arg]  # not subscriptable at run time
    """A Decimal kept as text, so that every database gives back exactly what was entered.

    SQLite keeps a DecimalField as a binary float and both databases cut it to a fixed number of
    places; inputs (a target of 0.333333333333) must survive to the last digit. The price is that the
    database cannot sum it, which it must not do anyway: only the engine computes.
    """

    description = _("Exact decimal")

    def __init__(self, *args: Any, max_length: int = 40, **kwargs: Any) -> None:
        kwargs["max_length"] = max_length
        super().__init__(*args, **kwargs)

    def get_internal_type(self) -> str:
        return "CharField"

    def from_db_value(self, value: str | None, *_args: Any) -> Decimal | None:
        return None if value is None else Decimal(value)

    def to_python(self, value: Any) -> Decimal | None:
        if value is None or isinstance(value, Decimal):
            return value
        try:
            return Decimal(str(value))
        except InvalidOperation:
            raise ValidationError(_("“%(value)s” is not a number."), params={"value": value}) from None

    def get_prep_value(self, value: Any) -> str | None:
        number = self.to_python(super().get_prep_value(value))
        return None if number is None else canonical(number)
