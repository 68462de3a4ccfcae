"""Thirty programs and thirty browsers that follow a link, with the headers that they really send.

The programs' names come from the MIT-licensed crawler-user-agents list and from the pages in which
the networks tell of their fetchers; the browsers' headers from browsers as they are in use. A
visitor's headers are what it adds to or leaves out of those of its family.

`python -m tests.visitors` writes docs/robots.md, the table of how each of them is told.
"""

import os
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ambassadors.robots import Visit

TABLE = Path(__file__).resolve().parent.parent / "docs" / "robots.md"

HTML = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
CHROMIUM_HTML = (
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;"
    "q=0.8,application/signed-exchange;v=b3;q=0.7"
)
SOMEWHERE = "203.0.113.7"


@dataclass(frozen=True)
class Visitor:
    name: str
    headers: dict[str, str]
    address: str = SOMEWHERE
    method: str = "GET"
    # Told wrong, and known to be; why.
    missed: str = field(default="")

    def visit(self, after: timedelta, *, secure: bool = True) -> "Visit":
        """This visitor at a short link, so long after the share was opened."""
        from django.http.request import HttpHeaders

        from ambassadors.robots import Visit

        meta = {f"HTTP_{key.upper().replace('-', '_')}": v for key, v in self.headers.items()}
        return Visit(self.method, HttpHeaders(meta), self.address, secure, after)


def _program(
    name: str,
    agent: str,
    *,
    accept: str = "*/*",
    address: str = SOMEWHERE,
    method: str = "GET",
    missed: str = "",
    **more: str,
) -> Visitor:
    headers = {"User-Agent": agent, "Accept": accept}
    headers |= {key.replace("_", "-"): value for key, value in more.items()}
    return Visitor(name, headers, address, method, missed)


def _browser(name: str, agent: str, *, missed: str = "", **more: str) -> Visitor:
    """A browser that goes to a page because somebody pressed a link."""
    headers = {
        "User-Agent": agent,
        "Accept": CHROMIUM_HTML if "Chrome/" in agent else HTML,
        "Accept-Language": "nl-NL,nl;q=0.9,en;q=0.8",
        "Accept-Encoding": "gzip, deflate, br",
        "Sec-Fetch-Site": "cross-site",
        "Sec-Fetch-Mode": "navigate",
        "Sec-Fetch-Dest": "document",
    }
    changed = {key.replace("_", "-"): value for key, value in more.items()}
    # What is given as "" this browser does not send.
    kept = {key: value for key, value in {**headers, **changed}.items() if value}
    return Visitor(name, kept, missed=missed)


_WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
_MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit"
_IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X) AppleWebKit/605.1.15"
_WEBKIT = f"{_IPHONE} (KHTML, like Gecko)"
_WEBVIEW = (
    "Mozilla/5.0 (Linux; Android 14; SM-S911B Build/UP1A.231005.007; wv) AppleWebKit/537.36 "
    "(KHTML, like Gecko) Version/4.0 Chrome/126.0.6478.71 Mobile Safari/537.36"
)
_OUTLOOK = "Mozilla/4.0 (compatible; ms-office; MSOffice 16)"

