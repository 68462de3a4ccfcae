"""What the champions programme may refuse; the rules that raise these are in the models."""

from http import HTTPStatus

from django.utils.translation import gettext_lazy as _

from server.problems import Problem


class QuizChanged(Problem):
    """Other questions than these are open now: a new version, or an attempt on another device."""

    slug = "quiz-changed"
    status = HTTPStatus.CONFLICT
    title = _("The questions have changed")
    detail = _("These are not the questions that are open to you now. This attempt does not count.")
    what_to_do = _("Fetch the course again and answer the questions that you find there.")


class NoAttemptsLeft(Problem):
    """Facts: `when` the next attempt is possible, and `spoken`, the same as people say it."""

    slug = "no-attempts-left"
    status = HTTPStatus.CONFLICT
    title = _("No attempts left for now")
    detail = _("You can try again from %(spoken)s.")
    what_to_do = _("Read the lessons again, and send a new attempt from the moment in `when`.")


class AlreadyPassed(Problem):
    """Facts: `certificate`, the id of the one that holds."""

    slug = "already-passed"
    status = HTTPStatus.CONFLICT
    title = _("You have passed already")
    detail = _("Your certificate is valid. You do not have to do the quiz again now.")
    what_to_do = _("Show the certificate. We ask you in time when it has to be renewed.")


class CourseRetired(Problem):
    slug = "course-retired"
    status = HTTPStatus.CONFLICT
    title = _("This course is not given any more")
    detail = _("This course was retired. What you have earned with it stays.")
    what_to_do = _("Choose another course from the list.")
