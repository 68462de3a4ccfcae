"""`If-Match: "<version>"`: the version that a caller saw."""

from typing import Annotated

from ninja import Header

from server.problems import StaleVersion

# Digits of a version; beyond this it is none of ours, and int() refuses thousands of them.
_LONGEST = 10

IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match",
        description='`"<version>"` that you saw; a stale one answers 412 and changes nothing.',
    ),
]


def seen_version(if_match: str | None) -> int | None:
    """The version in the header; None where there is none or where any will do (`*`).

    Something else than a version can't be the current one, so it is stale.
    """
    if if_match is None or if_match.strip() == "*":
        return None
    text = if_match.strip().removeprefix("W/").strip('"')
    if not (text.isascii() and text.isdigit() and len(text) <= _LONGEST):
        raise StaleVersion
    return int(text)