PROGRAMS = [
    _program(
        "LinkedIn",
        "LinkedInBot/1.0 (compatible; Mozilla/5.0; Apache-HttpClient +http://www.linkedin.com)",
    ),
    _program(
        "Facebook",
        "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
        Range="bytes=0-524287",
    ),
    _program(
        "Facebook, looking again in a browser's clothes",
        f"{_WINDOWS} Chrome/124.0.0.0 Safari/537.36",
        accept=CHROMIUM_HTML,
        Accept_Language="en-US,en;q=0.9",
        Sec_Fetch_Mode="navigate",
        address="173.252.95.11",
    ),
    _program("Meta's AI", "meta-externalagent/1.1 (+https://developers.facebook.com/docs/sharing)"),
    _program("X", "Twitterbot/1.0"),
    _program("Slack", "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)"),
    _program("Slack, images", "Slack-ImgProxy 149 (+https://api.slack.com/robots)"),
    _program(
        "Teams and Skype",
        "Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5 skype-url-preview",
    ),
    _program("WhatsApp on Android", "WhatsApp/2.24.13.76 A"),
    _program("WhatsApp on iPhone", "WhatsApp/2.24.12.78 i", accept=HTML, Accept_Language="nl-NL"),
    _program(
        "Messages of Apple",
        f"{_MAC}/601.2.4 (KHTML, like Gecko) Version/9.0.1 Safari/601.2.4 "
        "facebookexternalhit/1.1 Facebot Twitterbot/1.0",
        accept=HTML,
        Accept_Language="nl-nl",
    ),
    _program(
        "Applebot",
        f"{_MAC}/605.1.15 (KHTML, like Gecko) Version/17.4 Safari/605.1.15 "
        "(Applebot/0.1; +http://www.apple.com/go/applebot)",
        accept=HTML,
    ),
    _program(
        "Outlook's safe links, looking before it delivers",
        f"{_WINDOWS} Chrome/79.0.3945.74 Safari/537.36 Edg/79.0.309.43",
        accept=HTML,
        address="40.107.22.5",
        Accept_Language="en-US",
    ),
    _program("Outlook's safe links, without a language", f"{_WINDOWS} Chrome/103.0 Safari/537.36"),
    _program(
        "Defender's sandbox: a whole Edge, from a data centre that also has people",
        f"{_WINDOWS} Chrome/125.0.0.0 Safari/537.36 Edg/125.0.0.0",
        accept=CHROMIUM_HTML,
        Accept_Language="en-US,en;q=0.9",
        Sec_Fetch_Mode="navigate",
        address="20.23.4.9",
        missed="is a browser in all it sends; its networks are those of Azure's customers too",
    ),
    _program("Office looks whether a link is there", _OUTLOOK, method="HEAD"),
    _program("Telegram", "TelegramBot (like TwitterBot)"),
    _program("Discord", "Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)"),
    _program("Mastodon", "Mastodon/4.3.8 (http.rb/5.2.0; +https://mastodon.social/) Bot"),
    _program("an older Mastodon", "http.rb/5.1.1 (Mastodon/4.2.8; +https://mastodon.nl/)"),
    _program("Bluesky", "Mozilla/5.0 (compatible; Bluesky Cardyb/1.1; +mailto:support@bsky.app)"),
    _program(
        "Googlebot on a telephone",
        "Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) AppleWebKit/537.36 (KHTML, like "
        "Gecko) Chrome/125.0.6422.175 Mobile Safari/537.36 (compatible; Googlebot/2.1; "
        "+http://www.google.com/bot.html)",
        accept=HTML,
    ),
    _program(
        "Google's safety", f"{_WINDOWS} Chrome/114.0 Safari/537.36 (compatible; Google-Safety)"
    ),
    _program(
        "Bing",
        "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; bingbot/2.0; "
        "+http://www.bing.com/bingbot.htm) Chrome/116.0.1938.76 Safari/537.36",
        accept=HTML,
    ),
    _program(
        "Bing's preview", f"{_WEBKIT} Version/7.0 Mobile/11A465 Safari/9537.53 BingPreview/1.0b"
    ),
    _program("Pinterest", "Mozilla/5.0 (compatible; Pinterestbot/1.0; +http://www.pinterest.com)"),
    _program("Reddit", "Mozilla/5.0 (compatible; redditbot/1.0; +http://www.reddit.com/feedback)"),
    _program("ClaudeBot", "Mozilla/5.0 (compatible; ClaudeBot/1.0; +claudebot@anthropic.com)"),
    _program("Signal, made with Rust, names itself WhatsApp", "WhatsApp/2"),
    _program(
        "Chrome fetches what may be wanted next",
        f"{_WINDOWS} Chrome/126.0.0.0 Safari/537.36",
        accept=CHROMIUM_HTML,
        Accept_Language="nl-NL,nl;q=0.9",
        Sec_Fetch_Mode="navigate",
        Sec_Purpose="prefetch;prerender",
    ),
]

