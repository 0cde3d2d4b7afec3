"""What everybody may read: notices that hang now, with people behind masks."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from yanzhen.kernel.errors import NotFound
from yanzhen.kernel.scope.api import system
from yanzhen.kernel.ui import components as c
from yanzhen.procedures.documents import pdf
from yanzhen.procedures.documents.papers import masked
from yanzhen.procedures.selectors import hanging as found_in
from yanzhen.procedures.web import pages
from yanzhen.procedures.web.fields import said, value_words
from yanzhen.procedures.web.papers import PEOPLE


def posting_page(pk: int, on: date) -> dict[str, Any]:
    """A notice while it hangs; afterwards, and for restricted cases, it is not found."""
    posting = found_in.posting_for(pk, on)
    if posting is None:
        raise NotFound("procedures.posting.none", "没有这份公示，或公示期已过。")
    case, definition, data = found_in.case_of(posting)
    viewer = system("public")
    names = []
    facts = []
    for field in definition.fields:
        value = data.get(field.key)
        if value in (None, "", []):
            continue
        if field.type in PEOPLE:
            names += found_in.person_names(value if isinstance(value, list) else [value])
            facts.append((field, "、".join(found_in.person_names(value if isinstance(value, list) else [value]))))
        elif field.personal:
            names.append(str(value))
        else:
            facts.append((field, value_words(field, value, viewer)))
    address = f"{settings.YANZHEN.base_url.rstrip('/')}{reverse('posting', args=[posting.pk])}"
    return {
        "posting": posting,
        "unit": case.unit.name,
        "title": masked(case.title, names),
        "procedure": said(definition.title),
        "text": masked(posting.words, names),
        "facts": [
            *(c.AnswerRow(said(field.title), masked(words, names)) for field, words in facts),
            c.AnswerRow(
                _("公示时间"), _("%(first)s 至 %(last)s") % {"first": posting.put_up_on, "last": posting.until}
            ),
            c.AnswerRow(_("公示地点"), posting.where),
            c.AnswerRow(_("依据"), posting.basis),
        ],
        "qr": pages.safe(pdf.qr(address).replace("<svg ", '<svg class="ypc-qr" role="img" aria-label="QR" ', 1)),
        "address": address,
    }
