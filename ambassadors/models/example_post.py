"""Example posts: what an employee may take to a network and make their own."""

from collections.abc import Iterator, Mapping

from django.utils.translation import get_language

from ambassadors.models.example_post_base import PostBase
from ambassadors.models.example_post_content import PostText, turn
from ambassadors.models.example_post_review import Planning
from server import disclosure
from server.accounts.models import User


class ExamplePost(Planning):
    """A post for several networks. `visible()` is what employees may know of."""

    class Meta(PostBase.Meta):
        abstract = False

    def language_for(self, language: str) -> str:
        """The reader's language where there are texts in it, else the one that there are."""
        there = {row.language for row in self.texts.all()}
        return language if language in there or not there else min(there)

    def examples(self) -> Iterator[str]:
        """The texts that somebody's own is compared with."""
        return (row.text for row in self.texts.all())

    @property
    def title(self) -> str:
        """In the reader's language, where there is one in it."""
        return self.title_in((get_language() or "nl")[:2])

    def title_in(self, language: str) -> str:
        return (self.title_en if language == "en" else "") or self.title_nl

    def variants(self, network: str, language: str) -> list[PostText]:
        """The texts for this network in the reader's language, or in the other one."""
        rows = [row for row in self.texts.all() if row.network == network]
        return [row for row in rows if row.language == language] or rows

    def text_for(self, user: User, network: str, taken: int = 0) -> PostText | None:
        """The variant that is this person's turn; None where there is none for this network.

        `taken` is how often they took this post to this network before.
        """
        variants = self.variants(network, user.language)
        return variants[turn(self.pk, user.pk, len(variants), taken)] if variants else None

    def texts_for(self, user: User) -> Mapping[str, PostText]:
        """By network, in the order of the networks."""
        from server.networks import Network

        found = {network: self.text_for(user, network) for network in Network.values}
        return {network: text for network, text in found.items() if text is not None}

    def whole(self, text: PostText) -> str:
        """The text as it goes to the network: the opening first."""
        return disclosure.opened(text.text, text.language, rewarded=self.rewarded)
