"""What a customer request may refuse; the rules that raise these are in the models."""

from http import HTTPStatus

from django.utils.translation import gettext_lazy as _

from server.problems import Problem


class NotNow(Problem):
    """The status of the request does not allow this verb. Facts: `verb`, `current`."""

    slug = "not-now"
    status = HTTPStatus.CONFLICT
    title = _("Not possible now")
    detail = _("The status of this request does not allow that now. Nothing was changed.")
    what_to_do = _("Fetch the request again; `allowed` names what is possible now.")


class AlreadyClaimed(Problem):
    """Somebody was first. Facts: `holder`, the agent's name."""

    slug = "already-claimed"
    status = HTTPStatus.CONFLICT
    title = _("Somebody was just before you")
    detail = _("%(holder)s has this request.")
    what_to_do = _("Choose the next request, or ask the holder to release it.")


class NotYours(Problem):
    """Another agent has it. Facts: `holder`, the agent's name or null."""

    slug = "not-yours"
    status = HTTPStatus.CONFLICT
    title = _("You do not have this request")
    detail = _("Claim the request first, so that nobody else works on it too.")
    what_to_do = _("Claim it, or have it assigned to you; then repeat the step.")


class DraftChanged(Problem):
    """A colleague wrote on, or the caller did elsewhere (`yours`). Facts: `by`, `version`, and the
    `text`, `text_employee`, `audience`, `way`, `step_title`, `step_expected_at`, `wait_on` and
    `wait_until` that are there now.

    Empty texts say that the draft was sent or thrown away.
    """

    slug = "draft-changed"
    status = HTTPStatus.CONFLICT
    title = _("This draft was changed meanwhile")
    detail = _("%(by)s saved this draft after you opened it. Your text was not saved over it.")
    what_to_do = _("Put both texts together, and save that with `version` of this answer.")

    @property
    def explained(self) -> str:
        """A second tab of one's own is nobody else."""
        if self.facts.get("yours"):
            return str(_("You saved this draft elsewhere after you opened it here. That is kept."))
        return super().explained


class NotInTeam(Problem):
    slug = "not-in-team"
    status = HTTPStatus.CONFLICT
    title = _("Not in this team")
    detail = _("That person does not work in the team of this request.")
    what_to_do = _("Choose someone of the team, or transfer the request to another team first.")


class NotAtWork(Problem):
    """Facts: `person`, and `until` when they are back, or null where nobody knows."""

    slug = "not-at-work"
    status = HTTPStatus.CONFLICT
    title = _("Not at work")
    detail = _("%(person)s is away %(spell)s.")
    what_to_do = _("Choose somebody who is at work, or end the absence first.")


class LimitReached(Problem):
    """Facts: `person`, `load` that they have in progress, and `most` that they can have."""

    slug = "limit-reached"
    status = HTTPStatus.CONFLICT
    title = _("As much as one can take")
    detail = _("%(person)s has %(load)s requests in progress and takes at most %(most)s.")
    what_to_do = _("Solve or release one first. A lead can assign it all the same.")


class NobodyThere(Problem):
    """Facts: `team`, its name."""

    slug = "nobody-there"
    status = HTTPStatus.CONFLICT
    title = _("Nobody works in that team")
    detail = _("In the team %(team)s nobody would find the request.")
    what_to_do = _("Choose another team.")


class SameTeam(Problem):
    slug = "same-team"
    status = HTTPStatus.CONFLICT
    title = _("It is already there")
    detail = _("The request is already with that team.")
    what_to_do = _("Choose another team.")


class StepFinished(Problem):
    slug = "step-finished"
    status = HTTPStatus.CONFLICT
    title = _("This step is finished")
    detail = _("A step that is done or skipped stays as it is, because others were told.")
    what_to_do = _("Add a new step to the plan.")


class SameRequest(Problem):
    slug = "same-request"
    status = HTTPStatus.CONFLICT
    title = _("That is this request")
    detail = _("A request cannot be put together with itself.")
    what_to_do = _("Give the reference of the other request.")


class OtherCustomer(Problem):
    slug = "other-customer"
    status = HTTPStatus.CONFLICT
    title = _("Another customer asked that")
    detail = _(
        "Only requests of the same customer can be merged: one customer must never read another "
        "one's words. Put both under a known problem to answer them together."
    )
    what_to_do = _("Link both to a known problem, or correct the address if it is wrong.")


