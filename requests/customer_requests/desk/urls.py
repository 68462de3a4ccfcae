"""The addresses of the desk, under /desk/."""

from django.urls import path, register_converter

from customer_requests import references
from customer_requests.desk.views import (
    availability,
    bulk,
    choices,
    lead,
    live,
    problems,
    queue,
    request,
    reusables,
    texts,
    verbs,
    writing,
)


class KindConverter:
    """Canned texts or macros; they have the same pages."""

    regex = "|".join(reusables.KINDS)

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


class ReferenceConverter:
    """A reference however it was typed; anything else is another page, or none."""

    regex = r"(?i:DHG)-[0-9A-Za-z]{4}-[0-9A-Za-z]{4}"

    def to_python(self, value: str) -> str:
        reference = references.parse(value)
        if reference is None:
            raise ValueError
        return reference

    def to_url(self, value: str) -> str:
        return value


register_converter(ReferenceConverter, "reference")
register_converter(KindConverter, "reusable")

urlpatterns = [
    path("", queue.queue, name="desk-queue"),
    path("look", choices.look, name="desk-look"),
    path("availability", availability.page, name="desk-availability"),
    path("availability/<uuid:absence_id>/end", availability.end, name="desk-absence-end"),
    path("live", live.live, name="desk-live"),
    path("lead", lead.lead, name="desk-lead"),
    path("lead.csv", lead.lead_csv, name="desk-lead-csv"),
    path("bulk/new", bulk.choose, name="desk-bulk-new"),
    path("bulk/", bulk.send, name="desk-bulk-send"),
    path("bulk/<uuid:bulk_id>", bulk.page, name="desk-bulk"),
    path("bulk/<uuid:bulk_id>/undo", bulk.undo, name="desk-bulk-undo"),
    path("bulk/<uuid:bulk_id>/hold", bulk.hold, name="desk-bulk-hold"),
    path("problems/", problems.problems, name="desk-problems"),
    path("problems/new", problems.note_down, name="desk-problem-new"),
    path("problems/<uuid:problem_id>", problems.problem, name="desk-problem"),
    path("problems/<uuid:problem_id>/describe", problems.describe, name="desk-problem-describe"),
    path("problems/<uuid:problem_id>/link", problems.link, name="desk-problem-link"),
    path("problems/<uuid:problem_id>/announce", problems.announce, name="desk-problem-announce"),
    path("problems/<uuid:problem_id>/undo", problems.undo, name="desk-problem-undo"),
    path(
        "problems/<uuid:problem_id>/again/<uuid:announcement_id>",
        problems.try_again,
        name="desk-problem-again",
    ),
    path("texts", reusables.lists, name="desk-texts"),
    path("<reusable:kind>/new", reusables.new, name="desk-reusable-new"),
    path("<reusable:kind>/<uuid:id>", reusables.one, name="desk-reusable"),
    path("<reusable:kind>/<uuid:id>/remove", reusables.remove, name="desk-reusable-remove"),
    path("<reference:reference>", request.page, name="desk-request"),
    path("<reference:reference>/texts", texts.texts, name="desk-texts-for"),
    path("<reference:reference>/macros/<uuid:macro_id>", texts.use_macro, name="desk-macro"),
    path("<reference:reference>/files/<uuid:file_id>", request.file, name="desk-file"),
    path("<reference:reference>/steps/<uuid:step_id>", verbs.step, name="desk-step"),
    path("<reference:reference>/draft", writing.draft, name="desk-draft"),
    path("<reference:reference>/preview", writing.preview, name="desk-preview"),
    path("<reference:reference>/<slug:verb>", verbs.act, name="desk-act"),
]
