"""Templates of administrators: only names, choices and a few filters; nothing loops (R-21).

What a template may consist of is listed, so neither a loop nor a walk through attributes has to be
found and stopped while it runs: the work grows with the template and the values alone.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from services.errors import Invalid
from services.words import N_

LONGEST = 64_000  # characters of a template
LONGEST_RESULT = 256_000
FILTERS = ("upper", "lower", "capitalize", "trim", "truncate")
_ALLOWED = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.If,
    nodes.CondExpr, nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.Filter,
    nodes.Concat,
)  # fmt: skip
_ONE_BRACE = re.compile(r"(?<!\{)\{\s*([A-Za-z_][\w.]*)\s*\}(?!\})")
_SYNTAX = N_("Line {line}: this is not complete, or a sign is missing.")
_NOT_ALLOWED = N_(
    "Line {line}: only names in double braces, “if” and the filters {filters} can be used."
)
_UNKNOWN = N_("Line {line}: “{name}” is not one of the names that can be used here.")
_BRACES = N_("Line {line}: write {name} in double braces.")
_TOO_LONG = N_("This is too long, or becomes too long when it is filled in.")

Finish = Callable[[object], str]


class Unusable(Exception):
    """A template that cannot be filled in."""


def check(field: str, source: str, names: Mapping[str, str]) -> None:
    """Refuse a template that could do anything but put values in their places.

    `names` are those that can be used, with values to try.

    Raises:
        Invalid: for `field`, with the line and what to mend.
    """
    if len(source) > LONGEST:
        raise Invalid({field: _TOO_LONG})
    try:
        for line, sentence, facts in _mistakes(_environment(str).parse(source), names):
            raise Invalid({field: sentence}, line=line, **facts)
        fill(source, names)
    except TemplateSyntaxError as error:
        raise Invalid({field: _SYNTAX}, line=error.lineno) from None
    except (Unusable, RecursionError, SyntaxError, MemoryError):
        raise Invalid({field: _TOO_LONG}) from None


def fill(source: str, values: Mapping[str, str], finish: Finish = str) -> str:
    """Put values in their places; each passes through `finish` after its filters.

    Raises:
        Unusable: the template is of another version, or the result is too long.
    """
    try:
        pieces: list[str] = []
        length = 0
        for piece in _compiled(source, finish).generate(values):
            pieces.append(piece)
            length += len(piece)
            if length > LONGEST_RESULT:
                raise Unusable
    except (TemplateError, RecursionError, SyntaxError) as error:
        raise Unusable(str(error)) from error
    return "".join(pieces)


@lru_cache(maxsize=500)
def _compiled(source: str, finish: Finish) -> Template:
    environment = _environment(finish)
    for _mistake in _mistakes(environment.parse(source), None):
        raise Unusable
    return environment.from_string(source)


@lru_cache(maxsize=8)
def _environment(finish: Finish) -> ImmutableSandboxedEnvironment:
    made = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined, autoescape=False, finalize=finish, keep_trailing_newline=True
    )
    made.globals.clear()
    made.filters = {name: made.filters[name] for name in FILTERS}
    made.tests.clear()
    return made


def _mistakes(
    tree: nodes.Template, names: Mapping[str, str] | None
) -> Iterator[tuple[int, str, dict[str, object]]]:
    """Find what may not stand in a template, from its first line on."""
    for node in _all(tree):
        if not isinstance(node, _ALLOWED) or _is_too_much(node):
            yield node.lineno, _NOT_ALLOWED, {"filters": ", ".join(FILTERS)}
        elif isinstance(node, nodes.Name) and names is not None and node.name not in names:
            yield node.lineno, _UNKNOWN, {"name": node.name}
        elif isinstance(node, nodes.TemplateData) and (found := _ONE_BRACE.search(node.data)):
            line = node.lineno + node.data[: found.start()].count("\n")
            yield line, _BRACES, {"name": found[1]}


def _is_too_much(node: nodes.Node) -> bool:
    """Tell whether a name is written to, or a filter is none of ours or asked for too much."""
    if isinstance(node, nodes.Name):
        return node.ctx != "load"
    if isinstance(node, nodes.Filter):
        return node.name not in FILTERS or bool(node.kwargs or node.dyn_args or node.dyn_kwargs)
    return False


def _all(tree: nodes.Node) -> Iterator[nodes.Node]:
    """Return every node; deep ones are refused by the parser before."""
    yield tree
    for node in tree.iter_child_nodes():
        yield from _all(node)
