"""What ServiceNow’s exports call things, in English and French, and what that is here."""

from collections.abc import Mapping

from data.models import Channel, Impact, PendingReason, Priority, Status, Urgency
from data.text import fold

# Columns by the names of fields; with them, what lists call them when one exports a list.
COLUMNS: dict[str, tuple[str, ...]] = {
    "number": ("incident", "incident_number", "numero", "task_number"),
    "state": ("incident_state", "state", "status", "etat", "statut", "etat_de_l_incident"),
    "active": ("actif",),
    "reassignment_count": ("reassignments", "nombre_de_reaffectations"),
    "reopen_count": ("reopenings", "nombre_de_reouvertures"),
    "sys_mod_count": ("updates", "mises_a_jour"),
    "made_sla": ("sla_respecte", "a_respecte_le_sla"),
    "caller_id": ("caller", "caller_id.name", "appelant", "demandeur", "opened_for"),
    "opened_by": ("opened_by.name", "ouvert_par"),
    "opened_at": ("opened", "ouvert", "ouvert_le", "date_d_ouverture"),
    "sys_created_at": ("sys_created_on", "created", "cree", "cree_le"),
    "sys_updated_by": ("updated_by", "mis_a_jour_par"),
    "sys_updated_at": ("sys_updated_on", "updated", "mis_a_jour", "mis_a_jour_le"),
    "contact_type": ("channel", "canal", "type_de_contact"),
    "location": ("emplacement", "lieu"),
    "category": ("categorie",),
    "subcategory": ("sous_categorie",),
    "u_symptom": ("symptom", "symptome"),
    "cmdb_ci": ("configuration_item", "element_de_configuration"),
    "impact": (),
    "urgency": ("urgence",),
    "priority": ("priorite",),
    "assignment_group": ("assignment_group.name", "groupe_d_affectation"),
    "assigned_to": ("assigned_to.name", "affecte_a"),
    "short_description": ("description_courte", "breve_description", "title"),
    "description": (),
    "hold_reason": ("on_hold_reason", "motif_d_attente"),
    "comments_and_work_notes": ("commentaires_et_notes_de_travail",),
    "comments": ("additional_comments", "commentaires_supplementaires"),
    "work_notes": ("notes_de_travail",),
    "close_code": ("closed_code", "resolution_code", "code_de_resolution"),
    "close_notes": ("resolution_notes", "notes_de_resolution"),
    "problem_id": ("problem", "probleme"),
    "rfc": ("change_request", "demande_de_changement"),
    "vendor": ("fournisseur",),
    "caused_by": ("caused_by_change", "cause_par"),
    "resolved_at": ("resolved", "resolu", "resolu_le"),
    "closed_at": ("closed", "ferme", "ferme_le", "clos_le"),
}
KNOWN_AS: Mapping[str, str] = {
    name: column for column, names in COLUMNS.items() for name in (column, *names)
}

# What is told of an incident and has no field here stands in its description.
ALSO_TOLD: dict[str, str] = {
    "location": "Location",
    "subcategory": "Subcategory",
    "u_symptom": "Symptom",
    "cmdb_ci": "Configuration item",
    "problem_id": "Problem",
    "rfc": "Change request",
    "caused_by": "Caused by change",
    "vendor": "Vendor",
    "close_code": "Close code",
    "close_notes": "Close notes",
}

MISSING = frozenset({"", "?", "null", "-- none --", "(empty)", "undefined"})

