"""Reads pages as a browser would, and tells what is wrong with them."""

from __future__ import annotations

from html.parser import HTMLParser

_VOID = {"meta", "link", "input", "br", "img", "hr"}
_WITHIN_A_LINE = {"a", "b", "code", "i", "small", "span", "svg", "use"}
_TYPED_INTO = {"input", "select", "textarea", "progress"}


class Page(HTMLParser):
    """The elements of a page: ids, labels, links, buttons, and what refers to what."""

    def __init__(self, html):
        super().__init__()
        self.ids, self.labels, self.fields, self.named = [], set(), [], []
        self.links, self.buttons, self.text, self._open = [], [], [], []
        self.problems = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.text.append("" if tag in _WITHIN_A_LINE else " ")
        if tag not in _VOID:
            self._open.append(tag)
        self.ids += [given["id"]] if given.get("id") else []
        for name in ("aria-labelledby", "aria-describedby"):
            self.named += given.get(name, "").split()
        if tag == "label":
            self.labels.add(given.get("for"))
        if tag in _TYPED_INTO and given.get("type") != "hidden":
            self.fields.append(given)
        if tag == "a":
            self.links.append(given.get("href"))
        if tag == "button":
            self.buttons.append(given)
        if tag == "svg" and "aria-hidden" not in given and given.get("role") != "img":
            self.problems.append("a drawing that says neither what it shows nor to be skipped")

    def handle_endtag(self, tag):
        if tag in _VOID:
            return
        if not self._open or self._open.pop() != tag:
            self.problems.append(f"{tag} is closed where it was not open")

    def handle_startendtag(self, tag, attributes):
        # Only within drawings: elsewhere the slash means nothing.
        self.handle_starttag(tag, attributes)
        if tag not in _VOID:
            self.handle_endtag(tag)

    def handle_data(self, data):
        self.text.append(data)

    def wrongs(self):
        """List what is wrong, as sentences."""
        twice = sorted({name for name in self.ids if self.ids.count(name) > 1})
        return [
            *self.problems,
            *(f"open to the end: {tag}" for tag in self._open),
            *(f"id twice: {name}" for name in twice),
            *(f"nothing has the id {name}" for name in self.named if name not in self.ids),
            *(f"no label: {field}" for field in self.fields if not self._is_labelled(field)),
            *(f"leads nowhere: {link}" for link in self.links if not link),
            *(
                f"does not say why it cannot be pressed: {button}"
                for button in self.buttons
                if "disabled" in button and "aria-describedby" not in button
            ),
        ]

    def said(self):
        """Return the text of the page, with single spaces."""
        return " ".join("".join(self.text).split())

    def _is_labelled(self, field):
        return field.get("id") in self.labels or "aria-label" in field


def read(response):
    return Page(response.content.decode())
