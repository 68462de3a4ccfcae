"""The addresses of the champions' console, under /champions/."""

from django.urls import path

from ambassadors.console.views import (
    figures,
    look,
    policy,
    post_calendar,
    post_verbs,
    posts,
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
    path("posts/<uuid:id>", posts.page, name="champions-post"),
    path("posts/<uuid:id>/write", posts.write, name="champions-post-write"),
    path("posts/<uuid:id>/versions/<int:number>", posts.version, name="champions-post-version"),
    path("posts/<uuid:id>/images/<uuid:image_id>", posts.image, name="champions-post-image"),
    path("posts/<uuid:id>/<slug:verb>", post_verbs.act, name="champions-post-act"),
]
