"""Taking an example post to a network: its text or one's own, checked, with a link of its own."""

import uuid

from django.utils.translation import gettext as _

from ambassadors import checks, disclosures, similarity
from ambassadors.checks import Remark
from ambassadors.models import ExamplePost, PostText, Share
from ambassadors.models.share import fingerprint_of, new_code, short_url
from server.accounts.models import User
from server.networks import Network
from server.problems import Invalid


def take(
    *, by: User, id: uuid.UUID, post: ExamplePost, network: str, text: str | None
) -> tuple[Share, list[Remark], bool]:
    """The share, what there is to say of its text, and whether it is new.

    `post` is one that this person may see now. Without `text` they take the variant that is their
    turn; raises Invalid where there is none for this network.
    """
    if known := again(by=by, id=id, post=post.pk, network=network, text=text):
        return (*known, False)
    code = new_code()
    example = _example(by, post, network) if text is None else None
    written = post.whole(example) if example else text or ""
    link = short_url(code) if post.link else ""
    checked = checks.check(written, post=post, network=network, by=by, link=link)
    compared = disclosures.bare(checked.text)
    example = example or _nearest(compared, post, network)
    share, new = Share.open(
        by=by,
        id=id,
        post=post,
        network=network,
        variant=example.print if example else "",
        text=checked.text,
        compared=compared,
        code=code,
        fingerprint=fingerprint_of(str(post.pk), network, text or ""),
    )
    return share, checked.remarks, new


def again(
    *, by: User, id: uuid.UUID, post: uuid.UUID, network: str, text: str | None
) -> tuple[Share, list[Remark]] | None:
    """The share that these facts made earlier, also where its post is gone by now; None where
    there is none. Raises IdReused where the id was for something else.
    """
    print_ = fingerprint_of(str(post), network, text or "")
    share = Share.known(by=by, id=id, fingerprint=print_)
    if share is None:
        return None
    there = ExamplePost.objects.visible().to_show().filter(pk=post).first()
    if there is None:
        # What stands in it now is not for them, so nothing is compared with it.
        return share, []
    # What they sent, so that the answer is what it was the first time.
    sent = text or share.text
    checked = checks.check(sent, post=there, network=network, by=by, link=share.short_url)
    return share, checked.remarks


def _example(by: User, post: ExamplePost, network: str) -> PostText:
    taken = Share.objects.filter(user=by, post=post, network=network).count()
    example = post.text_for(by, network, taken)
    if example is None:
        words = _("This example has no text for %(network)s. Write one of your own.")
        raise Invalid({"network": words % {"network": Network(network).label}})
    return example


def _nearest(text: str, post: ExamplePost, network: str) -> PostText | None:
    """The variant for this network that a text is nearly; None where it is somebody's own."""
    mine = similarity.signature(text)
    likeness = {
        row: similarity.alike(mine, similarity.signature(row.text))
        for row in post.texts.all()
        if row.network == network
    }
    best = max(likeness, key=lambda row: (likeness[row], -row.number), default=None)
    return best if best is not None and likeness[best] >= similarity.ALIKE else None
