"""字数 as Chinese word processors count it: each Han character and full-width sign is one, each Western word one."""

from __future__ import annotations

import re

# Han, kana, full-width forms and Chinese punctuation count one by one; anything else is counted by words.
_SINGLE = (
    "\u2e80-\u2fff\u3001-\u9fff\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6\u2014\u2018\u2019\u201c\u201d\u2026\u00b7"
    "\U00020000-\U0003ffff"
)
_COUNTED = re.compile(f"[{_SINGLE}]|[^\\s{_SINGLE}]+")


def word_count(text: str) -> int:
    return sum(1 for _one in _COUNTED.finditer(text))
