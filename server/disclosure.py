"""What an employee's post has to say first: that they work here, and whether there is a reward.

Readers have to see it at once, so it is the opening and never a hashtag at the end, and it counts
in a network's limit.
"""

from django.conf import settings

from server.accounts.models import CompanyLook

REWARD = "#adv"
_WORKS_AT = {"nl": "Ik werk bij {company}.", "en": "I work at {company}."}
# As long as the short links that shares get (ambassadors/models/share.py).
_CODE = 11


def opening(language: str, *, rewarded: bool) -> str:
    """The first line: `Ik werk bij X.`, and `#adv` where there is something to win or to get."""
    works_at = _WORKS_AT[language].format(company=CompanyLook.current()["name"])
    return f"{works_at} {REWARD}" if rewarded else works_at


def opened(text: str, language: str, *, rewarded: bool) -> str:
    """The whole post: the opening, a blank line, and the words."""
    return f"{opening(language, rewarded=rewarded)}\n\n{text}"


def link_of_that_length() -> str:
    """What a short link looks like, to count with before there is one."""
    return f"{settings.BASE_URL}/s/{'x' * _CODE}"
