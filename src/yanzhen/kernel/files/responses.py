"""Handing files out. The owning module has checked the viewer's scope before it calls this."""

from __future__ import annotations

from django.http import FileResponse, HttpResponse
from django.utils.http import content_disposition_header

from yanzhen.kernel.files.domain import INLINE
from yanzhen.kernel.files.models import StoredFile
from yanzhen.kernel.files.services import open_file

_SHUT = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'; sandbox"


def _harden(response: FileResponse | HttpResponse) -> None:
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = _SHUT
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["Cache-Control"] = "private, no-store"


def response(stored: StoredFile, *, as_attachment: bool = False) -> FileResponse:
    """The file as a response. Only re-encoded pictures and PDF are ever shown in the page; all else is downloaded, and
    nothing is served as HTML."""
    inline = not as_attachment and stored.mime in INLINE
    answer = FileResponse(open_file(stored), content_type=stored.mime, as_attachment=not inline, filename=stored.name)
    answer["Content-Length"] = str(stored.size)
    _harden(answer)
    return answer


def bytes_response(content: bytes, name: str, mime: str) -> HttpResponse:
    """Content made on the spot (an export) as a download."""
    answer = HttpResponse(content, content_type=mime)
    disposition = content_disposition_header(True, name)
    if disposition:
        answer["Content-Disposition"] = disposition
    _harden(answer)
    return answer
