"""Forms that ask for another request: by its reference, or by searching as the queue does."""

from typing import Any, ClassVar, Self

from django import forms
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from pydantic import ValidationError

from customer_requests import references
from customer_requests.desk.forms import DeskForm, Words
from customer_requests.desk.inputs import LinkIn, MergeIn, UnlinkIn
from customer_requests.desk.queue_query import QueueQuery
from customer_requests.desk.seeing import asks_who, saw_customers
from customer_requests.models import CustomerRequest
from server.accounts.models import User

# How many are shown, and how many are looked through for those that will do.
MOST, LOOKED_THROUGH = 8, 50
_CHOSEN = "chosen"


def search(words: str, agent: User) -> list[CustomerRequest]:
    """The newest requests on this agent's desk that the queue's search finds. Words that can't be
    read find nothing: a stray character in them is no lost page.
    """
    try:
        asked = QueueQuery.model_validate({"q": words.strip()[:200], "limit": LOOKED_THROUGH})
    except ValidationError:
        return []
    if not asked.searches:
        return []
    rows = asked.rows(agent).select_related("topic", "team").order_by("-created_at", "-pk")
    return list(rows[:LOOKED_THROUGH])


class OtherForm(DeskForm):
    """Names another request in `other`; `hits` are those to choose from, each by a press: `press`
    says whether that does it at once (chosen), or shows first what goes out (preview).
    """

    other: ClassVar[str]
    press: ClassVar[str] = "chosen"
    # Said beside what goes out, before it is done.
    beforehand: ClassVar[Promise | str] = ""
    hits: tuple[CustomerRequest, ...] = ()
    searched = False
    # What was pressed goes before what was typed.
    chosen = forms.CharField(widget=forms.HiddenInput, required=False)

    @classmethod
    def posted(cls, http: HttpRequest, request: CustomerRequest, agent: User) -> Self:
        form = super().posted(http, request, agent)
        pressed = http.POST.get("preview", "1")
        typed = http.POST.get(cls.other, "")
        if pressed != "1" or (pressed := references.parse(typed) or ""):
            form.data = named = http.POST.copy()
            named[cls.other] = pressed
        return form

    @classmethod
    def found(cls, http: HttpRequest, request: CustomerRequest, agent: User) -> Self:
        """The form as it was sent, with what its words find."""
        words = http.POST.get(cls.other, "")
        seen = {name: http.POST.get(name) for name in ("id", "version", "seen")}
        form = cls.fresh(request, agent)
        form.initial.update({**seen, cls.other: words})
        if words.strip():
            form.hits, form.searched = form._that_will_do(request, words, agent), True
        return form

    @property
    def other_field(self) -> forms.BoundField:
        return self[self.other]

    def _that_will_do(
        self, request: CustomerRequest, words: str, agent: User
    ) -> tuple[CustomerRequest, ...]:
        found = [other for other in search(words, agent) if other.pk != request.pk]
        hits = tuple(other for other in found if self.fits(request, other))[:MOST]
        if asks_who(words):
            saw_customers(agent, [other.pk for other in hits])
        return hits

    def fits(self, request: CustomerRequest, other: CustomerRequest) -> bool:
        return True

    def as_api(self, given: dict[str, Any]) -> dict[str, Any]:
        return {self.other: given.get(_CHOSEN) or given.get(self.other)}


class MergeForm(OtherForm):
    """What else this customer asked is there without searching."""

    schema = MergeIn
    other = "into"
    press = "preview"
    beforehand = _(
        "This one is closed; its timeline and files go along, customer and employee keep being "
        "informed. Where the other one is solved they hear the solution, and can still say no for "
        "7 days."
    )
    into = Words(
        label=_("Which request goes on?"),
        help_text=_("Of the same customer or post: its reference, or words to find it by."),
        required=False,
    )

    def offer(self, request: CustomerRequest, agent: User) -> None:
        address = request.customer_email or request.customer_phone or request.post_url or ""
        self.hits = self._that_will_do(request, address, agent)

    def fits(self, request: CustomerRequest, other: CustomerRequest) -> bool:
        return request.can_go_on_as(other)


class UnlinkForm(DeskForm):
    """Which link: pressed beside it, or typed where there is no page to press it on."""

    schema = UnlinkIn
    request = Words(label=_("The link with which request?"), required=False)


class LinkForm(OtherForm):
    schema = LinkIn
    other = "request"
    request = Words(
        label=_("Which other request?"),
        help_text=_("Its reference, or words to find it by. Only the team sees the link."),
        required=False,
    )
