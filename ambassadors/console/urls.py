"""The addresses of the champions' console, under /champions/."""

from django.urls import path

from ambassadors.console.views import home

urlpatterns = [
    path("", home.home, name="champions"),
    path("look", home.look, name="champions-look"),
]
