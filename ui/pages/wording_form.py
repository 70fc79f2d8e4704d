"""The editor of what messages say, with a look at what people would get."""

from typing import Any

from htpy import code, dd, details, dl, dt, summary
from nicegui import ui

from services import wordings
from services.errors import DomainError, Invalid
from services.template_words import LABELS, SMS_VARIABLES, VARIABLES
from services.wordings import Preview, Wording
from services.words import LANGUAGES, _
from ui.door import Door, Place
from ui.fragments import previews
from ui.fragments.base import Fragment
from ui.gate import ENDONYMS
from ui.widgets import dialogs, fields, headings

FIRST = "created"  # the kind that is shown first


class WordingForm:
    """The words of one kind and language at a time, in one browser."""

    def __init__(self, do: Door, wording: Wording, preview: Preview) -> None:
        self._do = do
        self._place = Place(do)
        self._wording = wording
        self._first = preview

    def build(self) -> None:
        """Draw the editor and the preview beside it."""
        headings.part(_("What messages say"))
        with ui.element("div").classes("filters"):
            self._kind = fields.Choice(_("Message"), self._kinds(), FIRST, name="wording-kind")
            spoken = [(tag, ENDONYMS[tag]) for tag in LANGUAGES]
            self._language = fields.Choice(
                _("Language"), spoken, self._do.language, name="wording-language"
            )
            for choice in (self._kind, self._language):
                choice.on_choice(self._chosen)
        with ui.element("div").classes("columns"):
            with ui.element("div").classes("form"):
                self._drawn = self._controls()
                with ui.element("div").classes("form-buttons"):
                    ui.button(_("Save"), on_click=self._save).props("data-testid=save-wording")
                    reset = ui.button(_("Back to the original words"), on_click=self._reset)
                    self._back = reset.props("flat data-testid=reset-wording")
                self._back.set_visibility(bool(self._wording.own))
                Fragment(_names())
            self._preview = Fragment(previews.preview(self._first.email, self._first.sms))

    def _controls(self) -> dict[str, Any]:
        drawn: dict[str, Any] = {
            "subject": fields.text(_("Subject"), self._wording.subject, name="wording-subject"),
            "body": fields.prose(_("E-mail"), self._wording.body, name="wording-body"),
            "sms": fields.prose(_("SMS"), self._wording.sms, name="wording-sms"),
        }
        for field in drawn.values():
            field.props("debounce=300").on_value_change(self._try)
        return drawn

    def _kinds(self) -> list[tuple[str, str]]:
        return [(kind, _(called)) for kind, called in LABELS.items()]

    @property
    def _asked(self) -> tuple[str, str, dict[str, str]]:
        """Return the kind and language that are chosen, and the words."""
        words = {name: field.value or "" for name, field in self._drawn.items()}
        return self._kind.value, self._language.value, words

    async def _chosen(self) -> None:
        key = self._kind.value, self._language.value
        if wording := await self._place.look(wordings.get, *key):
            self._present(wording)

    def _present(self, wording: Wording) -> None:
        self._wording = wording
        for name, field in self._drawn.items():
            field.error = None
            field.set_value(getattr(wording, name))
        self._back.set_visibility(bool(wording.own))

    async def _try(self) -> None:
        """Show what people would get, or what is wrong beside the field."""
        kind, language, values = asked = self._asked
        try:
            preview = await self._do.see(wordings.preview, kind, language, **values)
        except Invalid as refusal:
            if asked == self._asked:
                fields.show_problems(self._drawn, refusal)
            return
        except DomainError as refusal:
            self._do.tell(refusal.say())
            return
        if asked == self._asked and not self._preview.is_deleted:
            fields.show_problems(self._drawn, Invalid({}))
            self._preview.show(previews.preview(preview.email, preview.sms))

    async def _save(self) -> None:
        kind, language, values = self._asked
        try:
            wording = await self._do.attempt(wordings.save, kind, language, **values)
        except Invalid as refusal:
            fields.show_problems(self._drawn, refusal)
        except DomainError as refusal:
            self._do.tell(refusal.say())
        else:
            self._present(wording)
            self._do.tell(_("The words are saved: the next message bears them."), good=True)

    async def _reset(self) -> None:
        title = _("Go back to the original words?")
        text = _("Your own words for this message are lost.")
        if not await dialogs.confirm(title, text, _("Back to the original words")):
            return
        key = self._kind.value, self._language.value
        if wording := await self._do(wordings.reset, *key):
            self._present(wording)


def _names() -> str:
    """List what can be written in a message, and what it stands for."""
    return str(
        details[
            summary[_("What can be put in")],
            dl(".names")[
                [
                    (
                        dt[code["{{ " + name + " }}"]],
                        dd[_(about), name in SMS_VARIABLES and f" · {_('also in SMS')}"],
                    )
                    for name, about in VARIABLES.items()
                ]
            ],
        ]
    )
