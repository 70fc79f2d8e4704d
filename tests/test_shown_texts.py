"""No text reaches a page or a refusal past the catalogue: read from the code itself."""

import ast
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
_NO_TEXT = {"add_head_html", "element", "page"}  # of NiceGUI: what they take is never read
_SHOWN_BY_METHOD = {"tooltip", "set_text", "tell", "notify", "page_title"}
_SHOWN_BY_NAME = {
    "aria_description", "aria_label", "alt", "label", "placeholder", "text", "title", "summary",
}  # fmt: skip
_OWN = {  # functions of ours whose first texts are shown
    "headings.page", "headings.part", "document", "dialogs.titled", "dialogs.form",
    "dialogs.confirm", "dialogs.person", "fields.text", "fields.prose", "fields.Choice",
    "marks.empty", "_page", "_field", "_row", "_part", "_small", "_button", "_tool", "_pencil",
}  # fmt: skip
_SAME_EVERYWHERE = {"AppTicket", " · AppTicket", "Ctrl + Enter", "https://"}
# Calls that take keys and not texts in these places.
_KEYS = {"_small": {0, 1, 3}, "_button": {0}, "_tool": {0, 1, 3}, "_pencil": {0}, "_field": {0}}


@pytest.mark.parametrize(
    "path",
    [p for folder in ("ui", "services") for p in sorted((ROOT / folder).rglob("*.py"))],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_nothing_is_shown_that_cannot_be_translated(path: Path) -> None:
    assert list(literals(ast.parse(path.read_text()))) == []


def test_a_text_past_the_catalogue_is_found() -> None:
    code = """
from htpy import div, span
ui.label("Hello")
ui.button(f"Add {name}", on_click=act)
div(".card", aria_label="Card")[span["Text"], _("fine"), [p for p in []] or "Nothing"]
button(".x")[icon("plus"), a and "More"]
fields.text("Name", value, name="name")
self._do.tell("Done")
raise Invalid({"title": "Wrong."})
class Gone(DomainError):
    sentence = "It is gone."
"""
    found = [text for _line, text in literals(ast.parse(code))]

    assert set(found) == {
        "Hello", "Add ", "Card", "Text", "Nothing", "More", "Name", "Done", "Wrong.", "It is gone.",
    }  # fmt: skip


def literals(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Find the texts that reach a page or a refusal without going through the catalogue."""
    tags = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "htpy"
        for alias in node.names
    } | {"button"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from _in_call(node)
        elif isinstance(node, ast.Subscript) and _is_element(node.value, tags):
            yield from _said(node.slice)
        elif isinstance(node, ast.ClassDef):
            yield from _in_class(node)


def _in_call(call: ast.Call) -> Iterator[tuple[int, str]]:
    name = ast.unparse(call.func)
    last = name.rpartition(".")[2]
    shown: Sequence[ast.expr] = ()
    if re.fullmatch(r"ui\.\w+", name) and last not in _NO_TEXT:
        shown = call.args
    elif name in _OWN:
        keys = _KEYS.get(last, {2, 3, 4})
        shown = [given for place, given in enumerate(call.args) if place not in keys]
    elif last in _SHOWN_BY_METHOD:
        shown = call.args[:1]
    elif last == "Invalid" and call.args and isinstance(call.args[0], ast.Dict):
        shown = call.args[0].values
    for part in (*shown, *(k.value for k in call.keywords if k.arg in _SHOWN_BY_NAME)):
        yield from _said(part)


def _in_class(kind: ast.ClassDef) -> Iterator[tuple[int, str]]:
    for part in kind.body:
        if isinstance(part, ast.Assign | ast.AnnAssign) and part.value:
            target = part.targets[0] if isinstance(part, ast.Assign) else part.target
            if isinstance(target, ast.Name) and target.id == "sentence":
                yield from _said(part.value)


def _is_element(node: ast.expr, tags: set[str]) -> bool:
    """Tell whether `node[…]` gives children to an element of htpy: `p[…]` or `p(".x")[…]`."""
    named = node.func if isinstance(node, ast.Call) else node
    return isinstance(named, ast.Name) and named.id in tags


def _said(node: ast.expr) -> Iterator[tuple[int, str]]:
    """Find the words in what is shown; what a call or a name stands for is looked at elsewhere."""
    text = node.value if isinstance(node, ast.Constant) else None
    if isinstance(text, str) and re.search(r"[^\W\d_]", text) and text not in _SAME_EVERYWHERE:
        yield node.lineno, text
    for part in _parts(node):
        yield from _said(part)


def _parts(node: ast.expr) -> Sequence[ast.expr]:
    match node:
        case ast.JoinedStr(values=parts) | ast.BoolOp(values=parts):
            return parts
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            return parts
        case ast.IfExp(body=one, orelse=two) | ast.BinOp(left=one, right=two):
            return one, two
        case ast.Starred(value=one) | ast.ListComp(elt=one) | ast.GeneratorExp(elt=one):
            return (one,)
    return ()
