"""What the change log calls the actions, fields and objects of the rectification ledger."""

from __future__ import annotations

from django.utils.translation import gettext_noop

ACTIONS = {
    "add ledger item": gettext_noop("took the problem into the ledger"),
    "change ledger item": gettext_noop("corrected the item of the ledger"),
    "set ledger measures": gettext_noop("set the measures"),
    "write ledger progress": gettext_noop("wrote about the progress"),
    "report ledger item": gettext_noop("reported the problem as put right"),
    "strike off ledger item": gettext_noop("verified the item and struck it off"),
    "send back ledger item": gettext_noop("sent the item back to be worked on"),
    "put off ledger item": gettext_noop("put off the deadline of the item"),
    "withdraw ledger item": gettext_noop("took the item out of the ledger"),
    "carry ledger item": gettext_noop("carried the item into the next ledger"),
}
FIELDS = {
    "problem": gettext_noop("problem"),
    "source": gettext_noop("source"),
    "responsible": gettext_noop("responsible person"),
    "measures": gettext_noop("measures"),
    "progress": gettext_noop("progress"),
    "item state": gettext_noop("state"),
    "into the ledger of": gettext_noop("into the ledger of"),
}
VALUES = {
    ("item state", "open"): gettext_noop("measures to be set"),
    ("item state", "planned"): gettext_noop("being put right"),
    ("item state", "returned"): gettext_noop("sent back"),
    ("item state", "reported"): gettext_noop("to be verified"),
    ("item state", "struck_off"): gettext_noop("struck off"),
    ("item state", "withdrawn"): gettext_noop("taken out of the ledger"),
    ("source", "commentary"): gettext_noop("commentary at a meeting"),
    ("source", "comment"): gettext_noop("comment of a voter"),
    ("source", "inspection"): gettext_noop("on-site verification"),
    ("source", "result"): gettext_noop("result of the appraisal"),
    ("source", "hand"): gettext_noop("entered by hand"),
}
TARGETS = {"reviews.ledgeritem": gettext_noop("item of the rectification ledger")}
