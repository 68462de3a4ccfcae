"""Making an example one's own, sharing it, and saying that it is there."""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from ninja import Router, Status

from ambassadors import checks, intents, sharing
from ambassadors.models import ExamplePost, OwnPost, Phrase, Share
from ambassadors.models.results import results
from ambassadors.sharing_schemas import (
    CheckIn,
    CheckOut,
    ConfirmIn,
    OwnPostIn,
    OwnPostOut,
    PhraseIn,
    PhraseOut,
    ResultOut,
    ShareIn,
    ShareOut,
    check_out,
    own_post_out,
    phrase_out,
    share_out,
)
from server import permalinks
from server.auth import Authed, editors
from server.paging import Page, PageParams, page_of

router = Router(tags=["Champions"])


def _post(post_id: UUID) -> ExamplePost:
    post: ExamplePost = get_object_or_404(ExamplePost.objects.visible().to_show(), pk=post_id)
    return post


@router.post(
    "/example-posts/{uuid:post_id}/check",
    response=CheckOut,
    operation_id="check_text",
    summary="What there is to say of my text, before I share it",
)
def check_text(request: Authed, post_id: UUID, data: CheckIn) -> dict[str, Any]:
    """Nothing is kept. The law asks that readers can see that I work here, and that there is a
    reward: where my text does not say so, the answer's does. All else is advice, and refuses
    nothing. Colleagues are counted and never named.
    """
    post = _post(post_id)
    return check_out(checks.check(data.text, post=post, network=data.network, by=request.auth))


@router.post(
    "/example-posts/{uuid:post_id}/shares",
    response={200: ShareOut, 201: ShareOut},
    operation_id="open_share",
    summary="I go to a network with this",
)
def open_share(request: Authed, post_id: UUID, data: ShareIn) -> Status[dict[str, Any]]:
    """Writes down that I opened the network, and no more: whether it was posted I say with PATCH.
    `text` in the answer is all that should stand there, with a short link of this share alone. The
    same id and content again answers 200, also when the post is gone by then (without remarks).
    """
    server = intents.mastodon_server(data.server) if data.server else ""
    facts: dict[str, Any] = {"network": data.network, "text": data.text}
    known = sharing.again(by=request.auth, id=data.id, post=post_id, **facts)
    if known is not None:
        share, remarks = known
        return Status(200, share_out(share, server=server, remarks=remarks))
    share, remarks, new = sharing.take(by=request.auth, id=data.id, post=_post(post_id), **facts)
    return Status(201 if new else 200, share_out(share, server=server, remarks=remarks))


@router.get("/shares", response=Page[ShareOut], operation_id="list_shares", summary="What I shared")
def list_shares(request: Authed, params: PageParams) -> dict[str, Any]:
    """Newest first, with people's clicks on the link of each. Nobody else sees these."""
    mine = Share.objects.visible_to(request.auth).select_related("post")
    return page_of(mine, "-opened_at", params, share_out)


@router.patch(
    "/shares/{uuid:share_id}",
    response=ShareOut,
    operation_id="confirm_share",
    summary="It is there",
)
def confirm_share(request: Authed, share_id: UUID, data: ConfirmIn) -> dict[str, Any]:
    """Saying it again changes nothing; a permalink can be given later, or corrected. It has to be
    an address on that network, and is never opened.
    """
    mine = Share.objects.visible_to(request.auth).select_related("post")
    share = get_object_or_404(mine, pk=share_id)
    given = data.permalink
    share.confirm(permalink=permalinks.checked(share.network, given) if given else "")
    return share_out(share)


@router.post(
    "/own-posts",
    response={200: OwnPostOut, 201: OwnPostOut},
    operation_id="tell_own_post",
    summary="I posted something of my own, or answered somebody in public",
)
def tell_own_post(request: Authed, data: OwnPostIn) -> Status[dict[str, Any]]:
    """Counts for the month in which I tell it."""
    link = permalinks.checked(data.network, data.permalink) if data.permalink else ""
    made, new = OwnPost.tell(
        by=request.auth, id=data.id, kind=data.kind, network=data.network, permalink=link
    )
    return Status(201 if new else 200, own_post_out(made))


@router.get(
    "/own-posts",
    response=Page[OwnPostOut],
    operation_id="list_own_posts",
    summary="What I posted without an example",
)
def list_own_posts(request: Authed, params: PageParams) -> dict[str, Any]:
    """Newest first. Nobody else sees these."""
    mine = OwnPost.objects.visible_to(request.auth)
    return page_of(mine, "-posted_at", params, own_post_out)


@router.get(
    "/phrases",
    response=list[PhraseOut],
    auth=editors,
    operation_id="list_phrases",
    summary="Words to leave out, or to be careful with, and why",
)
def list_phrases(request: Authed) -> list[dict[str, Any]]:
    """For editors: it may name what is still secret, so whoever writes reads of the check only what
    their own text says. In the order of the alphabet.
    """
    return [phrase_out(phrase) for phrase in Phrase.objects.all()]


@router.put(
    "/phrases/{uuid:phrase_id}",
    response={200: PhraseOut, 201: PhraseOut},
    auth=editors,
    operation_id="put_phrase",
    summary="Put a phrase on the list, or change it",
)
def put_phrase(request: Authed, phrase_id: UUID, data: PhraseIn) -> Status[dict[str, Any]]:
    """For editors. The next text that is checked is held against it."""
    phrase = Phrase.objects.filter(pk=phrase_id).first() or Phrase(pk=phrase_id)
    new = phrase._state.adding
    phrase.write(by=request.auth, **data.dict())
    return Status(201 if new else 200, phrase_out(phrase))


@router.delete(
    "/phrases/{uuid:phrase_id}",
    response={204: None},
    auth=editors,
    operation_id="delete_phrase",
    summary="Take a phrase off the list",
)
def delete_phrase(request: Authed, phrase_id: UUID) -> Status[None]:
    """For editors. The next text that is checked is no longer held against it."""
    get_object_or_404(Phrase, pk=phrase_id).remove(by=request.auth)
    return Status(204, None)


@router.get(
    "/example-posts/results",
    response=list[ResultOut],
    auth=editors,
    operation_id="list_results",
    summary="What became of the example posts",
)
def list_results(request: Authed) -> list[dict[str, Any]]:
    """For editors: per post and network how often it was opened, how often that was confirmed, and
    the clicks, raw and by people; three levels that are never added up. Nobody is named, and
    what fewer people shared than the smallest group that is shown (5, or what the company set) is
    not in it. In a company of more than 2,000 these are counted every five minutes.
    """
    return results(request.auth)
