"""What fields of requests may hold: numbers, texts, dates; and the root of what is asked for."""

import re
from datetime import datetime
from typing import Annotated, Any, Self

from fastapi import Path
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictStr,
)

from services.checks import MAX_PROSE, MAX_TITLE
from services.passwords import MAX_LENGTH
from services.tags import MAX_LENGTH as MAX_TAG
from services.tickets import LARGEST

MAX_ID = 2**31 - 1  # of an INTEGER
MOST_AT_ONCE = 200
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ]")


def _a_number(value: object) -> object:
    """Refuse what only looks like a number: 3 and 3.0 are one in JSON, "3" and true are not."""
    if isinstance(value, (str, bool)):
        raise ValueError("not a number")
    return value


def _as_written(value: object) -> object:
    """Refuse what is no date to read: pydantic takes seconds since 1970 as well."""
    if not isinstance(value, str) or not _DATE.match(value):
        raise ValueError("not a date and a time")
    return value


def _in_our_time(value: datetime) -> datetime:
    """Refuse years that have no place in UTC or in a database."""
    if not 1970 <= value.year <= 9000:
        raise ValueError("too far away")
    return value


def unset() -> Any:
    """Return the default of a field that is changed only when it is sent."""
    return Field(None, json_schema_extra=_without_default)


def _without_default(schema: dict[str, Any]) -> None:
    schema.pop("default", None)


Number = Annotated[int, Path(ge=1, le=LARGEST, description="The ticket’s number.")]
Key = Annotated[int, Path(ge=1, le=MAX_ID)]
LongKey = Annotated[int, Path(ge=1, le=LARGEST)]
Whole = BeforeValidator(_a_number)
Id = Annotated[int, Field(ge=1, le=MAX_ID), Whole]
TicketNumber = Annotated[int, Field(ge=1, le=LARGEST), Whole]
Title = Annotated[StrictStr, Field(min_length=1, max_length=MAX_TITLE)]
Prose = Annotated[StrictStr, Field(max_length=MAX_PROSE)]
Tag = Annotated[StrictStr, Field(min_length=1, max_length=MAX_TAG)]
Line = Annotated[StrictStr, Field(max_length=500)]
Name = Annotated[StrictStr, Field(min_length=1, max_length=120)]
Address = Annotated[StrictStr, Field(min_length=3, max_length=254)]
Secret = Annotated[StrictStr, Field(max_length=MAX_LENGTH)]
When = Annotated[
    AwareDatetime,
    BeforeValidator(_as_written),
    AfterValidator(_in_our_time),
    Field(description="RFC 3339, with its zone."),
]


class Wish(BaseModel):
    """What somebody asks for; a field that is not here is refused."""

    model_config = ConfigDict(extra="forbid")

    def given(self) -> dict[str, Any]:
        """Return the fields that were sent, and no others."""
        return {name: getattr(self, name) for name in self.model_fields_set}

    @classmethod
    def again(cls, other: BaseModel) -> Self:
        """Return the same wish by a narrower model, or raise what is not in it."""
        return cls.model_validate({name: getattr(other, name) for name in other.model_fields_set})
