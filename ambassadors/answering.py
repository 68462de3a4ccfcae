"""Taking an approved answer to a network: as it is or in one's own words, checked."""

import uuid

from ambassadors import checks, disclosures
from ambassadors.checks import Remark
from ambassadors.models import AnswerUse, ApprovedAnswer
from ambassadors.models.share import fingerprint_of
from server import permalinks
from server.accounts.models import User


def take(
    *,
    by: User,
    id: uuid.UUID,
    answer: ApprovedAnswer,
    network: str,
    text: str | None,
    language: str,
    permalink: str | None,
) -> tuple[AnswerUse, list[Remark], bool]:
    """The use, what there is to say of its text, and whether it is new.

    `answer` is one that this person may see now. Without `text` they take it as it is, in
    `language` where it is in that. Raises Invalid for a permalink that can't be one.
    """
    link = permalinks.checked(network, permalink) if permalink else ""
    print_ = fingerprint_of(str(answer.pk), network, text or "", language, link)
    use, new = AnswerUse.known(by=by, id=id, fingerprint=print_), False
    written = use.text if use is not None else text or answer.whole(language)
    checked = checks.check(written, post=answer, network=network, by=by, language=language)
    if use is None:
        use, new = AnswerUse.take(
            by=by,
            id=id,
            answer=answer,
            network=network,
            text=checked.text,
            compared=disclosures.bare(checked.text),
            permalink=link,
            fingerprint=print_,
        )
    return use, checked.remarks, new
