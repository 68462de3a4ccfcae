"""The project's settings with one address more: `bench.urls`."""

from server.settings import *  # noqa: F403 - all of them, whatever they are

ROOT_URLCONF = "bench.urls"
