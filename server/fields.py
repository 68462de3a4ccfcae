"""The kinds of text that the API takes: bounded, normalised, without control characters.

Shared by every input schema, so that a name, a question or an address means the same everywhere.
"""

import unicodedata
from datetime import UTC, date, datetime, time
from typing import Annotated, Any, Literal

import phonenumbers
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _
from ninja import Schema
from pydantic import AfterValidator, AwareDatetime, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError


class Strict(Schema):
    """An input: unknown fields are refused, because they are most often a misspelled known one."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


def refuse(message: str, field: str = "") -> PydanticCustomError:
    """An error whose message is already in the reader's language.

    `field` names the part that it is about, where a rule looks at several.
    """
    return PydanticCustomError("explained", "{message}", {"message": message, "field": field})


# Bidirectional overrides can make a name or an address read as another one.
_OVERRIDES = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def _is_control(character: str, allowed: str) -> bool:
    return character not in allowed and unicodedata.category(character) == "Cc"


def _one_line(text: str) -> str:
    text = unicodedata.normalize("NFC", text)
    if any(_is_control(character, "") or character in _OVERRIDES for character in text):
        raise refuse(_("Use letters, digits and punctuation on one line only."))
    if "\u2028" in text or "\u2029" in text:
        raise refuse(_("Use letters, digits and punctuation on one line only."))
    return text


def _maybe_lines(text: str) -> str:
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    if any(_is_control(character, "\n\t") for character in text):
        raise refuse(_("The text holds characters that cannot be shown. Remove them."))
    return text.strip()


def _many_lines(text: str) -> str:
    text = _maybe_lines(text)
    if not text:
        raise refuse(_("Write something here."))
    return text


def clean_email(text: str) -> str:
    """One e-mail address in lower case; never a list, a name with an address, or a line break."""
    text = text.strip()
    wrong = refuse(_("This is not an e-mail address. It looks like name@example.org."))
    if len(text) > 254 or any(character in text for character in '"<>(),;:\\ \r\n\t'):
        raise wrong
    try:
        validate_email(text)
    except ValidationError as error:
        raise wrong from error
    return text.lower()


def clean_phone(text: str) -> str:
    """A telephone number in E.164; read as Dutch where it has no country."""
    wrong = refuse(_("This is not a telephone number. It looks like 06 12345678."))
    try:
        number = phonenumbers.parse(text, "NL")
    except phonenumbers.NumberParseException as error:
        raise wrong from error
    if not phonenumbers.is_valid_number(number) or number.extension:
        raise wrong
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def check_sms(number: str) -> str:
    """A number in E.164 that we send SMS to: a mobile one, of a country that we serve."""
    parsed = phonenumbers.parse(number)
    mobile = {
        phonenumbers.PhoneNumberType.MOBILE,
        phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE,
    }
    if phonenumbers.number_type(parsed) not in mobile:
        raise refuse(
            _("This number cannot receive SMS. Give a mobile number, or choose e-mail."), "phone"
        )
    if phonenumbers.region_code_for_number(parsed) not in settings.SMS_COUNTRIES:
        raise refuse(_("We do not send SMS to this country. Choose e-mail instead."), "phone")
    return number


def _written(value: Any) -> Any:
    """Only text: a number would pass for seconds since 1970 or since midnight."""
    if value is not None and not isinstance(value, str | datetime | time):
        raise refuse(_("This must be a text."))
    return value


def _in_our_time(moment: datetime) -> datetime:
    """In UTC; a year that a database or a calendar can't hold is refused."""
    if not 2000 <= moment.year <= 2100:
        raise refuse(_("This must be a moment between the years 2000 and 2100."))
    return moment.astimezone(UTC)


def _day_or_moment(value: Any) -> Any:
    """A date alone is that day, wherever it is; a time of day needs its offset."""
    if not isinstance(value, str):
        return value
    wrong = refuse(_("This must be a day, such as 2026-03-01, or a moment with a time zone."))
    try:
        if len(value.strip()) <= 10:
            day = date.fromisoformat(value.strip())
            _in_our_time(datetime.combine(day, time.min, UTC))
            return day
        moment = datetime.fromisoformat(value.strip())
    except ValueError as error:
        raise wrong from error
    if moment.tzinfo is None:
        raise wrong
    return _in_our_time(moment)


