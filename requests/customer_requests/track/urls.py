from django.urls import path

from customer_requests.track import views

urlpatterns = [
    path("t/<str:key>", views.page, name="track-page"),
    path("t/<str:key>/message", views.message, name="track-message"),
    path("t/<str:key>/confirm", views.confirm, name="track-confirm"),
    path("t/<str:key>/reopen", views.reopen, name="track-reopen"),
    path("t/<str:key>/withdraw", views.withdraw, name="track-withdraw"),
    path("t/<str:key>/rate", views.rate, name="track-rate"),
    path("t/<str:key>/details", views.details, name="track-details"),
    path("t/<str:key>/onward", views.onward, name="track-onward"),
    path("t/<str:key>/along/<str:reference>", views.along, name="track-along"),
    path("t/<str:key>/erase", views.erase, name="track-erase"),
    path("t/<str:key>/files/<uuid:attachment_id>", views.file, name="track-file"),
]
