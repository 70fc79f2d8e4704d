"""Phone numbers: what is one, and how a carrier wants it."""

import re

import phonenumbers

from services import checks
from services.errors import Invalid
from services.words import N_

REGIONS = ("FR", "GP", "RE", "YT")  # of numbers without a country: « 06 12 34 56 78 »
MAX_PHONE = 40
_WRITTEN = re.compile(r"\+?[\d .()/-]{4,40}")
_REFUSED = N_("Enter a phone number like +33 1 23 45 67 89.")


def clean(text: object) -> str:
    """Return a phone number as typed, or raise Invalid for `phone`."""
    phone = checks.line("phone", text, at_most=MAX_PHONE)
    if phone and not e164(phone):
        raise Invalid({"phone": _REFUSED})
    return phone


def carried_over(text: object) -> str:
    """Return what another system kept as a phone number, be it an extension of its exchange."""
    phone = checks.line("phone", text, at_most=MAX_PHONE)
    if phone and not _WRITTEN.fullmatch(phone):
        raise Invalid({"phone": _REFUSED})
    return phone


def e164(phone: str) -> str:
    """Return a number as carriers write it, `+33612345678` (ITU-T E.164); empty when it is none."""
    for region in REGIONS:
        try:
            number = phonenumbers.parse(phone[:MAX_PHONE], region)
        except phonenumbers.NumberParseException:
            return ""
        if phonenumbers.is_valid_number(number):
            form = phonenumbers.PhoneNumberFormat.E164
            return phonenumbers.format_number(number, form)
    return ""
