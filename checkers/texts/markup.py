"""Markdown and HTML: headings, visible text, and what would act if somebody opened it.

Nothing is rendered. Call it in the jail only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from markdown_it import MarkdownIt
from selectolax.lexbor import LexborHTMLParser

if TYPE_CHECKING:
    from collections.abc import Iterator

    from selectolax.lexbor import LexborNode

_ACTIVE: Final = frozenset(
    {"script", "iframe", "frame", "object", "embed", "applet", "base", "portal", "meta"}
)
_UNSEEN: Final = frozenset({"script", "style", "template", "noscript", "head", "title"})
_HEADINGS: Final = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_LOADING: Final = frozenset(
    {"src", "srcset", "poster", "data", "background", "action", "formaction", "xlink:href"}
)
_LINKING: Final = frozenset({"href", *_LOADING})
_SCRIPTED: Final = re.compile(r"(?:javascript|vbscript|data:(?!image/(?:png|jpeg|gif|webp))):?")
_REMOTE: Final = re.compile(r"(?:https?:|ftp:|//)")
_STYLE_URL: Final = re.compile(
    r"url\(\s*[\"']?\s*(?:https?:|//)|@import|expression\(", re.IGNORECASE
)
_TAG: Final = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9:-]{0,63})")
_SELF_ENDING: Final = frozenset(
    {
        "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source",
        "track", "wbr", "p", "li", "dt", "dd", "tr", "td", "th", "option",
    }
)  # fmt: skip
MAX_NESTING: Final = 1000
_SPACE: Final = re.compile(r"[\x00-\x20]+")


@dataclass(slots=True)
class Markup:
    """What was found: headings in order, the visible text, and faults by category."""

    headings: list[str] = field(default_factory=list)
    visible: str = ""
    faults: dict[str, list[str]] = field(default_factory=dict)

    def report(self, category: str, what: str) -> None:
        """Add a fault; the same one is told once."""
        told = self.faults.setdefault(category, [])
        if what not in told:
            told.append(what)

    def add(self, other: Markup) -> None:
        """Take over the faults of a part."""
        for category, faults in other.faults.items():
            for fault in faults:
                self.report(category, fault)


def read_markdown(text: str) -> Markup:
    """Read CommonMark with tables. Raw HTML is judged as HTML, and reported."""
    found = Markup(visible=text)
    raw = []
    heading = False
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        if heading:
            found.headings.append(token.content)
        heading = token.type == "heading_open"
        for part in (token, *(token.children or ())):
            if part.type in ("html_block", "html_inline"):
                raw.append(part.content)
            if part.type == "image" and _REMOTE.match(str(part.attrs.get("src", "")).lower()):
                found.report("external", "an image from elsewhere")
    if raw:
        found.report("raw_html", "raw HTML")
        found.add(read_html("\n".join(raw)))
    return found


def read_html(text: str) -> Markup:
    """Read HTML as a browser would, but not deeper than `MAX_NESTING`."""
    found = Markup()
    if _too_deep(text):  # the parser's time grows with the square of the depth
        found.report("format", f"elements nested more than {MAX_NESTING} levels deep")
        return found
    visible = []
    root = LexborHTMLParser(text).root
    for node in _nodes(root):
        tag = node.tag or ""
        if tag == "-text":
            visible.append(node.text_content or "")
        elif tag in _HEADINGS:
            found.headings.append(node.text(deep=True))
        _judge(tag, node, found)
    found.visible = " ".join(visible)
    return found


def _too_deep(text: str) -> bool:
    depth = 0
    for tag in _TAG.finditer(text):
        if tag[2].lower() not in _SELF_ENDING:
            depth = max(0, depth - 1) if tag[1] else depth + 1
            if depth > MAX_NESTING:
                return True
    return False


def _nodes(root: LexborNode | None) -> Iterator[LexborNode]:
    """All nodes but those inside of elements that are not shown."""
    if root is None:
        return
    for node in root.traverse(include_text=True):
        parent = node.parent
        if node.tag == "-text" and parent is not None and parent.tag in _UNSEEN:
            continue
        yield node


def _judge(tag: str, node: LexborNode, found: Markup) -> None:
    attributes = {name.lower(): value or "" for name, value in node.attributes.items()}
    if tag in _ACTIVE and not (tag == "meta" and "http-equiv" not in attributes):
        found.report("script", f"the element {tag}")
    if tag == "style" and _STYLE_URL.search(node.text(deep=True)):
        found.report("external", "a style that loads from elsewhere")
    for name, value in attributes.items():
        address = _SPACE.sub("", value).lower()
        if name.startswith("on") or name == "srcdoc":
            found.report("script", f"the attribute {name[:32]}")
        elif name in _LINKING and _SCRIPTED.match(address):
            found.report("script", f"a script as the address of {name}")
        elif _REMOTE.match(address) and (name in _LOADING or (name == "href" and tag == "link")):
            found.report("external", f"{name} of the element {tag[:32]} from elsewhere")
        elif name == "style" and _STYLE_URL.search(value):
            found.report("external", "a style that loads from elsewhere")
