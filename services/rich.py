"""What people write, made safe: Markdown on the server, through an allow-list (R-5)."""

from collections.abc import Mapping
from functools import lru_cache

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup

_TAGS = {
    "a", "blockquote", "br", "code", "del", "em", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p",
    "pre", "s", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
_ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}}
_SCHEMES = {"http", "https", "mailto", "tel"}
_reader = MarkdownIt("commonmark", {"html": False, "breaks": True, "maxNesting": 20}).enable(
    ["table", "strikethrough"]
)
_LONGEST = 64_000


@lru_cache(maxsize=2000)
def rich(text: str) -> Markup:
    """Return Markdown as HTML that may stand in a page; images and raw HTML do not pass."""
    return _cleaned(text, {"a": {"target": "_blank"}})


def styled(text: str, styles: Mapping[str, str]) -> Markup:
    """Return the same with a style on each tag named, as mail programs want it."""
    return _cleaned(text, {tag: {"style": style} for tag, style in styles.items()})


def _cleaned(text: str, attributes: dict[str, dict[str, str]]) -> Markup:
    html = _reader.render(text[:_LONGEST])
    for heading in ("h1", "h2"):
        html = html.replace(f"<{heading}>", "<h3>").replace(f"</{heading}>", "</h3>")
    clean = nh3.clean(
        html,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes=_SCHEMES,
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values=attributes,
    )
    return Markup(clean)  # noqa: S704 - this is the sanitiser
