"""Files going out: as an attachment that no browser renders or runs as ours."""

from typing import Any
from uuid import UUID

from django.http import FileResponse, HttpResponse


def attachment(content: Any, *, id: UUID, name: str, content_type: str) -> HttpResponse:
    """An open file of strangers' making. It never changes, so its id says which content it is."""
    response = FileResponse(content, as_attachment=True, filename=name)
    response["Content-Type"] = content_type
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cache-Control"] = "private, no-store"
    response["ETag"] = f'"{id}"'
    return response  # type: ignore[return-value] # a StreamingHttpResponse serves as well
