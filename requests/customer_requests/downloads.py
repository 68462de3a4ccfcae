"""A request's files going out, to who may open them."""

from uuid import UUID

from django.http import HttpResponse

from customer_requests.models import ActorRole, CustomerRequest
from server.downloads import attachment
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
    return attachment(content, id=file.pk, name=file.name, content_type=file.content_type)
