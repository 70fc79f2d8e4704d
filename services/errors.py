"""What can go wrong in the domain: a stable code, a sentence for a person, and its facts."""

from collections.abc import Mapping
from typing import ClassVar

from services.words import N_, _, decimal


class DomainError(Exception):
    """A refusal the caller can show as it is, in the language being spoken when it is said."""

    code: ClassVar[str] = "error"
    sentence: ClassVar[str] = N_("This cannot be done.")

    def __init__(self, **facts: object) -> None:
        super().__init__(self.code)
        self.facts = facts

    def say(self) -> str:
        """Return the sentence in the language being spoken."""
        return _(self.sentence).format(**_spelt(self.facts))

    def __str__(self) -> str:
        return self.say()


class NotFound(DomainError):
    """Absent, or invisible to this actor: the two look the same from outside."""

    code = "not_found"
    sentence = N_("This does not exist, or you do not have access to it.")


class NotAllowed(DomainError):
    """Visible, but this actor may not do that to it."""

    code = "not_allowed"
    sentence = N_("Your role does not allow this.")


class SignedOut(DomainError):
    """The session is over, or the account was deactivated."""

    code = "signed_out"
    sentence = N_("You are signed out. Sign in again to go on.")


class WrongState(DomainError):
    """The workflow has no arrow from where the ticket stands to where it was sent."""

    code = "wrong_state"
    sentence = N_("A ticket that is “{status}” cannot become “{target}”.")


class Closed(DomainError):
    """A closed ticket never changes again (product.md 3)."""

    code = "closed"
    sentence = N_("Ticket #{number} is closed: nothing on it can change any more.")


class Taken(DomainError):
    """Somebody else was faster."""

    code = "taken"
    sentence = N_("{name} has already taken this ticket.")


class Blocked(DomainError):
    """Another ticket must be resolved first."""

    code = "blocked"
    sentence = N_("Ticket #{blocker} blocks this one: resolve it first.")


class InUse(DomainError):
    """Something else depends on it."""

    code = "in_use"
    sentence = N_("This is still used: {name}.")


class Conflict(DomainError):
    """Somebody changed the same field meanwhile; `theirs` and `mine` hold both values.

    `name` is who it was: empty when it was no person. `is_own`: the same person, in another place.
    """

    code = "conflict"
    sentence = N_("{name} changed this meanwhile. Compare both versions and choose.")

    def __init__(self, *, is_own: bool = False, **facts: object) -> None:
        super().__init__(**facts)
        self.is_own = is_own

    def say(self) -> str:
        """Return the sentence in the language being spoken."""
        if self.is_own:
            return _("You changed this elsewhere meanwhile. Compare both versions and choose.")
        if not self.facts.get("name"):
            return _("This was changed meanwhile. Compare both versions and choose.")
        return super().say()


class TooLate(DomainError):
    """What happened can no longer be undone."""

    code = "too_late"
    sentence = N_("This can no longer be undone.")


class Throttled(DomainError):
    """Too many attempts; `seconds` says how long to wait."""

    code = "throttled"
    sentence = N_("Too many attempts. Try again in {seconds} s.")


class Invalid(DomainError):
    """One or several fields are wrong; `problems` maps each field to a sentence to translate."""

    code = "invalid"
    sentence = N_("Some of what you entered needs a correction.")

    def __init__(self, problems: dict[str, str], **facts: object) -> None:
        super().__init__(**facts)
        self.problems = problems

    def by_field(self) -> dict[str, str]:
        """Return each field’s sentence in the language being spoken."""
        facts = _spelt(self.facts)
        return {field: _(sentence).format(**facts) for field, sentence in self.problems.items()}


# What counts something, as "64 000 characters"; a number that names one, as #64000, is none.
_AMOUNTS = frozenset({"at_least", "at_most", "least", "limit", "most"})


def _spelt(facts: Mapping[str, object]) -> dict[str, object]:
    return {name: _spell(name, fact) for name, fact in facts.items()}


def _spell(name: str, fact: object) -> object:
    if isinstance(fact, int) and name in _AMOUNTS:
        return decimal(fact)
    return _(fact) if isinstance(fact, str) and fact else fact
