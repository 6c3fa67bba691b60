"""Addresses of the rectification ledger (整改台账)."""

from django.urls import URLPattern, path

from .views import ledger, ledger_office, reminders

urlpatterns: list[URLPattern] = [
    path("rounds/<int:pk>/ledger/", ledger.ledger, name="ledger"),
    path("rounds/<int:pk>/ledger/add/", ledger_office.ledger_add, name="ledger_add"),
    path("rounds/<int:pk>/ledger/findings/", ledger_office.ledger_findings, name="ledger_findings"),
    path("rounds/<int:pk>/ledger/carry/", ledger_office.ledger_carry, name="ledger_carry"),
    path("rounds/<int:pk>/ledger/strike/", ledger_office.ledger_strike, name="ledger_strike"),
    path("rounds/<int:pk>/ledger/remind/", reminders.remind, {"desk": reminders.LEDGER_DESK}, name="ledger_remind"),
    path(
        "rounds/<int:pk>/ledger/reminders/",
        reminders.reminder_list,
        {"desk": reminders.LEDGER_DESK},
        name="ledger_reminders",
    ),
    path("rounds/<int:pk>/ledger/<int:item_pk>/", ledger.ledger_item, name="ledger_item"),
    path("rounds/<int:pk>/ledger/<int:item_pk>/edit/", ledger_office.ledger_edit, name="ledger_edit"),
]