_NEW, _WORK, _HOLD = Status.NEW, Status.IN_PROGRESS, Status.PENDING
STATES: dict[str, Status] = {
    **dict.fromkeys(("1", "new", "nouveau"), _NEW),
    **dict.fromkeys(("2", "in progress", "active", "work in progress", "open", "assigned"), _WORK),
    **dict.fromkeys(("en cours", "actif", "ouvert", "travail en cours", "affecte"), _WORK),
    **dict.fromkeys(("3", "4", "5", "on hold", "pending", "en attente"), _HOLD),
    **dict.fromkeys(("6", "resolved", "resolu"), Status.RESOLVED),
    **dict.fromkeys(("7", "closed", "closed complete", "ferme", "clos", "cloture"), Status.CLOSED),
    **dict.fromkeys(("8", "canceled", "cancelled", "annule"), Status.CANCELLED),
}
REASONS: dict[str, PendingReason] = {  # the first that a state or a reason contains
    "vendor": PendingReason.SUPPLIER,
    "fournisseur": PendingReason.SUPPLIER,
    "problem": PendingReason.OTHER_TICKET,
    "change": PendingReason.OTHER_TICKET,
    "caller": PendingReason.REQUESTER,
    "user": PendingReason.REQUESTER,
}
CHANNELS: dict[str, Channel] = {
    **dict.fromkeys(("phone", "ivr", "telephone"), Channel.PHONE),
    **dict.fromkeys(("email", "e-mail", "courriel"), Channel.EMAIL),
    **dict.fromkeys(("integration", "monitoring", "event", "api"), Channel.API),
    "slack": Channel.SLACK,
    **dict.fromkeys(("teams", "microsoft teams"), Channel.TEAMS),
}
_LEVELS: dict[str, int] = {
    **dict.fromkeys(("critical", "critique"), 1),
    **dict.fromkeys(("high", "haute", "haut", "elevee", "eleve"), 2),
    **dict.fromkeys(("moderate", "medium", "moderee", "modere", "moyenne", "moyen"), 3),
    **dict.fromkeys(("low", "basse", "bas", "faible"), 4),
    **dict.fromkeys(("planning", "planification"), 5),
}
_PRIORITIES = (Priority.URGENT, Priority.HIGH, Priority.NORMAL, Priority.LOW, Priority.LOW)
_URGENCIES = (Urgency.HIGH, Urgency.NORMAL, Urgency.LOW)
_IMPACTS = (Impact.HIGH, Impact.MEDIUM, Impact.LOW)
_TRUE = frozenset({"true", "1", "yes", "oui", "vrai"})
_FALSE = frozenset({"false", "0", "no", "non", "faux"})


def status(text: str, *, is_active: bool | None) -> tuple[Status, bool]:
    """Return the status of a state, and whether the state is known.

    One that waits for something is pending; of one that is not known, `active` tells most.
    """
    word = fold(text).strip()
    if word in STATES:
        return STATES[word], True
    if word.startswith(("awaiting", "waiting", "pending", "on hold", "en attente")):
        return Status.PENDING, True
    return (Status.CLOSED if is_active is False else Status.IN_PROGRESS), False


def pending_reason(*texts: str) -> PendingReason:
    """Return what a state and its reason say that is waited for; the requester, if nothing."""
    told = fold(" ".join(texts))
    return next((r for word, r in REASONS.items() if word in told), PendingReason.REQUESTER)


def channel(text: str) -> Channel:
    """Return the channel of a contact type; a portal, a chat or a visit is the web."""
    return CHANNELS.get(fold(text).strip(), Channel.WEB)


def priority(text: str) -> Priority | None:
    """Return a priority: “1 - Critical”, “1” or “Critical”; None when it says none."""
    place = _place(text, first=1)
    return _PRIORITIES[place - 1] if place and place <= len(_PRIORITIES) else None


def urgency(text: str) -> Urgency | None:
    """Return an urgency; ServiceNow has three, from “1 - High” on."""
    place = _place(text, first=2)
    return _URGENCIES[place - 1] if place and place <= len(_URGENCIES) else None


def impact(text: str) -> Impact | None:
    """Return an impact: three, from “1 - High” on."""
    place = _place(text, first=2)
    return _IMPACTS[place - 1] if place and place <= len(_IMPACTS) else None


def truth(text: str) -> bool | None:
    """Return what a yes or no says, None when it says neither."""
    word = fold(text).strip()
    return True if word in _TRUE else False if word in _FALSE else None


def count(text: str) -> int | None:
    """Return a counter, None when there is none; spaces part thousands."""
    digits = "".join(text.split())
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) < 9 else None


def _place(text: str, *, first: int) -> int:
    """Return the rank of a level, counted from one; `first` is the word that has rank one."""
    word = fold(text).strip()
    if word[:1].isdecimal() and word[:1].isascii() and not word[1:2].isdecimal():
        return int(word[0])
    return max(0, _LEVELS.get(word, 0) - first + 1)