BROWSERS = [
    _browser("Chrome on Windows", f"{_WINDOWS} Chrome/126.0.0.0 Safari/537.36"),
    _browser("Edge on Windows", f"{_WINDOWS} Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0"),
    _browser("Opera on Windows", f"{_WINDOWS} Chrome/124.0.0.0 Safari/537.36 OPR/110.0.0.0"),
    _browser("Vivaldi", f"{_WINDOWS} Chrome/126.0.0.0 Safari/537.36 Vivaldi/6.7.3329.41"),
    _browser(
        "Firefox on Windows",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:127.0) Gecko/20100101 Firefox/127.0",
    ),
    _browser(
        "Firefox on Linux",
        "Mozilla/5.0 (X11; Linux x86_64; rv:115.0) Gecko/20100101 Firefox/115.0",
    ),
    _browser(
        "Chrome on a Mac", f"{_MAC}/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"
    ),
    _browser(
        "Safari on a Mac", f"{_MAC}/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15"
    ),
    _browser(
        "an older Safari, which does not say why it asks",
        f"{_MAC}/605.1.15 (KHTML, like Gecko) Version/15.6 Safari/605.1.15",
        Sec_Fetch_Site="",
        Sec_Fetch_Mode="",
        Sec_Fetch_Dest="",
    ),
    _browser(
        "Chrome on a Chromebook",
        "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/126.0.0.0 Safari/537.36",
    ),
    _browser("Safari on an iPhone", f"{_WEBKIT} Version/17.5 Mobile/15E148 Safari/604.1"),
    _browser(
        "Safari on an iPad",
        f"{_MAC}/605.1.15 (KHTML, like Gecko) Version/17.4.1 Safari/605.1.15",
    ),
    _browser("Chrome on an iPhone", f"{_WEBKIT} CriOS/126.0.6478.54 Mobile/15E148 Safari/604.1"),
    _browser("Firefox on an iPhone", f"{_WEBKIT} FxiOS/127.1 Mobile/15E148 Safari/605.1.15"),
    _browser("Edge on an iPhone", f"{_WEBKIT} Version/17.0 EdgiOS/125.0 Mobile/15E148 Safari/605"),
    _browser(
        "Chrome on Android",
        "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/126.0.0.0 Mobile Safari/537.36",
    ),
    _browser(
        "Samsung's browser",
        "Mozilla/5.0 (Linux; Android 14; SAMSUNG SM-S918B) AppleWebKit/537.36 (KHTML, like Gecko) "
        "SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36",
    ),
    _browser(
        "Firefox on Android",
        "Mozilla/5.0 (Android 14; Mobile; rv:127.0) Gecko/127.0 Firefox/127.0",
    ),
    _browser(
        "Chrome on a Cubot, which is a telephone",
        "Mozilla/5.0 (Linux; Android 11; CUBOT NOTE 20 PRO) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/120.0.0.0 Mobile Safari/537.36",
    ),
    _browser(
        "DuckDuckGo on Android",
        "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 "
        "Chrome/126.0.0.0 Mobile DuckDuckGo/5 Safari/537.36",
    ),
    _browser("in the app of LinkedIn, iPhone", f"{_WEBKIT} Mobile/15E148 [LinkedInApp]/9.29.4"),
    _browser(
        "in the app of LinkedIn, Android",
        _WEBVIEW + " [LinkedInApp]",
        X_Requested_With="com.linkedin.android",
    ),
    _browser(
        "in the app of Facebook, iPhone",
        f"{_WEBKIT} Mobile/15E148 [FBAN/FBIOS;FBAV/468.0.0.45.107;FBBV/610398133;FBDV/iPhone14,5;"
        "FBMD/iPhone;FBSN/iOS;FBSV/17.5.1;FBSS/3;FBID/phone;FBLC/nl_NL;FBOP/5]",
    ),
    _browser(
        "in the app of Facebook, Android",
        _WEBVIEW + " [FB_IAB/FB4A;FBAV/468.1.0.56.78;]",
        X_Requested_With="com.facebook.katana",
    ),
    _browser(
        "in the app of Instagram, iPhone",
        f"{_WEBKIT} Mobile/15E148 Instagram 337.0.3.23.54 (iPhone14,5; iOS 17_5_1; nl_NL; nl; "
        "scale=3.00; 1170x2532; 614064327)",
    ),
    _browser(
        "in the app of Threads, iPhone",
        f"{_WEBKIT} Mobile/15E148 Barcelona 337.0.0.29.108 (iPhone14,5; iOS 17_5_1; nl_NL; nl)",
    ),
    _browser("in the app of X, iPhone", f"{_WEBKIT} Mobile/15E148 Twitter for iPhone/10.46.1"),
    _browser(
        "in the app of X, Android", _WEBVIEW + " TwitterAndroid", X_Requested_With="com.twitter"
    ),
    _browser("in the app of Slack, iPhone", f"{_WEBKIT} Mobile/15E148 Slack/24.06.20 (iPhone)"),
    _browser(
        "Chrome behind an office's gateway that takes unknown headers out",
        f"{_WINDOWS} Chrome/126.0.0.0 Safari/537.36",
        Sec_Fetch_Site="",
        Sec_Fetch_Mode="",
        Sec_Fetch_Dest="",
        missed="without Sec-Fetch-Mode it asks as programs in a browser's clothes do",
    ),
]

