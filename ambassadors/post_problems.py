"""What example posts and suggestions may refuse; the rules that raise these are in the models."""

from http import HTTPStatus

from django.utils.translation import gettext_lazy as _

from server.problems import Problem


class PostNotNow(Problem):
    """Facts: `state`, where the post stands."""

    slug = "post-not-now"
    status = HTTPStatus.CONFLICT
    title = _("Not possible with this post now")
    detail = _("Where this post stands does not allow that. Nothing was changed.")
    what_to_do = _("Look at the post again; it says what is possible now.")


class OwnWriting(Problem):
    """The second pair of eyes can't be the first."""

    slug = "own-writing"
    status = HTTPStatus.CONFLICT
    title = _("Somebody else has to look at this")
    detail = _("You wrote in this since it was last approved, so you can't approve it.")
    what_to_do = _("Ask an editor who did not write in it.")


class SuggestionDecided(Problem):
    slug = "suggestion-decided"
    status = HTTPStatus.CONFLICT
    title = _("That was decided already")
    detail = _("An editor took this suggestion over or declined it. Nothing was changed.")
    what_to_do = _("Look at the suggestion again.")


class TooManySuggestions(Problem):
    """Facts: `most`, how many can wait for an editor at once."""

    slug = "too-many-suggestions"
    status = HTTPStatus.CONFLICT
    title = _("Let the editors read first")
    detail = _("You have %(most)s suggestions that nobody looked at yet.")
    what_to_do = _("Wait until an editor has answered one of them, then send the next.")
