"""The addresses of the champions' console, under /champions/."""

from django.urls import path

from ambassadors.console.views import home, post_calendar, post_verbs, posts, suggestions

urlpatterns = [
    path("", home.home, name="champions"),
    path("look", home.look, name="champions-look"),
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
