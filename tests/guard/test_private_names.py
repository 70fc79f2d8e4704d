"""The private names of NiceGUI that we lean on: an upgrade that moves one fails here, by name."""

import ast
import inspect
from pathlib import Path

import nicegui
import pytest
from nicegui import Client, core, helpers, observables, ui
from nicegui.element import Element
from nicegui.elements.sub_pages import SubPages
from nicegui.props import Props
from nicegui.sub_pages_router import SubPagesRouter

import ui as our_ui
from ui import signatures

# Where we use it, and what for.
USED = {
    "_socket_to_document_id": "sockets.py: which sockets did the handshake of a page",
    "_props": "fragments: change a property without sending it; data-upload of a file zone",
    "_render_page": "shell.py: the guard of each navigation inside the frame",
    "_to_dict": "fragments: HTML put together only when it is sent",
    "_handle_delete": "live.py, autosave.py: what ends with an element",
}


def parameters(function: object) -> list[str]:
    return list(inspect.signature(function).parameters)  # type: ignore[arg-type]


def test_the_version_is_the_one_the_names_were_read_in() -> None:
    assert nicegui.__version__.startswith("3.18.")


def test_a_handshake_is_accepted_by_a_method_that_we_replace() -> None:
    from ui import sockets  # noqa: PLC0415 - it keeps the original when it is imported

    assert parameters(sockets._accept) == ["self", "socket_id", "tab_id", "environ"]
    assert parameters(sockets._handle) == ["self", "msg"]
    assert "self._socket_to_document_id" in inspect.getsource(Client.__init__)
    assert isinstance(Client.instances, dict)
    assert isinstance(Client.has_socket_connection, property)


def test_socket_messages_have_the_handlers_that_we_wrap() -> None:
    handlers = core.sio.handlers["/"]

    assert set(handlers) == {
        "ack",
        "connect",
        "disconnect",
        "event",
        "handshake",
        "javascript_response",
        "log",
    }
    for name in ("ack", "event", "javascript_response", "log"):
        original = getattr(handlers[name], "unguarded", handlers[name])
        assert len(parameters(original)) == 2


def test_pages_inside_the_frame_are_drawn_by_methods_that_we_extend() -> None:
    assert parameters(SubPages._render_page) == ["self", "match"]
    assert parameters(SubPages._render_404) == ["self"]
    assert len(parameters(SubPages._render_error)) == 2
    assert "self._router" in inspect.getsource(SubPages.__init__)
    for name in ("is_initial_request", "current_path"):
        assert f"self.{name} = " in inspect.getsource(SubPagesRouter.__init__)
    assert parameters(SubPagesRouter.on_path_changed) == ["self", "handler"]


def test_an_element_tells_when_it_is_deleted_and_how_it_is_sent() -> None:
    assert parameters(Element._handle_delete) == ["self"]
    assert parameters(Element._to_dict) == ["self"]
    assert parameters(Props.suspend_updates) == ["self"]
    assert "self._props" in inspect.getsource(Element.__init__)
    assert ui.html.CONTENT_PROP == "innerHTML"


def test_whether_a_method_wants_an_argument_is_remembered_as_nicegui_finds_it() -> None:
    class Handlers:
        def none(self) -> None: ...
        def one(self, event: object) -> None: ...
        def may(self, event: object = None, *more: object, **named: object) -> None: ...
        @classmethod
        def of_class(cls, event: object) -> None: ...
        @staticmethod
        def alone(event: object) -> None: ...

    handlers = Handlers()
    each = (handlers.none, handlers.one, handlers.may, handlers.of_class, handlers.alone)
    for _time in range(2):
        found = [signatures.expects_arguments(handler) for handler in each]
        assert found == [signatures._inspect(handler) for handler in each]
    assert found == [False, True, False, True, True]
    assert vars(observables)["helpers"] is helpers
    assert "helpers.expects_arguments(on_change)" in inspect.getsource(observables)


@pytest.mark.parametrize("name", ["window.did_handshake", "window.socket", "runMethod"])
def test_the_page_s_script_has_the_globals_that_our_snippets_use(name: str) -> None:
    folder = Path(nicegui.__file__).parent / "static"

    assert name in (folder / "nicegui.js").read_text()


def test_no_other_private_name_of_the_framework_is_used() -> None:
    found: dict[str, str] = {}
    extended = {name for name in dir(Element) + dir(SubPages) if _is_private(name)}
    for path in sorted(Path(our_ui.__file__).parent.rglob("*.py")):
        tree = ast.parse(path.read_text())
        ours = _defined(tree)
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and _is_private(node.attr):
                if node.attr not in ours:
                    found[node.attr] = path.name
            elif isinstance(node, ast.FunctionDef) and node.name in extended:
                found[node.name] = path.name

    assert set(found) - {"_router", "_render_404", "_render_error"} == set(USED), found


def _is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def _defined(tree: ast.Module) -> set[str]:
    """Return the private names a module gives to its own things."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            found.add(node.attr)
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            found.add(node.target.id)
    return found
