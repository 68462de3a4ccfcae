"""The API as a phone or a program calls it."""

import io
import json
import uuid
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from server.accounts.models import User


def session_token(user: User) -> str:
    """A session token like the one that signing in gives, without the password's hashing time."""
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return str(session.session_key)


def browser_of(user: User) -> Client:
    """A browser in which somebody has signed in."""
    browser = Client()
    browser.force_login(user)
    return browser


class Api:
    """Calls to /api/v1 as somebody, or as nobody; answers have `.json()` and `.status_code`."""

    def __init__(self, user: User | None = None, language: str | None = None) -> None:
        self.client = Client(raise_request_exception=False)
        self.headers: dict[str, str] = {}
        if user is not None:
            self.headers["X-Session-Token"] = session_token(user)
        if language:
            self.headers["Accept-Language"] = language

    def _call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        sent = {
            **self.headers,
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        data = body if isinstance(body, str | bytes) else json.dumps(body, default=str)
        return self.client.generic(
            method,
            f"/api/v1{path}",
            data="" if body is None else data,
            content_type="application/json",
            headers=sent,
        )

    def get(self, path: str, **headers: str) -> Any:
        return self._call("GET", path, None, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self._call("POST", path, {} if body is None else body, **headers)

    def patch(self, path: str, body: Any = None, **headers: str) -> Any:
        return self._call("PATCH", path, body, **headers)

    def put(self, path: str, body: Any = None, **headers: str) -> Any:
        return self._call("PUT", path, body, **headers)

    def delete(self, path: str, **headers: str) -> Any:
        return self._call("DELETE", path, None, **headers)

    def upload(
        self,
        path: str,
        content: bytes,
        name: str = "photo.png",
        *,
        id: uuid.UUID | str | None = None,
        content_type: str = "image/png",
    ) -> Any:
        form: Mapping[str, Any] = {
            "id": str(id or uuid.uuid4()),
            "file": SimpleUploadedFile(name, content, content_type),
        }
        return self.client.post(f"/api/v1{path}", form, headers=self.headers)


def content_of(response: Any) -> bytes:
    """The whole body, also of a file that is streamed; reading it to its end closes the file."""
    return b"".join(response.streaming_content) if response.streaming else response.content


def photo(kind: str = "PNG") -> bytes:
    """A small picture in a format that Pillow names."""
    stream = io.BytesIO()
    Image.new("RGB", (4, 3), "teal").save(stream, kind)
    return stream.getvalue()


def question(topic: str, **facts: Any) -> dict[str, Any]:
    """The body of POST /requests."""
    return {
        "id": str(uuid.uuid4()),
        "topic": topic,
        "question": "Mijn buurvrouw heeft sinds maandag geen internet.",
        "customer": {"name": "Mevrouw Jansen", "email": "jansen@example.org", "channel": "email"},
        "customer_agrees": True,
        **facts,
    }
