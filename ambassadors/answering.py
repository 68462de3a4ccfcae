"""Taking an approved answer to a network: as it is or in one's own words, checked."""

import uuid
from typing import Any

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
    facts: dict[str, Any] = {"network": network, "text": text, "language": language}
    if known := again(by=by, id=id, answer=answer.pk, permalink=permalink, **facts):
        return (*known, False)
    written = text or answer.whole(language)
    checked = checks.check(written, post=answer, network=network, by=by, language=language)
    use, new = AnswerUse.take(
        by=by,
        id=id,
        answer=answer,
        network=network,
        text=checked.text,
        compared=disclosures.bare(checked.text),
        permalink=permalinks.checked(network, permalink) if permalink else "",
        fingerprint=_print(answer.pk, permalink=permalink, **facts),
    )
    return use, checked.remarks, new


def again(
    *,
    by: User,
    id: uuid.UUID,
    answer: uuid.UUID,
    network: str,
    text: str | None,
    language: str,
    permalink: str | None,
) -> tuple[AnswerUse, list[Remark]] | None:
    """The use that these facts made earlier, also where the answer is gone by now; None where
    there is none. Raises as `take`, and IdReused where the id was for something else.
    """
    print_ = _print(answer, network, text, language, permalink)
    use = AnswerUse.known(by=by, id=id, fingerprint=print_)
    if use is None:
        return None
    there = ApprovedAnswer.objects.visible().select_related("campaign").filter(pk=answer).first()
    if there is None:
        # What stands in it now is not for them, so nothing is compared with it.
        return use, []
    return use, checks.check(
        use.text, post=there, network=network, by=by, language=language
    ).remarks


def _print(
    answer: uuid.UUID, network: str, text: str | None, language: str, permalink: str | None
) -> str:
    link = permalinks.checked(network, permalink) if permalink else ""
    return fingerprint_of(str(answer), network, text or "", language, link)
