"""The signed-in employee: who am I, and in which language do I read."""

from typing import Literal
from uuid import UUID

from ninja import Router, Schema
from pydantic import ConfigDict

from server.accounts.models import User
from server.auth import Authed
from server.fields import Strict

router = Router(tags=["Me"])


class DepartmentOut(Schema):
    id: UUID
    name: str


class MeOut(Schema):
    """The signed-in employee."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "id": "5f1b8f0e-54a1-4f3f-9d54-0e3c4f3a1c11",
                "name": "Sanne de Vries",
                "email": "sanne@demo.example",
                "language": "nl",
                "department": {"id": "0d9a1bd2-6a56-4c36-9d43-0d5be2f3c001", "name": "Winkels"},
                "roles": [],
            }
        }
    )
    id: UUID
    name: str
    email: str
    language: str
    department: DepartmentOut | None
    roles: list[str]


class MeIn(Strict):
    language: Literal["nl", "en"]


@router.get("/me", response=MeOut, operation_id="get_me", summary="Who am I")
def get_me(request: Authed) -> User:
    """Name, work e-mail, language, department and roles. Roles decide what the app shows."""
    return request.auth


@router.patch("/me", response=MeOut, operation_id="change_me", summary="Change my language")
def change_me(request: Authed, data: MeIn) -> User:
    """The language of what is sent to me, and of answers to calls that name none."""
    request.auth.choose_language(data.language)
    return request.auth