class TwoAddresses(Problem):
    """Facts: `other`, the reference of the request to merge into."""

    slug = "two-addresses"
    status = HTTPStatus.CONFLICT
    title = _("They have two addresses")
    detail = _(
        "Both have one number or address, but not the one that each is answered at. Merged, the "
        "customer of one of them might hear nothing more. Nothing was changed."
    )
    what_to_do = _(
        "Is it one customer? Correct the address on one of both first, so that both have the same "
        "one. Are they two, in one house? Answer each, or put both under a known problem."
    )


class CannotGoOnThere(Problem):
    """Facts: `current`, the status of the request to merge into; `merged_into`, where that one
    went itself, or null."""

    slug = "cannot-go-on-there"
    status = HTTPStatus.CONFLICT
    title = _("The other request has ended")
    detail = _("A request can only go on as one that has not ended. Nothing was changed.")
    what_to_do = _("Merge the other way round, or into the request that `merged_into` names.")


class ProblemIsSolved(Problem):
    slug = "problem-is-solved"
    status = HTTPStatus.CONFLICT
    title = _("This problem is solved")
    detail = _("Everybody was told that this problem is solved. Nothing was changed.")
    what_to_do = _("Undo that it is solved first, or note down a new problem.")


class UnderAnotherProblem(Problem):
    """Facts: `title`, of the known problem that it is under."""

    slug = "under-another-problem"
    status = HTTPStatus.CONFLICT
    title = _("It is under another problem")
    detail = _("This request is under the known problem “%(title)s”.")
    what_to_do = _("Take it from under that one first.")


class NotTheLastWord(Problem):
    slug = "not-the-last-word"
    status = HTTPStatus.CONFLICT
    title = _("Nothing to undo")
    detail = _("It was not said to be solved, or that was undone already.")
    what_to_do = _("An update that was sent cannot be taken back: write another one.")


class TooManySteps(Problem):
    slug = "too-many-steps"
    status = HTTPStatus.CONFLICT
    title = _("The plan is full")
    detail = _("A plan is a short list: at most %(most)s steps.")
    what_to_do = _("Tell the rest in an update.")


class TooManyMessages(Problem):
    """Facts: `most`, how many somebody can send about one request in a day."""

    slug = "too-many-messages"
    status = HTTPStatus.CONFLICT
    title = _("That is enough for today")
    detail = _(
        "At most %(most)s messages a day about one question are taken. This one was not sent."
    )
    what_to_do = _("Put the rest in one message, and send it tomorrow.")


class NoValue(Problem):
    """A variable of a canned text or macro has no value here. Facts: `variable`, its name."""

    slug = "no-value"
    status = HTTPStatus.CONFLICT
    title = _("Something is missing for this text")
    detail = _("There is no value for {%(variable)s} on this request. Nothing was changed.")
    what_to_do = _("Fill in what is missing first, or write the text yourself.")

    @property
    def explained(self) -> str:
        """What is missing, in plain words where we have them."""
        known = _NO_VALUE.get(self.facts["variable"])
        return str(known) if known else super().explained


_NO_VALUE = {
    "expected_by": _(
        "Nobody knows yet when there is more to hear on this request. Plan a step with a date "
        "first, or write the text yourself."
    ),
    "customer_name": _("The customer's details were deleted, so there is no name to fill in."),
}


class WordsTooLong(Problem):
    """Facts: `most`, how many characters a text can have."""

    slug = "words-too-long"
    status = HTTPStatus.CONFLICT
    title = _("The text becomes too long")
    detail = _("With the names filled in this text has more than %(most)s characters.")
    what_to_do = _("Make the canned text or macro shorter.")


class ChangedSince(Problem):
    slug = "changed-since"
    status = HTTPStatus.CONFLICT
    title = _("Something happened since")
    detail = _("The request has changed since, so this is not taken back.")
    what_to_do = _("Look at the request, and put right by hand what has to be.")


class TooLateToUndo(Problem):
    slug = "too-late-to-undo"
    status = HTTPStatus.CONFLICT
    title = _("Too late to undo")
    detail = _("It has been done, and people were told.")
    what_to_do = _("Look at the requests, and write to people where that is needed.")


class TooLateToRate(Problem):
    slug = "too-late-to-rate"
    status = HTTPStatus.CONFLICT
    title = _("The rating is final")
    detail = _("A rating can be changed for 7 days.")
    what_to_do = _("Nothing: your first rating was kept.")


class QuotaFull(Problem):
    """Facts: `most`, the number of files that one request can have."""

    slug = "quota-full"
    status = HTTPStatus.CONFLICT
    title = _("No room for another file")
    detail = _("A request can have at most %(most)s files.")
    what_to_do = _("Leave this file out, or send it in another way.")
