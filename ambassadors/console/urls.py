"""The addresses of the champions' console, under /champions/."""

from django.urls import path

from ambassadors.console.views import (
    courses,
    figures,
    look,
    phrases,
    policy,
    post_calendar,
    post_verbs,
    posts,
    results,
    suggestions,
)

urlpatterns = [
    path("", figures.figures, name="champions"),
    path("figures.csv", figures.figures_csv, name="champions-figures-csv"),
    path("look", look.look, name="champions-look"),
    path("policy", policy.policy, name="champions-policy"),
    path("policy/draft", policy.policy_draft, name="champions-policy-draft"),
    path("policy/publish", policy.policy_publish, name="champions-policy-publish"),
    path("policy/<int:number>", policy.policy_version, name="champions-policy-version"),
    path("policy/<int:number>/proof.csv", policy.policy_proof, name="champions-policy-proof"),
    path("posts", posts.lists, name="champions-posts"),
    path("posts/new", posts.new, name="champions-post-new"),
    path("posts/calendar", post_calendar.calendar, name="champions-calendar"),
    path("posts/topics", suggestions.topics, name="champions-topics"),
    path("posts/suggestions", suggestions.lists, name="champions-suggestions"),
    path("posts/suggestions/<uuid:id>", suggestions.decide, name="champions-suggestion"),
    path("posts/results", results.lists, name="champions-results"),
    path("posts/results.csv", results.results_csv, name="champions-results-csv"),
    path("posts/phrases", phrases.lists, name="champions-phrases"),
    path("posts/phrases/new", phrases.new, name="champions-phrase-new"),
    path("posts/phrases/install", phrases.install, name="champions-phrases-install"),
    path("posts/phrases/<uuid:id>", phrases.phrase, name="champions-phrase"),
    path("posts/phrases/<uuid:id>/remove", phrases.remove, name="champions-phrase-remove"),
    path("posts/<uuid:id>", posts.page, name="champions-post"),
    path("posts/<uuid:id>/write", posts.write, name="champions-post-write"),
    path("posts/<uuid:id>/versions/<int:number>", posts.version, name="champions-post-version"),
    path("posts/<uuid:id>/images/<uuid:image_id>", posts.image, name="champions-post-image"),
    path("posts/<uuid:id>/<slug:verb>", post_verbs.act, name="champions-post-act"),
    path("courses", courses.courses, name="champions-courses"),
    path("courses/upload", courses.upload_course, name="champions-course-upload"),
    path("courses/<slug:slug>/", courses.course, name="champions-course"),
    path("courses/<slug:slug>/preview", courses.preview, name="champions-course-preview"),
    path("courses/<slug:slug>/file", courses.download, name="champions-course-download"),
    path("courses/<slug:slug>/draft", courses.begin_draft, name="champions-course-draft"),
    path(
        "courses/<slug:slug>/draft/throw-away",
        courses.throw_draft_away,
        name="champions-course-throw-away",
    ),
    path("courses/<slug:slug>/settings", courses.settings, name="champions-course-settings"),
    path("courses/<slug:slug>/publish", courses.publish, name="champions-course-publish"),
    path("courses/<slug:slug>/retire", courses.retire, name="champions-course-retire"),
    path("courses/<slug:slug>/lessons", courses.add_lesson, name="champions-course-lesson-new"),
    path(
        "courses/<slug:slug>/lessons/<slug:lesson>",
        courses.lesson,
        name="champions-course-lesson",
    ),
    path(
        "courses/<slug:slug>/questions/upload",
        courses.upload_questions,
        name="champions-course-questions",
    ),
    path(
        "courses/<slug:slug>/new-question", courses.question, name="champions-course-question-new"
    ),
    path(
        "courses/<slug:slug>/questions/<slug:question>/edit",
        courses.question,
        name="champions-course-question",
    ),
    path(
        "courses/<slug:slug>/questions/<slug:question>/withdraw",
        courses.withdraw,
        name="champions-course-withdraw",
    ),
    path("courses/<slug:slug>/rules", courses.add_rule, name="champions-course-rule"),
    path(
        "courses/<slug:slug>/rules/<uuid:rule>/end",
        courses.end_rule,
        name="champions-course-rule-end",
    ),
]
