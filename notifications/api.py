"""Devices, inbox and what someone wants to hear."""

from typing import Annotated, Any, Literal
from uuid import UUID

from django.utils.translation import gettext as _
from ninja import Path, Router, Schema, Status
from pydantic import ConfigDict, Field

from notifications import inbox
from notifications.inbox import InboxOut
from notifications.models import Device, Preferences
from server.auth import Authed
from server.fields import Key, Strict, TimeOfDay
from server.paging import Page, PageParams
from server.problems import Invalid, NotFound

router = Router(tags=["Notifications"])

InstallationId = Annotated[str, Path(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_.:\-]+$")]


class DeviceIn(Strict):
    """A registration token of FCM, or (`target_kind` fid) a Firebase installation id."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {"token": "fcm-registration-token", "platform": "android", "language": "nl"}
        },
    )
    token: Annotated[str, Field(min_length=8, max_length=512, pattern=r"^[!-~]+$")]
    platform: Literal["android", "ios", "web"]
    language: Literal["nl", "en"] | None = None
    app_version: Annotated[Key, Field(max_length=40)] | None = None
    target_kind: Literal["token", "fid"] = "token"


class DeviceOut(Schema):
    installation_id: str
    platform: str
    language: str
    app_version: str


@router.put(
    "/devices/{installation_id}",
    response={200: DeviceOut, 201: DeviceOut},
    operation_id="put_device",
    summary="Register this installation for pushes",
)
def put_device(request: Authed, installation_id: InstallationId, data: DeviceIn) -> Status[Device]:
    """Call it at every start of the app. A token belongs to one installation and one
    person: whoever had either before loses it.
    """
    device, new = Device.register(
        user=request.auth,
        installation_id=installation_id,
        token=data.token,
        target_kind=data.target_kind,
        platform=data.platform,
        language=data.language or "",
        app_version=data.app_version or "",
    )
    return Status(201 if new else 200, device)


@router.delete(
    "/devices/{installation_id}",
    response={204: None},
    operation_id="delete_device",
    summary="No more pushes to this installation",
)
def delete_device(request: Authed, installation_id: InstallationId) -> Status[None]:
    """Call it before signing out. An installation that is not mine answers 404."""
    deleted, _rows = Device.objects.filter(
        user=request.auth, installation_id=installation_id
    ).delete()
    if not deleted:
        raise NotFound
    return Status(204, None)


@router.get(
    "/inbox",
    response=Page[InboxOut],
    operation_id="list_inbox",
    summary="What was sent to me, newest first",
)
def list_inbox(request: Authed, params: PageParams) -> dict[str, Any]:
    """The same whether or not a push arrived, in the language that I chose."""
    return inbox.page(request.auth, params)


class ReadIn(Strict):
    up_to: UUID


class ReadOut(Schema):
    read: int = Field(description="How many items this call marked as read.")


@router.post(
    "/inbox/read",
    response=ReadOut,
    operation_id="read_inbox",
    summary="I have read everything up to here",
)
def read_inbox(request: Authed, data: ReadIn) -> dict[str, int]:
    """Everything up to and including this item; calling it again changes nothing."""
    return {"read": inbox.read_up_to(request.auth, data.up_to)}


class QuietHours(Strict):
    """Local times in my own zone; may pass midnight."""

    from_: TimeOfDay = Field(alias="from")
    to: TimeOfDay


class KindChoice(Strict):
    push: bool | None = None
    email: bool | None = None


class PreferencesIn(Strict):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "quiet_hours": {"from": "22:00", "to": "07:00"},
                "kinds": {"employee.step": {"push": True, "email": False}},
            }
        },
    )
    quiet_hours: QuietHours | None = None
    kinds: dict[str, KindChoice] = {}


class KindOut(Schema):
    push: bool
    email: bool
    label: str


class QuietHoursOut(Schema):
    from_: str = Field(serialization_alias="from")
    to: str


class PreferencesOut(Schema):
    quiet_hours: QuietHoursOut | None
    kinds: dict[str, KindOut]


@router.get(
    "/me/notifications",
    response=PreferencesOut,
    by_alias=True,
    operation_id="get_notification_preferences",
    summary="What I want to hear, and when not",
)
def get_preferences(request: Authed) -> dict[str, Any]:
    """Every kind that I can choose about, with what holds for it now."""
    return Preferences.of(request.auth).as_dict()


@router.patch(
    "/me/notifications",
    response=PreferencesOut,
    by_alias=True,
    operation_id="change_notification_preferences",
    summary="Change what I want to hear",
)
def change_preferences(request: Authed, data: PreferencesIn) -> dict[str, Any]:
    """What is left out stays as it is; `quiet_hours: null` takes them away. In quiet hours pushes
    wait until the end of them.
    """
    choices = {name: choice.model_dump(exclude_none=True) for name, choice in data.kinds.items()}
    unknown = Preferences.unknown(choices)
    if unknown:
        raise Invalid({f"kinds.{name}": _("This kind is unknown.") for name in unknown})
    given = data.model_fields_set
    quiet = data.quiet_hours
    return Preferences.change(
        request.auth,
        choices=choices,
        quiet=("quiet_hours" in given, quiet.from_ if quiet else None, quiet.to if quiet else None),
    ).as_dict()
