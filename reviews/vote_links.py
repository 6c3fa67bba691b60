"""Addresses by which people vote, and their QR codes."""

from __future__ import annotations

import segno
from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from reviews.models import Door

# Names under which a server is known to its own machine only.
ONLY_HERE = frozenset({"localhost", "127.0.0.1", "[::1]", "testserver"})


def entry(request: HttpRequest) -> str:
    """Where everybody begins, as a whole address."""
    return request.build_absolute_uri(reverse("reviews:booth"))


def with_code(request: HttpRequest, code: str) -> str:
    """The address that opens a ballot by the code of a slip. The code stands behind the #: a browser keeps that part
    to itself, so it is in no server's log."""
    return f"{entry(request)}#{code}"


def of_door(request: HttpRequest, door: Door) -> str:
    """The address of a link that many use."""
    return request.build_absolute_uri(reverse("reviews:booth_door", args=[door.token]))


def short(request: HttpRequest) -> str:
    """What people type: without the scheme and the last slash."""
    return f"{request.get_host()}{reverse('reviews:booth')}".rstrip("/")


def is_only_here(request: HttpRequest) -> bool:
    """Whether the page was opened by an address that no voter's phone reaches: its QR codes would lead nowhere."""
    return request.get_host().rpartition(":")[0] in ONLY_HERE or request.get_host() in ONLY_HERE


def qr(text: str, *, many: bool = False) -> SafeString:
    """A QR code as an <svg> without styles; its size is the stylesheet's matter. One of `many` is drawn with a mask
    that was not chosen as the best of eight, which takes a fourth of the time."""
    made = segno.make_qr(text, error="m", boost_error=not many, mask=4 if many else None)
    # Nothing of `text` stands in it as text: it is drawn.
    return mark_safe(made.svg_inline(omitsize=True, border=2, svgclass="kp-qr", lineclass=None))  # noqa: S308
