"""Who follows a short link: a person, or a program that looks at what is behind it.

Everything here is judged from one request alone, without a look-up, because the redirect does not
wait for it. What only the past can tell (the same person once more) is `click.py`'s. A program
that runs a whole browser from an address nobody knows passes for a person: that is told, with how
often it goes well, by tests/test_robots.py and docs/decisions.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from django.conf import settings
from django.db import models
from django.http import HttpRequest

from server.rates import address_of

# Nobody has written, posted and been clicked so soon after they went to the network.
TOO_SOON = timedelta(seconds=10)


class Robot(models.TextChoices):
    """What gave a program away."""

    METHOD = "method"
    PREFETCH = "prefetch"
    AGENT = "agent"
    HEADERS = "headers"
    NETWORK = "network"
    TOO_SOON = "too-soon"


# Every browser begins its name so, and none has an address of web or mail in it.
_BROWSER = "Mozilla/5.0 ("
# What programs in a browser's clothes call themselves. The networks' own browsers (LinkedInApp,
# FBAN, Instagram, "Twitter for iPhone") are people's; so is a telephone of the make Cubot.
_PROGRAM = re.compile(
    r"://|@|compatible[;)]|(?<!cu)bot\b|bot[/_-]|crawl|spider|slurp|archiver|fetch|scan|scrap|monitor|"
    r"preview|unfurl|linkexpanding|imgproxy|validator|check|audit|analy|index|search|extern|"
    r"cardyb|skypeuri|ms-office|outlook|safelinks|proofpoint|mimecast|barracuda|appinsights|"
    r"google-|google web|google favicon|flipboard|storebot|thumb|screenshot|favicon|"
    r"headless|phantomjs|puppeteer|playwright|selenium|electron|lighthouse|pagespeed|gtmetrix|"
    r"curl|wget|python|java\b|okhttp|axios|node|go-http|http\.rb|httpclient|cfnetwork|ruby|perl",
    re.IGNORECASE,
)
# What people's browsers and apps put in their name that looks like one of those. Their makers'
# fetchers are called otherwise (BingPreview, FlipboardProxy).
_PEOPLES = re.compile(
    r"\(Ecosia (?:android|ios)@[\d.]+\)|\bBingSearchApp\b|\bFlipboard/\d+\.[\w./,]*", re.IGNORECASE
)
_PREFETCH = ("Purpose", "X-Purpose", "Sec-Purpose", "X-Moz")
_PREFETCHES = ("prefetch", "preview", "prerender")
# Browsers of this version and later say with Sec-Fetch-Mode why they ask, on https.
_SAYS_WHY = {"Chrome": 80, "Firefox": 90}
_VERSION = re.compile(r"\b(Chrome|Firefox)/(\d+)")
# What a Chromium says it is beside the name it was given: changing the name leaves this as it was.
_CHROMIUM = re.compile(r'"Chromium";\s*v="(\d+)"')

# From where the large previewers and mail scanners look, in whatever clothes: Meta (AS32934),
# LinkedIn, X, Telegram, Googlebot, Bingbot and Microsoft's mail protection, as they publish them.
_FETCHERS = (
    "31.13.24.0/21", "66.220.144.0/20", "69.63.176.0/20", "69.171.224.0/19", "173.252.64.0/18",
    "2a03:2880::/32", "108.174.0.0/20", "2620:109:c000::/40", "199.16.156.0/22",
    "199.59.148.0/22", "149.154.160.0/20", "91.108.4.0/22", "66.249.64.0/19",
    "2001:4860:4801::/48", "157.55.39.0/24", "207.46.13.0/24", "40.77.167.0/24",
    "40.92.0.0/15", "40.107.0.0/16", "52.100.0.0/14", "104.47.0.0/17",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Visit:
    """One request for a short link, as far as it tells who asks."""

    method: str
    headers: Mapping[str, str]
    address: str
    secure: bool
    after: timedelta

    @classmethod
    def of(cls, request: HttpRequest, after: timedelta) -> "Visit":
        """`after` is how long ago the share was opened."""
        return cls(
            method=request.method or "",
            headers=request.headers,
            address=address_of(request),
            secure=request.is_secure(),
            after=after,
        )

    @property
    def agent(self) -> str:
        return self.headers.get("User-Agent", "")

    @property
    def robot(self) -> Robot | None:
        """What gives this visit away as a program's; None where a person seems to look."""
        if self.method != "GET":
            return Robot.METHOD
        if self._is_prefetch:
            return Robot.PREFETCH
        if not self.agent.startswith(_BROWSER) or _PROGRAM.search(_PEOPLES.sub("", self.agent)):
            return Robot.AGENT
        if not self._asks_like_a_browser or self._is_another_browser:
            return Robot.HEADERS
        if self._comes_from_a_fetcher:
            return Robot.NETWORK
        return Robot.TOO_SOON if self.after < TOO_SOON else None

    @property
    def _is_prefetch(self) -> bool:
        said = " ".join(self.headers.get(name, "") for name in _PREFETCH).lower()
        return any(word in said for word in _PREFETCHES)

    @property
    def _asks_like_a_browser(self) -> bool:
        """For a page, in a language, and for a reason where such a browser gives one."""
        if "text/html" not in self.headers.get("Accept", ""):
            return False
        if not self.headers.get("Accept-Language"):
            return False
        why = self.headers.get("Sec-Fetch-Mode")
        if why is not None or not self.secure:
            return why in {None, "navigate"}
        found = _VERSION.search(self.agent)
        return found is None or int(found[2]) < _SAYS_WHY[found[1]]

    @property
    def _is_another_browser(self) -> bool:
        """A Chromium that is steered by a program under another's name says two versions."""
        brands = self.headers.get("Sec-CH-UA", "")
        said, named = _CHROMIUM.search(brands), re.search(r"Chrome/(\d+)", self.agent)
        return "Headless" in brands or bool(said and named and said[1] != named[1])

    @property
    def _comes_from_a_fetcher(self) -> bool:
        try:
            address = ip_address(self.address)
        except ValueError:
            return False
        return any(address in network for network in _networks(tuple(settings.ROBOT_NETWORKS)))


@cache
def _networks(own: tuple[str, ...]) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(text) for text in (*_FETCHERS, *own))
