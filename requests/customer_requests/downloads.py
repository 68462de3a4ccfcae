"""Files going out: as an attachment that no browser renders or runs as ours."""

from uuid import UUID

from django.http import FileResponse, HttpResponse

from customer_requests.models import ActorRole, CustomerRequest
from server.problems import NotFound


def download(request: CustomerRequest, attachment_id: UUID, reader: ActorRole) -> HttpResponse:
    """The file with this id, when this reader may open it; NotFound otherwise."""
    found = [file for file in request.files_for(reader) if file.pk == attachment_id]
    if not found:
        raise NotFound
    file = found[0]
    try:
        content = file.open()
    except FileNotFoundError as error:
        raise NotFound from error
    response = FileResponse(content, as_attachment=True, filename=file.name)
    response["Content-Type"] = file.content_type
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cache-Control"] = "private, no-store"
    # A stored file never changes, so its id says which content it is.
    response["ETag"] = f'"{file.pk}"'
    return response  # type: ignore[return-value] # a StreamingHttpResponse serves as well
