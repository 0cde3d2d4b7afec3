"""Both languages are complete, and nothing on a page speaks one only."""

from __future__ import annotations

import ast
import re
from functools import cache

import polib
import pytest

from tests.guards.source import PACKAGE, python_files, shown, tree

CHINESE = re.compile(r"[\u4e00-\u9fff]")
ERRORS = {"DomainError", "NotAllowed", "NotFound", "Conflict"}


@cache
def catalogue() -> dict[str, str]:
    """All English entries of all modules."""
    found: dict[str, str] = {}
    for path in PACKAGE.rglob("locale/en/LC_MESSAGES/django.po"):
        for entry in polib.pofile(str(path)):
            if entry.msgid_plural:
                found[entry.msgid] = "|".join(entry.msgstr_plural.values())
            else:
                found[entry.msgid] = entry.msgstr
    return found


def _gettext_calls() -> list[tuple[str, str]]:
    found = []
    names = {"_", "gettext", "gettext_lazy", "ngettext", "pgettext", "_lazy", "_n"}
    for path in python_files():
        for node in ast.walk(tree(path)):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            takes = (
                node.args[:1] if name in names else node.args[1:2] if name in ERRORS or name.endswith("Error") else []
            )
            for arg in takes:
                assert not isinstance(arg, ast.JoinedStr) or name not in names, (
                    f"{shown(path)}:{node.lineno}: f-string in _()"
                )
                if isinstance(arg, ast.Constant) and isinstance(arg.value, str) and CHINESE.search(arg.value):
                    found.append((arg.value, f"{shown(path)}:{node.lineno}"))
    return found


def _template_words() -> list[tuple[str, str]]:
    found = []
    single = re.compile(r"""{%\s*(?:translate|trans)\s+(?P<q>["'])(?P<text>.*?)(?P=q)""")
    for path in sorted(PACKAGE.rglob("*.html")):
        texts = [match["text"] for match in single.finditer(path.read_text(encoding="utf-8"))]
        found += [(text, shown(path)) for text in texts if CHINESE.search(text)]
    return found


def test_english_is_complete() -> None:
    words = catalogue()
    missing = sorted({(text, where) for text, where in _gettext_calls() + _template_words() if not words.get(text)})
    assert not missing, f"{len(missing)} without English: {missing[:12]}"


def test_translations_keep_their_fields() -> None:
    field = re.compile(r"%\(\w+\)[sd]|{\w*}")
    wrong = [text for text, english in catalogue().items() if english and "|" not in english
             and sorted(field.findall(text)) != sorted(field.findall(english))]  # fmt: skip
    assert not wrong, wrong[:10]


def _bare(text: str) -> list[str]:
    """Chinese in a template outside comments, tags and translation blocks."""
    text = re.sub(r"{% comment %}.*?{% endcomment %}|{#.*?#}|<!--.*?-->", "", text, flags=re.S)
    text = re.sub(r"{%\s*blocktrans(?:late)?.*?{%\s*endblocktrans(?:late)?\s*%}", "", text, flags=re.S)
    text = re.sub(r"{%.*?%}|{{.*?}}", "", text, flags=re.S)
    return CHINESE.findall(text)


#: Names that are the same in every language: the product, and languages in their own words.
SAME = set("雁阵中文简体")


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.html")), ids=shown)
def test_templates_hold_no_untranslated_words(path) -> None:  # type: ignore[no-untyped-def]
    assert not [char for char in _bare(path.read_text(encoding="utf-8")) if char not in SAME]


def test_block_translations_are_complete() -> None:
    words = catalogue()
    missing = []
    block = re.compile(r"{%\s*blocktrans(?:late)?(?P<head>[^%]*)%}(?P<body>.*?){%\s*endblocktrans(?:late)?\s*%}", re.S)
    for path in sorted(PACKAGE.rglob("*.html")):
        for match in block.finditer(path.read_text(encoding="utf-8")):
            body = re.split(r"{%\s*plural\s*%}", match["body"])[0]
            if "trimmed" in match["head"]:
                body = " ".join(line.strip() for line in body.strip().splitlines())
            text = re.sub(r"{{\s*(\w+)\s*}}", r"%(\1)s", body)
            if CHINESE.search(text) and not words.get(text):
                missing.append((text[:60], shown(path)))
    assert not missing, missing[:12]
