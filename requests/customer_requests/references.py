"""References that people can read aloud: `DHG-7K3M-9Q2P`.

Seven random characters of Crockford's base 32 (35 bits, never sequential) and a check character.
The check is a weighted sum over GF(32) with the powers of a generator as weights, so any single
wrong character and any two swapped ones are noticed (weights differ and none is zero).
Crockford's own check is modulo 37 and needs five more symbols, which nobody can read aloud.
"""

import re
import secrets

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
PREFIX = "DHG"
_RANDOM_LENGTH = 7
_READ_AS = str.maketrans("OIL", "011")
# Mail programs and phones put other dashes in the place of the one that was sent.
_SEPARATORS = re.compile(r"[\s\-\u2010-\u2015\u2212.]+")


def _times_two(value: int) -> int:
    """Multiply by the generator of GF(32), polynomial x^5 + x^2 + 1."""
    value <<= 1
    return value ^ 0b100101 if value & 0b100000 else value


def _check(characters: str) -> str:
    total = 0
    for character in characters:
        total = _times_two(total ^ ALPHABET.index(character))
    return ALPHABET[total]


def _written(body: str) -> str:
    return f"{PREFIX}-{body[:4]}-{body[4:]}"


def new() -> str:
    """A random reference; the caller tries again in the rare case that it is taken."""
    body = "".join(secrets.choice(ALPHABET) for _ in range(_RANDOM_LENGTH))
    return _written(body + _check(body))


def parse(text: str) -> str | None:
    """The reference in what someone typed or heard, or None where the check says no.

    Forgives case, spaces, dashes, a missing prefix, and O, I and L for 0, 1 and 1.
    """
    body = _SEPARATORS.sub("", text.strip().upper())
    if len(body) == len(PREFIX) + _RANDOM_LENGTH + 1 and body.startswith(PREFIX):
        body = body[len(PREFIX) :]
    body = body.translate(_READ_AS)
    if len(body) != _RANDOM_LENGTH + 1 or any(character not in ALPHABET for character in body):
        return None
    return _written(body) if _check(body[:-1]) == body[-1] else None
