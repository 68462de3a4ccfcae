"""How a post will look: each text as its network shows it, with the link and what is folded away.

Nothing of a network's own is copied: only where it puts the words, the picture and the link.
"""

import base64
import hashlib
from typing import Any
from urllib.parse import urlsplit

from ambassadors.models import ExamplePost, Phrase, PostText
from ambassadors.models.share import CODE_LENGTH, short_url
from server.networks import RULES, Network

# Where each network hides the rest of a text behind "more", in characters; others show it all.
FOLDS = {Network.LINKEDIN: 210, Network.FACEBOOK: 477, Network.INSTAGRAM: 125}
# These leave out https:// where they show an address.
BARE = {Network.X, Network.BLUESKY, Network.MASTODON, Network.THREADS}
# From this share of its limit on, a text's length is worth a word.
NEAR = 0.85


def example_link(post: ExamplePost) -> str:
    """A short link as each colleague gets one of their own; empty where the post has no link."""
    if not post.link:
        return ""
    digest = hashlib.sha256(post.pk.bytes).digest()
    letters = base64.b64encode(digest, altchars=b"xy").decode()
    return short_url(letters[:CODE_LENGTH])


def near(length: int, limit: int | None) -> bool:
    """Whether somebody who writes has to think of the limit."""
    return limit is not None and length >= NEAR * limit


def previews(post: ExamplePost) -> list[dict[str, Any]]:
    """Every variant as its readers see it, in the order of the networks; `found` is what it says of
    the words to leave out.
    """
    order = {network: place for place, network in enumerate(Network.values)}
    texts = sorted(post.texts.all(), key=lambda row: (order[row.network], row.pk))
    wholes = [post.whole(text) for text in texts]
    images = list(post.images.all())
    return [
        {
            **_look(post, text, whole, picture=images[0] if images else None),
            "found": found,
        }
        for text, whole, found in zip(texts, wholes, Phrase.said_in_each(wholes), strict=True)
    ]


def _look(post: ExamplePost, text: PostText, whole: str, *, picture: Any) -> dict[str, Any]:
    network, rules, link = Network(text.network), RULES[text.network], example_link(post)
    address = link if rules.link_in_text else ""
    length = rules.length(whole, address)
    fold = FOLDS.get(network, len(whole))
    # A picture stands in the place of the card; what opens Facebook takes a link and no picture.
    card = bool(link) and (
        network == Network.FACEBOOK
        or (picture is None and (rules.link_in_text or rules.carries_link))
    )
    return {
        "network": network.value,
        "label": network.label,
        "language": text.language,
        "variant": text.number + 1,
        "seen": whole[:fold].rstrip(),
        "folded": whole[fold:],
        "address": address.partition("://")[2] if network in BARE else address,
        "card": card,
        "host": urlsplit(post.link).hostname or "" if card else "",
        "picture": None if card else picture,
        "no_link": bool(link) and not (card or address),
        "pasted": bool(link) and not rules.carries_text and rules.carries_link,
        "length": length,
        "limit": rules.limit,
        "near": near(length, rules.limit),
    }