def _without_zone(moment: time) -> time:
    if moment.tzinfo is not None:
        raise refuse(_("This must be a time, such as 22:00."))
    return moment


def _blank_is_none(value: Any) -> Any:
    return None if isinstance(value, str) and not value.strip() else value


def _is_true(value: Any) -> bool:
    """True itself; Python takes 1 for equal to it, and consent should not rest on that."""
    if value is not True:
        raise refuse(_("Ask the customer first; pass it on when they agree (true)."))
    return True


Agreed = Annotated[Literal[True], BeforeValidator(_is_true)]
Name = Annotated[str, Field(min_length=1, max_length=120), AfterValidator(_one_line)]
Line = Annotated[str, Field(min_length=1, max_length=120), AfterValidator(_one_line)]
# What is looked up and never shown: also without control characters, which PostgreSQL refuses.
Key = Annotated[str, Field(max_length=254), AfterValidator(_one_line)]
Moment = Annotated[AwareDatetime, BeforeValidator(_written), AfterValidator(_in_our_time)]
DayOrMoment = Annotated[
    AwareDatetime | date, BeforeValidator(_day_or_moment), BeforeValidator(_written)
]
TimeOfDay = Annotated[time, BeforeValidator(_written), AfterValidator(_without_zone)]
Question = Annotated[str, Field(min_length=1, max_length=5000), AfterValidator(_many_lines)]
Text = Annotated[str, Field(min_length=1, max_length=10000), AfterValidator(_many_lines)]
# What is not finished yet, and so may still be empty.
Unfinished = Annotated[str, Field(max_length=10000), AfterValidator(_maybe_lines)]
UnfinishedLine = Annotated[str, Field(max_length=120), AfterValidator(_one_line)]
Reason = Annotated[str, Field(min_length=1, max_length=2000), AfterValidator(_many_lines)]
Email = Annotated[str, Field(max_length=254), AfterValidator(clean_email)]
Phone = Annotated[str, Field(max_length=40), AfterValidator(clean_phone)]
OptionalEmail = Annotated[Email | None, BeforeValidator(_blank_is_none)]
OptionalPhone = Annotated[Phone | None, BeforeValidator(_blank_is_none)]


def check_contact(channel: str, email: str | None, phone: str | None) -> None:
    """Refuse a customer who can't be reached over the channel that they chose."""
    if channel == "email" and not email:
        raise refuse(_("Give an e-mail address, or choose SMS."), "email")
    if channel == "sms":
        if not phone:
            raise refuse(_("Give a mobile number, or choose e-mail."), "phone")
        check_sms(phone)


def explain(kind: str, facts: dict[str, Any]) -> str:
    """What is wrong with a value, in words for who wrote it: one error of pydantic's."""
    if kind == "explained":
        return str(facts["message"])
    if kind == "missing":
        return _("This is missing.")
    if kind == "extra_forbidden":
        return _("This field is unknown here. Check its spelling, or leave it out.")
    if kind in {"string_too_short", "too_short"} and facts.get("min_length") == 1:
        return _("Write something here.") if kind == "string_too_short" else _("Give at least one.")
    if kind in {"string_too_short", "too_short"}:
        return _("This is too short.")
    if kind == "string_too_long":
        return _("This is too long: at most %(most)s characters.") % {"most": facts["max_length"]}
    if kind in {"enum", "literal_error"}:
        choices = str(facts.get("expected", "")).replace(" or ", ", ").replace("'", "")
        return _("Choose one of: %(choices)s.") % {"choices": choices}
    if kind.startswith("uuid"):
        return _("This must be a UUID.")
    if kind.startswith(("datetime", "timezone")):
        return _("This must be a moment with a time zone, such as 2026-03-01T09:30:00Z.")
    if kind.startswith("time"):
        return _("This must be a time, such as 22:00.")
    if kind.startswith("bool"):
        return _("This must be true or false.")
    if kind == "greater_than_equal":
        return _("This must be at least %(least)s.") % {"least": facts["ge"]}
    if kind == "less_than_equal":
        return _("This must be at most %(most)s.") % {"most": facts["le"]}
    if kind.startswith(("int", "greater_than", "less_than")):
        return _("This number is not possible here.")
    if kind.startswith("string"):
        return _("This must be a text.")
    return _("This value is not possible here.")
