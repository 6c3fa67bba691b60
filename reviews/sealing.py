"""The cryptography of ballots, all of it libsodium's: sealed boxes, Argon2id, padding.

A round has a key pair. Its private half follows from a passphrase that is shown once, in one part per keeper, and kept
by people; the server has the public half and can only put ballots in. Codes are random; of those that let somebody
vote only a keyed hash is stored.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from nacl import pwhash
from nacl.bindings import sodium_pad, sodium_unpad
from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox

# Crockford's alphabet: no I, L, O, U, which are misread or misheard.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_MISREAD = str.maketrans("OIL", "011")
PART_LETTERS = 20  # 100 bits a keeper
CODE_LETTERS = 12  # 60 bits a slip, and only while its poll is open
RECEIPT_LETTERS = 10
STEP = 256  # sealed sizes are multiples of this many bytes


class WrongPassphrase(Exception):
    """The parts do not open this round's ballots."""


class Unreadable(Exception):
    """A sealed ballot does not open with the round's key, or holds what no ballot holds."""


@dataclass(frozen=True, slots=True)
class NewKey:
    """`parts` are shown once, one per keeper, and stored nowhere."""

    parts: tuple[str, ...]
    salt: bytes
    public_key: bytes


def random_code(letters: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _number in range(letters))


def plain_code(typed: str) -> str:
    """A code as typed by hand: blanks, dashes and small letters do not matter, nor what is easily misread."""
    wide = {ord("０") + n: str(n) for n in range(10)} | {ord("Ａ") + n: chr(65 + n) for n in range(26)}
    kept = typed.translate(wide).upper().translate(_MISREAD)
    return "".join(letter for letter in kept if letter in ALPHABET)


def grouped(code: str, size: int = 4) -> str:
    return "-".join(code[start : start + size] for start in range(0, len(code), size))


# ---------------------------------------------------------------- the round's key


def new_key(keepers: int) -> NewKey:
    parts = tuple(random_code(PART_LETTERS) for _number in range(keepers))
    salt = secrets.token_bytes(pwhash.argon2id.SALTBYTES)
    return NewKey(tuple(grouped(part, 5) for part in parts), salt, bytes(_private(parts, salt).public_key))


def open_key(parts: Sequence[str], salt: bytes, public_key: bytes) -> PrivateKey:
    """The private key, for as long as the caller holds it. Raises WrongPassphrase."""
    key = _private([plain_code(part) for part in parts], salt)
    if not hmac.compare_digest(bytes(key.public_key), public_key):
        raise WrongPassphrase
    return key


def _private(parts: Sequence[str], salt: bytes) -> PrivateKey:
    # The parts are random and long: the cost of the derivation need not make up for short ones.
    seed = pwhash.argon2id.kdf(
        PrivateKey.SEED_SIZE,
        "-".join(parts).encode(),
        salt,
        opslimit=pwhash.argon2id.OPSLIMIT_INTERACTIVE,
        memlimit=pwhash.argon2id.MEMLIMIT_INTERACTIVE,
    )
    return PrivateKey.from_seed(seed)


# ---------------------------------------------------------------- ballots


def size_for(longest: int) -> int:
    """The size that every ballot of a poll is padded to, for contents of up to `longest` bytes."""
    return (longest // STEP + 1) * STEP


def seal(content: bytes, public_key: bytes, size: int) -> bytes:
    """Content of any length as a sealed box of one size: its length says nothing."""
    padded = sodium_pad(content, size)
    if len(padded) != size:
        raise ValueError(f"{len(content)} bytes do not go into a ballot of {size}")
    return SealedBox(PublicKey(public_key)).encrypt(padded)


def unseal(box: bytes, key: PrivateKey, size: int) -> bytes:
    try:
        return sodium_unpad(SealedBox(key).decrypt(box), size)
    except (CryptoError, ValueError, TypeError) as failure:
        raise Unreadable from failure


# ---------------------------------------------------------------- codes


def code_hash(code: str) -> str:
    """What is stored of a code that lets somebody vote. Keyed: the database alone does not tell it from a guess."""
    return _keyed("ballot code", plain_code(code)).hex()


def device_hash(door: int, token: str) -> str:
    return _keyed("ballot device", f"{door}:{token}").hex()


def draft_name(ticket: str) -> str:
    """Under which a voter's device keeps a draft: tells ballots apart, and says nothing of a code."""
    return _keyed("ballot draft", ticket).hex()[:20]


def receipt(entitlement: int, opened: str) -> str:
    """The receipt of a ballot. It follows from who votes and nothing else: shown again to the voter at any time,
    the same from every device, and saying nothing of the ballot. `opened` tells the runs of a poll apart."""
    digest = _keyed("ballot receipt", f"{entitlement}:{opened}")
    number = int.from_bytes(digest[:8], "big")
    letters = [ALPHABET[(number >> (5 * place)) & 31] for place in range(RECEIPT_LETTERS)]
    return grouped("".join(letters), 5)


def is_receipt(text: str) -> bool:
    """Whether it has the form of a receipt, if nobody's."""
    return len(text) == RECEIPT_LETTERS + 1 and text[5] == "-" and all(each in ALPHABET for each in text[:5] + text[6:])


def _keyed(purpose: str, text: str) -> bytes:
    return hmac.new(settings.SECRET_KEY.encode(), f"{purpose}|{text}".encode(), hashlib.sha256).digest()