# Beside the thirty: people's browsers and apps whose name has something of a program's, and the
# fetchers of the same makers.
MORE: list[Visitor] = [
    _browser(
        "Ecosia on Android",
        "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/126.0.0.0 Mobile Safari/537.36 (Ecosia android@126.0.6478.122)",
    ),
    _browser(
        "Ecosia on an iPhone",
        f"{_WEBKIT} Version/17.0 Mobile/15E148 Safari/605.1.15 (Ecosia ios@9.1.0.1500)",
    ),
    _browser(
        "in the app of Bing, iPhone",
        f"{_WEBKIT} Version/17.0 Mobile/15E148 Safari/605.1.15 BingSearchApp/24.1",
    ),
    _browser("in the app of Flipboard, iPhone", f"{_WEBKIT} Mobile/15E148 Flipboard/4.3.15"),
    _browser("in the app of Flipboard, Android", f"{_WEBVIEW} Flipboard/4.3.56/5508,4.3.56.5508"),
    _program(
        "the fetcher of Flipboard",
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.11; rv:49.0) Gecko/20100101 Firefox/49.0 "
        "(FlipboardProxy/1.2; +http://flipboard.com/browserproxy)",
        accept=HTML,
    ),
    _program(
        "the fetcher of Bing",
        "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; BingPreview/1.0b) "
        "Chrome/126.0.0.0 Safari/537.36",
        accept=HTML,
    ),
]


_HEAD = """\
# Who follows a short link

Thirty programs and thirty browsers as in `tests/visitors.py`, on https, twenty minutes after the
share was opened, and how `ambassadors/robots.py` tells them: {programs} of 30 programs and
{browsers} of 30 browsers are told right. `python -m tests.visitors` writes this, and a test keeps
it true.

"""
_GIVEN_AWAY = {
    "method": "asks with HEAD",
    "prefetch": "says that it fetches ahead",
    "agent": "its name",
    "headers": "asks otherwise than the browser that it says it is",
    "network": "the network it comes from",
}


def table() -> str:
    """docs/robots.md as it has to be now."""
    later = timedelta(minutes=20)
    told = {each.name: each.visit(later).robot for each in [*PROGRAMS, *BROWSERS, *MORE]}
    programs = sum(told[each.name] is not None for each in PROGRAMS)
    browsers = sum(told[each.name] is None for each in BROWSERS)
    parts = [_HEAD.format(programs=programs, browsers=browsers)]
    for title, visitors in (
        ("Programs", PROGRAMS),
        ("Browsers", BROWSERS),
        ("Beside the thirty: names that look like a program's", MORE),
    ):
        parts.append(f"## {title}\n\n| who | told as | because |\n|---|---|---|\n")
        for each in visitors:
            robot = told[each.name]
            because = _GIVEN_AWAY[robot.value] if robot else "nothing gives it away"
            if each.missed:
                because += f"; **wrong**: {each.missed}"
            parts.append(f"| {each.name} | {'program' if robot else 'person'} | {because} |\n")
        parts.append("\n")
    return "".join(parts).rstrip("\n") + "\n"


if __name__ == "__main__":
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "server.settings")
    django.setup()
    TABLE.write_text(table(), encoding="utf-8")
