"""Units (单位 / 科室), which nest, and the people (干部 / 工作人员) who work in them."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Unit(models.Model):
    """An organisation. `category` is its usual appraisal category (考核类别); a round may give another."""

    code = models.CharField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=120, unique=True)
    short_name = models.CharField(_("short name"), max_length=60, blank=True)
    parent = models.ForeignKey(
        "self",
        verbose_name=_("higher unit"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
    )
    category = models.CharField(_("category"), max_length=60, blank=True)
    order = models.PositiveIntegerField(_("order"), default=0)
    contact = models.CharField(_("contact"), max_length=60, blank=True)
    phone = models.CharField(_("telephone"), max_length=40, blank=True)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        ordering = ["order", "code"]
        verbose_name = _("unit")
        verbose_name_plural = _("units")
        constraints = [
            models.CheckConstraint(
                condition=Q(parent__isnull=True) | ~Q(parent=F("id")), name="unit_not_its_own_parent"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Person(models.Model):
    """Someone who works in a unit. `group` is the usual 分管组: whose supervision they are under."""

    code = models.CharField(_("code"), max_length=40, unique=True)
    name = models.CharField(pgettext_lazy("of a person", "name"), max_length=60)
    unit = models.ForeignKey(Unit, verbose_name=_("unit"), on_delete=models.PROTECT, related_name="people")
    position = models.CharField(_("position"), max_length=80, blank=True)
    rank = models.CharField(pgettext_lazy("of a person", "rank"), max_length=40, blank=True)
    category = models.CharField(_("category"), max_length=60, blank=True)
    group = models.CharField(_("group"), max_length=60, blank=True)
    phone = models.CharField(_("telephone"), max_length=40, blank=True)
    order = models.PositiveIntegerField(_("order"), default=0)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        ordering = ["order", "code"]
        verbose_name = _("person")
        verbose_name_plural = _("people")

    def __str__(self) -> str:
        return self.name
