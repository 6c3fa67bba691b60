"""Sums of money in words: 大写金额, as the forms of the treasury want them."""

from __future__ import annotations

from decimal import Decimal

DIGITS = "零壹贰叁肆伍陆柒捌玖"
PLACES = ("", "拾", "佰", "仟")
GROUPS = ("", "万", "亿")
YUAN = "元"
LARGEST = Decimal(10) ** 12


def amount_in_words(amount: Decimal) -> str:
    """12345.6 → 壹万贰仟叁佰肆拾伍元陆角整. For 0 … 10^12 with at most two decimals; ValueError beyond."""
    cents = int(amount * 100)
    if amount < 0 or amount >= LARGEST or cents != amount * 100:
        raise ValueError(f"not a sum that is written in words: {amount}")
    yuan, rest = divmod(cents, 100)
    jiao, fen = divmod(rest, 10)
    words = f"{_whole(yuan)}元" if yuan or not cents else ""
    if jiao:
        words += f"{DIGITS[jiao]}角"
    elif fen and yuan:
        words += "零"
    return words + (f"{DIGITS[fen]}分" if fen else "整")


def _whole(number: int) -> str:
    """A whole number, group by group of four digits; one 零 for every run of zeros between digits."""
    if not number:
        return DIGITS[0]
    words, gap = "", False
    for index in reversed(range(len(GROUPS))):
        group = number // 10 ** (4 * index) % 10_000
        for place in reversed(range(4)):
            digit = group // 10**place % 10
            if not digit:
                gap = bool(words)
                continue
            words += (DIGITS[0] if gap else "") + DIGITS[digit] + PLACES[place]
            gap = False
        if group:
            words += GROUPS[index]
    return words
