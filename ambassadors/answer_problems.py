"""What approved answers may refuse; the rules that raise these are in the models."""

from http import HTTPStatus

from django.utils.translation import gettext_lazy as _

from server.problems import Problem


class AnswerNotNow(Problem):
    """Facts: `state`, where the answer stands."""

    slug = "answer-not-now"
    status = HTTPStatus.CONFLICT
    title = _("Not possible with this answer now")
    detail = _("Where this answer stands does not allow that. Nothing was changed.")
    what_to_do = _("Look at the answer again; it says what is possible now.")


class AlreadyProposed(Problem):
    """Facts: `answer`, the id of the one that was made of it."""

    slug = "already-proposed"
    status = HTTPStatus.CONFLICT
    title = _("This answer was proposed already")
    detail = _("An approved answer was made of this request before. Nothing was changed.")
    what_to_do = _("Go on with the one that there is.")
