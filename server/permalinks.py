"""Where a post stands, as its writer says: an address of that network, that is never fetched."""

import re
from urllib.parse import parse_qsl, urlencode, urlsplit

from django.utils.translation import gettext as _

from server.networks import Network
from server.problems import Invalid

# The hosts of each network's posts, with what stands before them ("www", "nl") or without.
HOSTS: dict[str, tuple[str, ...]] = {
    "linkedin": ("linkedin.com", "lnkd.in"),
    "facebook": ("facebook.com", "fb.com", "fb.watch"),
    "x": ("x.com", "twitter.com"),
    "instagram": ("instagram.com",),
    "bluesky": ("bsky.app",),
    "threads": ("threads.net", "threads.com"),
}
# One address for what a network shows under several hosts; short links are addresses of their own.
_ONE_HOST = {
    "linkedin.com": "www.linkedin.com",
    "facebook.com": "www.facebook.com",
    "fb.com": "www.facebook.com",
    "x.com": "x.com",
    "twitter.com": "x.com",
    "instagram.com": "www.instagram.com",
    "threads.net": "www.threads.com",
    "threads.com": "www.threads.com",
}
# What of a query says which post or comment it is; the rest says who came from where.
_SAYS_WHICH: dict[str, frozenset[str]] = {
    "linkedin": frozenset({"commentUrn", "replyUrn", "dashCommentUrn", "dashReplyUrn"}),
    "facebook": frozenset(
        {
            "story_fbid",
            "id",
            "fbid",
            "v",
            "comment_id",
            "reply_comment_id",
            "multi_permalinks",
        }
    ),
}
# Anybody can run a server of it; a post's address has its writer's name, or is the older form.
_MASTODON = re.compile(r"^/(@[\w.@-]+/\d+|(?:web/)?users/[\w.-]+/statuses/\d+)/?$")
_HOST = re.compile(
    r"^(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{1,61}$"
)


def checked(network: str, text: str, field: str = "permalink") -> str:
    """The address, where it can be one of a post on this network; raises Invalid where not.

    `field` is what the error is about.
    """
    if network == "whatsapp":
        words = _("What you send on WhatsApp has no address for others. Leave it out.")
        raise Invalid({field: words})
    host, path = _parts(text, field)
    if not _belongs(network, host, path):
        raise Invalid({field: _("This is not the address of a post on this network.")})
    return text


def network_of(text: str, field: str = "permalink") -> str:
    """The network that an address of a post is on; raises Invalid where it can be on none."""
    host, path = _parts(text, field)
    for network in Network.values:
        if network != Network.WHATSAPP and _belongs(network, host, path):
            return network
    raise Invalid({field: _("This is not the address of a post on a network that we know.")})


def bare(network: str, text: str) -> str:
    """An address that was checked, without what tells who came from where: one post, one address.

    What says which post or comment it is stays.
    """
    parts = urlsplit(text)
    host = (parts.hostname or "").rstrip(".")
    ours = [each for each in _ONE_HOST if host == each or host.endswith(f".{each}")]
    says = _SAYS_WHICH.get(network, frozenset())
    kept = [(name, value) for name, value in parse_qsl(parts.query) if name in says]
    query = f"?{urlencode(sorted(kept))}" if kept else ""
    return f"https://{_ONE_HOST[ours[0]] if ours else host}{parts.path.rstrip('/')}{query}"


def _parts(text: str, field: str) -> tuple[str, str]:
    """Host and path of an address that says nothing but where a post is."""
    if not text.isascii() or re.search(r"[\s\\<>\"]", text):
        raise Invalid({field: _("Paste the address as the network gives it.")})
    try:
        parts = urlsplit(text)
        plain = parts.username is None and parts.password is None and parts.port is None
    except ValueError as error:
        raise Invalid({field: _("Paste the address as the network gives it.")}) from error
    host = (parts.hostname or "").rstrip(".")
    if parts.scheme != "https" or not plain or not _HOST.match(host):
        words = _("The address of a post begins with https:// and the name of the network.")
        raise Invalid({field: words})
    return host, parts.path


def _belongs(network: str, host: str, path: str) -> bool:
    if network == "mastodon":
        return bool(_MASTODON.match(path))
    known = HOSTS.get(network, ())
    # The front page is nobody's post.
    return path.strip("/") != "" and any(
        host == each or host.endswith(f".{each}") for each in known
    )
