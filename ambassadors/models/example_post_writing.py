"""Writing a post: its words, advice and pictures, each change a version that somebody wrote.

Whatever changes in what a post says takes the approval away (`_changed`), and of a retired one also
its moments (`_lock_to_write`).
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Self
from urllib.parse import urlsplit

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from ambassadors.models.campaign import Campaign
from ambassadors.models.example_post_base import LANGUAGES, PostBase, Shown
from ambassadors.models.example_post_content import (
    Advised,
    PostAdvice,
    PostImage,
    PostText,
    Words,
    numbered,
)
from ambassadors.models.reviewed import is_editor
from server import disclosure
from server.accounts.models import User
from server.networks import RULES, Network
from server.problems import Forbidden, IdReused, Invalid, NotFound
from server.uploads import Upload

MOST_IMAGES = 4
# When it comes and goes, and who heard of that: what a post that is written anew has no more.
PLANNED = ("publish_at", "valid_until", "retire_at", "warned_at", "told_at", "told_after")


class Writing(PostBase):
    """The verbs with which editors change what a post says."""

    class Meta(PostBase.Meta):
        abstract = True

    @classmethod
    @transaction.atomic
    def begin(
        cls,
        *,
        by: User,
        id: uuid.UUID,
        credit: User | None = None,
        words: Sequence[Words] = (),
        advice: Sequence[Advised] = (),
        **facts: Any,
    ) -> Self:
        """A new draft; whoever begins it owns it. Facts as for `write`.

        Raises IdReused where there is a post with this id.
        """
        if not is_editor(by):
            raise Forbidden
        post = cls(pk=id, owner=by, credit=credit)
        post._describe(words, advice, facts)
        try:
            with transaction.atomic():
                post.save(force_insert=True)
        except IntegrityError as error:
            raise IdReused from error
        post._put(words, advice)
        post._keep(by)
        post._record(by, "begun")
        return post

    @transaction.atomic
    def write(
        self,
        *,
        by: User,
        seen: int | None,
        words: Sequence[Words],
        advice: Sequence[Advised],
        campaign: Campaign,
        title_nl: str,
        title_en: str = "",
        link: str = "",
        rewarded: bool = False,
        embargo_until: datetime | None = None,
    ) -> None:
        """Say it otherwise. `seen` is the version that the writer had before them.

        Raises Invalid with an error per place (`words.3` for the fourth text), and StaleVersion
        where somebody else was faster.
        """
        self._lock_to_write(by, seen)
        facts = {
            "campaign": campaign,
            "title_nl": title_nl,
            "title_en": title_en,
            "link": link,
            "rewarded": rewarded,
            "embargo_until": embargo_until,
        }
        self._describe(words, advice, facts)
        self._changed(*facts)
        self.texts.all().delete()
        self.advice.all().delete()
        self._put(words, advice)
        self._keep(by)
        self._record(by, "written", version=self.version)

    @transaction.atomic
    def add_image(
        self, upload: Upload, *, by: User, id: uuid.UUID, alt_nl: str, alt_en: str = ""
    ) -> PostImage:
        """One more picture; the words for who can't see it are not optional."""
        self._lock_to_write(by, None)
        if PostImage.objects.filter(pk=id).exists():
            raise IdReused
        if self.images.count() >= MOST_IMAGES:
            raise Invalid(
                {"file": _("A post has at most %(most)s pictures.") % {"most": MOST_IMAGES}}
            )
        image = PostImage(id=id, post_id=self.pk, alt_nl=alt_nl, alt_en=alt_en).keep(upload)
        self._changed()
        self._keep(by)
        self._record(by, "image-added", image=str(id))
        return image

    @transaction.atomic
    def take_image_away(self, id: uuid.UUID, *, by: User) -> None:
        """The picture goes for good."""
        self._lock_to_write(by, None)
        image = self.images.filter(pk=id).first()
        if image is None:
            raise NotFound
        image.forget()
        self._changed()
        self._keep(by)
        self._record(by, "image-removed", image=str(id))

    def _lock_to_write(self, by: User, seen: int | None) -> None:
        """`_lock`; what is retired begins anew, so that it comes out when it is planned again, not
        at the moment of its approval because its old one has passed.
        """
        self._lock(by, seen)
        if self.shown == Shown.RETIRED:
            for name in PLANNED:
                setattr(self, name, None)

    def _changed(self, *columns: str) -> None:
        super()._changed(*PLANNED, *columns)

    def _describe(
        self, words: Sequence[Words], advice: Sequence[Advised], facts: Mapping[str, Any]
    ) -> None:
        before = None if self._state.adding else self.campaign_id
        for name, value in facts.items():
            setattr(self, name, value)
        errors = {
            **self._wrong_facts(),
            **self._wrong_campaign(before),
            **{f"words.{place}": text for place, text in self._too_long(words)},
        }
        for place, each in enumerate(advice):
            if not each.reason_nl or bool(each.text_en) != bool(each.reason_en):
                errors[f"advice.{place}"] = _("Give the reason too, in the same language.")
        if errors:
            raise Invalid(errors)

    def _wrong_facts(self) -> dict[str, str]:
        errors = {}
        if not self.title_nl:
            errors["title_nl"] = _("Write something here.")
        if self.link and not _is_web_address(self.link):
            errors["link"] = _("Write a whole address, such as https://example.org/page.")
        if self.embargo_until and self.publish_at and self.publish_at < self.embargo_until:
            errors["embargo_until"] = _(
                "This post is planned before that moment. Plan it later first."
            )
        return errors

    def _wrong_campaign(self, before: uuid.UUID | None) -> dict[str, str]:
        """What is under one that is over stays there; nothing new comes to it."""
        here = Campaign.objects.taking_posts().filter(pk=self.campaign_id)
        if self.campaign_id == before or here.exists():
            return {}
        return {"campaign": _("This campaign is over or retired. Choose another one.")}

    def _too_long(self, words: Iterable[Words]) -> Iterable[tuple[int, str]]:
        link = disclosure.link_of_that_length() if self.link else ""
        for place, each in enumerate(words):
            whole = disclosure.opened(each.text, each.language, rewarded=self.rewarded)
            if over := RULES[each.network].over(whole, link):
                yield (
                    place,
                    _("%(over)s too long for %(network)s, with “%(opening)s” counted in.")
                    % {
                        "over": over,
                        "network": Network(each.network).label,
                        "opening": disclosure.opening(each.language, rewarded=self.rewarded),
                    },
                )

    def _put(self, words: Iterable[Words], advice: Iterable[Advised]) -> None:
        PostText.objects.bulk_create(
            PostText(post_id=self.pk, number=number, **each._asdict())
            for each, number in numbered(words)
        )
        PostAdvice.objects.bulk_create(
            PostAdvice(post_id=self.pk, **each._asdict()) for each in advice
        )

    def content(self) -> dict[str, Any]:
        return {
            "campaign": str(self.campaign_id),
            "title_nl": self.title_nl,
            "title_en": self.title_en,
            "link": self.link,
            "rewarded": self.rewarded,
            "embargo_until": self.embargo_until.isoformat() if self.embargo_until else None,
            "texts": [
                {"network": row.network, "language": row.language, "text": row.text}
                for row in self.texts.all()
            ],
            "advice": list(self.advice.values(*Advised._fields)),
            "images": [
                {"id": str(row.pk), "name": row.name, "alt_nl": row.alt_nl, "alt_en": row.alt_en}
                for row in self.images.all()
            ],
        }

    def unfinished(self) -> dict[str, str]:
        errors = {}
        texts = list(self.texts.values_list("language", flat=True))
        languages = [language for language in LANGUAGES if language in texts]
        if not texts:
            errors["words"] = _("Write a text for at least one network.")
        if "en" in languages and not self.title_en:
            errors["title_en"] = _("There are English texts: give an English title too.")
        if "en" in languages and self.images.filter(alt_en="").exists():
            errors["images"] = _("There are English texts: describe the pictures in English too.")
        return errors


def _is_web_address(link: str) -> bool:
    try:
        parts = urlsplit(link)
    except ValueError:  # what stands in brackets is no IPv6 address, such as https://[name].example
        return False
    return (
        parts.scheme in {"https", "http"} and bool(parts.hostname) and not set(link) & set(' "<>')
    )
