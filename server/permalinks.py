"""Where a post stands, as its writer says: an address of that network, that is never fetched."""

import re
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

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
# Anybody can run a server of it; a post's address has its writer's name, or is the older form.
_MASTODON = re.compile(r"^/(@[\w.@-]+/\d+|(?:web/)?users/[\w.-]+/statuses/\d+)/?$")
_HOST = re.compile(
    r"^(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{1,61}$"
)


def checked(network: str, text: str) -> str:
    """The address, where it can be one of a post on this network; raises Invalid where not."""
    if network == "whatsapp":
        raise _refused(_("What you send on WhatsApp has no address for others. Leave it out."))
    if not text.isascii() or re.search(r"[\s\\<>\"]", text):
        raise _refused(_("Paste the address as the network gives it."))
    try:
        parts = urlsplit(text)
        plain = parts.username is None and parts.password is None and parts.port is None
    except ValueError as error:
        raise _refused(_("Paste the address as the network gives it.")) from error
    host = (parts.hostname or "").rstrip(".")
    if parts.scheme != "https" or not plain or not _HOST.match(host):
        raise _refused(_("The address of a post begins with https:// and the name of the network."))
    if not _belongs(network, host, parts.path):
        raise _refused(_("This is not the address of a post on this network."))
    return text


def _refused(why: str) -> Invalid:
    return Invalid({"permalink": why})


def _belongs(network: str, host: str, path: str) -> bool:
    if network == "mastodon":
        return bool(_MASTODON.match(path))
    known = HOSTS.get(network, ())
    # The front page is nobody's post.
    return path.strip("/") != "" and any(
        host == each or host.endswith(f".{each}") for each in known
    )
