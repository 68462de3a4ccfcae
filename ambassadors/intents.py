"""How a text gets to a network without an account of ours there: an address that opens it.

What each address can bring along is in `networks.RULES`. Instagram has none: the phone's share
sheet takes the text and the picture. So it does for Facebook without a link, which is all that
Facebook's address takes. Mastodon is on many servers, so somebody has to say which.
"""

import re
from urllib.parse import urlencode

from django.utils.translation import gettext as _

from server.networks import RULES, Network
from server.problems import Invalid

_SERVER = re.compile(r"^(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$")


def to_paste(text: str, network: str, link: str) -> str:
    """All that should stand there: the text, with the short link where the network shows it so."""
    return f"{text}\n{link}" if link and RULES[network].link_in_text else text


def address(text: str, network: str, link: str, server: str = "") -> str | None:
    """What opens the network with as much of it as it takes; None where only a share sheet does,
    or where the Mastodon server is not known.
    """
    whole = to_paste(text, network, link)
    match network:
        case Network.LINKEDIN:
            return _with("https://www.linkedin.com/feed/", shareActive="true", text=whole)
        case Network.FACEBOOK if link:
            return _with("https://www.facebook.com/sharer/sharer.php", u=link)
        case Network.X:
            return _with("https://x.com/intent/post", text=text, url=link)
        case Network.WHATSAPP:
            return _with("https://wa.me/", text=whole)
        case Network.BLUESKY:
            return _with("https://bsky.app/intent/compose", text=whole)
        case Network.THREADS:
            return _with("https://www.threads.com/intent/post", text=text, url=link)
        case Network.MASTODON if server:
            return _with(f"https://{server}/share", text=whole)
    return None


def carries_text(network: str) -> bool:
    """Whether that address brings the text; else it is for the clipboard."""
    return RULES[network].carries_text


def _with(address: str, **facts: str) -> str:
    given = {name: value for name, value in facts.items() if value}
    return f"{address}?{urlencode(given)}" if given else address


def mastodon_server(text: str) -> str:
    """`mastodon.nl`, also from `https://mastodon.nl/` or `@somebody@mastodon.nl`."""
    host = text.strip().lower().removeprefix("https://").rstrip("/").rpartition("@")[2]
    if not _SERVER.match(host):
        raise Invalid({"server": _("A server has a name such as mastodon.social.")})
    return host
