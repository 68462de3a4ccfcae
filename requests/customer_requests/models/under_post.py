"""A stranger's question under a post on a social network: where it stands and what is said there.

There is no way to write to who asks it. The team writes what has to stand under the post, the
employee places that there in their own name, and says so.
"""

from typing import TYPE_CHECKING, Any, ClassVar

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customer_requests.models.entry import ActorRole, Entry, EntryKind
from server import disclosure, permalinks
from server.networks import RULES, Network
from server.problems import Invalid


class CustomerChannel(models.TextChoices):
    """How the customer hears; `social` is by the employee, under the post."""

    EMAIL = "email", gettext_lazy("E-mail")
    SMS = "sms", gettext_lazy("SMS")
    SOCIAL = "social", gettext_lazy("Under a post")


# Where an agent's words for the customer are words to place.
PLACED_KINDS = (EntryKind.STEP, EntryKind.UPDATE, EntryKind.WAITING, EntryKind.SOLVED)


def _opening(language: str) -> str:
    return disclosure.opening(language, rewarded=False)


def _placed(text: str, language: str) -> str:
    """A text as the employee places it: who works here says so first."""
    if text.startswith(_opening(language)):
        return text
    return disclosure.opened(text, language, rewarded=False)


def too_long(text: str, network: str, language: str) -> str:
    """Why this can't be placed there; empty where it fits, or where there is nothing to place."""
    if not text or not network:
        return ""
    over = RULES[network].over(_placed(text, language))
    if not over:
        return ""
    return _("%(over)s too long for %(network)s, with “%(opening)s” counted in.") % {
        "over": over,
        "network": Network(network).label,
        "opening": _opening(language),
    }


class UnderPost(models.Model):
    """The columns of a request that came by a social network; empty on all others.

    `post_url` is null there, so that its indexes hold those requests and no others. `placed_at` is
    when the employee said that the answer stands there, `placed_url` where, by their own word.
    """

    post_network = models.CharField(max_length=12, blank=True)
    post_url = models.CharField(max_length=500, null=True)  # noqa: DJ001 - see above
    placed_at = models.DateTimeField(null=True)
    placed_url = models.CharField(max_length=500, blank=True)

    class Meta:
        abstract = True

    if TYPE_CHECKING:
        customer_channel: models.CharField[str, str]
        customer_language: models.CharField[str, str]

    # What of it is said to nobody: there is no address to correct, no link to rate by.
    NOT_THERE: ClassVar[frozenset[str]] = frozenset({"contact", "details", "rate"})
    # What the employee does for a stranger, who has no link to do it by.
    STANDS_IN: ClassVar[frozenset[str]] = frozenset({"confirm", "erase"})
    ONLY_THERE: ClassVar[frozenset[str]] = frozenset({"place"})

    @property
    def is_social(self) -> bool:
        return self.customer_channel == CustomerChannel.SOCIAL

    @property
    def network_label(self) -> str:
        return str(Network(self.post_network).label) if self.post_network else ""

    @staticmethod
    def post_facts(url: str, network: str | None = None) -> dict[str, str]:
        """The columns of a post with this address, without what tells who came from where.

        Raises Invalid, for the field `post.url`, where it can't be the address of a post.
        """
        network = network or permalinks.network_of(url, "post.url")
        checked = permalinks.checked(network, url, "post.url")
        return {"post_network": network, "post_url": permalinks.bare(network, checked)}

    @property
    def opening(self) -> str:
        """With what everything that stands under the post begins; empty where there is none."""
        if not self.is_social:
            return ""
        return _opening(self.customer_language)

    def check_fits(self, text: str, field: str = "text") -> None:
        """Raise Invalid where this is longer than the network of the post takes."""
        if not self.is_social:
            return
        if wrong := too_long(text, self.post_network, self.customer_language):
            raise Invalid({field: wrong})

    def to_place(self, entry: Entry) -> dict[str, Any] | None:
        """What the employee has to place because of this entry: its text, how long that is on the
        network, and how long it may be; None where there is nothing to place.

        A copy on a merged request is placed by the employee of the one that goes on.
        """
        says = entry.actor_role == ActorRole.AGENT and entry.kind in PLACED_KINDS
        if not (self.is_social and self.post_network and says and entry.to_customer):
            return None
        if not entry.text_customer or entry.copy_of_id is not None:
            return None
        text = _placed(entry.text_customer, self.customer_language)
        rules = RULES[self.post_network]
        return {"text": text, "length": rules.length(text), "limit": rules.limit}
