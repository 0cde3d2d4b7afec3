"""What a file is, by its content and never by its name; guards against bombs (plain Python, puremagic, Pillow)."""

from __future__ import annotations

import io
import re
import unicodedata
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import puremagic
from PIL import Image, ImageOps, UnidentifiedImageError

from yanzhen.kernel.errors import DomainError

MAX_PIXELS = 64_000_000
ZIP_MOST = 200 * 1024 * 1024  # unpacked
ZIP_RATIO = 150
ZIP_ENTRIES = 5000
NAME_LENGTH = 100


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of content that the platform takes."""

    code: str
    mime: str
    extensions: tuple[str, ...]


_OOXML = "application/vnd.openxmlformats-officedocument"
KINDS: Mapping[str, Kind] = {
    kind.code: kind
    for kind in (
        Kind("jpeg", "image/jpeg", (".jpg", ".jpeg")),
        Kind("png", "image/png", (".png",)),
        Kind("webp", "image/webp", (".webp",)),
        Kind("gif", "image/gif", (".gif",)),
        Kind("pdf", "application/pdf", (".pdf",)),
        Kind("docx", f"{_OOXML}.wordprocessingml.document", (".docx",)),
        Kind("xlsx", f"{_OOXML}.spreadsheetml.sheet", (".xlsx",)),
        Kind("ofd", "application/ofd", (".ofd",)),
        Kind("doc", "application/msword", (".doc", ".wps")),
        Kind("xls", "application/vnd.ms-excel", (".xls", ".et")),
        Kind("csv", "text/csv", (".csv",)),
        Kind("text", "text/plain", (".txt",)),
    )
}
IMAGES = ("jpeg", "png", "webp", "gif")
DOCUMENTS = ("pdf", "docx", "ofd", "doc", "text")
WORKBOOKS = ("xlsx", "xls", "csv")
# what a browser may show in the page: pictures that were re-encoded here, and PDF in its own viewer
INLINE = frozenset({"image/jpeg", "image/png", "image/webp", "application/pdf"})
_FORBIDDEN = (".html", ".htm", ".svg", ".xhtml", ".exe", ".dll", ".js", ".sh", ".swf", ".jar", ".apk")
_PACKED = {"xl/workbook.xml": "xlsx", "word/document.xml": "docx", "OFD.xml": "ofd"}
_MARKUP = re.compile(rb"^\s*<|<\s*(script|html|svg|iframe|body)\b", re.I)


def refuse(code: str, message: str, **data: object) -> DomainError:
    """A refusal of a file, bound to the field ``file``."""
    return DomainError(f"files.{code}", message, field="file", **data)


def kind_of(content: bytes, name: str) -> Kind:
    """The kind of the content; DomainError for anything that is not on the list. The name only decides between kinds that
    share a container (doc and xls) or have no mark of their own (csv and txt)."""
    if not content:
        raise refuse("empty", "文件是空的，请重新选择。")
    head = content[:16]
    if head.startswith(b"\xff\xd8\xff"):
        return KINDS["jpeg"]
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return KINDS["png"]
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return KINDS["webp"]
    if head.startswith((b"GIF87a", b"GIF89a")):
        return KINDS["gif"]
    if content[:1024].lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"%PDF-"):
        return KINDS["pdf"]
    if head.startswith(b"PK\x03\x04"):
        return _packed(content)
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return KINDS["xls" if _ending(name) in KINDS["xls"].extensions else "doc"]
    if head[4:8] == b"ftyp" and head[8:12] in (b"heic", b"heix", b"mif1", b"hevc"):
        raise refuse("heic", "这张照片是 HEIC 格式，请在手机设置里改为“兼容性最佳”（JPEG）后重拍或转换。")
    return _text(content, name)


def _packed(content: bytes) -> Kind:
    """A kind inside a ZIP container, after the bomb guard; no macros."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise refuse("broken", "文件已损坏，打不开。请重新导出后再传。") from error
    total = sum(entry.file_size for entry in entries)
    bomb = any(e.file_size > 1_000_000 and e.file_size > ZIP_RATIO * max(e.compress_size, 1) for e in entries)
    if len(entries) > ZIP_ENTRIES or total > ZIP_MOST or bomb:
        raise refuse("bomb", "文件解压后过大，不予接收。")
    names = {entry.filename for entry in entries}
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise refuse("macro", "文件含有宏，请另存为不含宏的格式（.xlsx、.docx）后再传。")
    for inner, code in _PACKED.items():
        if inner in names:
            return KINDS[code]
    raise refuse("kind", "不接收这种文件。请上传图片、PDF、Word、Excel 或文本文件。")


def _text(content: bytes, name: str) -> Kind:
    """Plain text by exclusion: no zero bytes, decodes, is no markup and no known binary."""
    start = content[:65536]
    if _MARKUP.search(start.removeprefix(b"\xef\xbb\xbf")[:4096]) or _known_as(start) in _FORBIDDEN:
        raise refuse("kind", "不接收这种文件。请上传图片、PDF、Word、Excel 或文本文件。")
    if b"\0" in start or not (_decodes(start, "utf-8") or _decodes(start, "gb18030")):
        raise refuse("kind", "不接收这种文件。请上传图片、PDF、Word、Excel 或文本文件。")
    return KINDS["csv" if _ending(name) == ".csv" else "text"]


def _known_as(content: bytes) -> str:
    """The extension that the signature library would give, "" when it knows none."""
    try:
        return str(puremagic.from_string(content[:4096])).lower()
    except (puremagic.PureError, ValueError):
        return ""


def _decodes(content: bytes, encoding: str) -> bool:
    try:
        content.decode(encoding)
    except UnicodeDecodeError as error:
        return error.start > len(content) - 5  # cut in the middle of a character
    return True


def _ending(name: str) -> str:
    dot = name.rfind(".")
    return name[dot:].lower() if dot > 0 else ""


def clean_name(name: str, kind: Kind) -> str:
    """A safe name for downloads: no folders, no control or direction characters, the right ending."""
    base = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
    base = "".join(c for c in base if unicodedata.category(c)[0] != "C" and c not in '<>:"|?*').strip(" .")
    ending = _ending(base)
    stem = base[: -len(ending)] if ending and len(ending) <= 6 else base
    stem = stem.strip(" .")[:NAME_LENGTH] or "文件"
    return stem + (ending if ending in kind.extensions else kind.extensions[0])


@dataclass(frozen=True, slots=True)
class Picture:
    """A re-encoded picture."""

    content: bytes
    kind: Kind
    width: int
    height: int


def reencode(content: bytes, kind: Kind, edge: int) -> Picture:
    """The picture drawn anew: turned the right way up, no longer than ``edge`` pixels, nothing but pixels kept (EXIF with
    place and device, thumbnails and comments are gone). A moving GIF becomes its first frame."""
    try:
        with Image.open(io.BytesIO(content), formats=["JPEG", "PNG", "WEBP", "GIF"]) as opened:
            if opened.width * opened.height > MAX_PIXELS:
                raise refuse("bomb", "图片像素过大，请缩小后再传。")
            turned = ImageOps.exif_transpose(opened)
            turned.thumbnail((edge, edge), Image.Resampling.LANCZOS)
            clear = turned.mode in ("RGBA", "LA", "PA") or "transparency" in turned.info
            plain = turned.convert("RGBA" if clear and kind.code != "jpeg" else "RGB")
            fresh = Image.frombytes(plain.mode, plain.size, plain.tobytes())
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise refuse("bomb", "图片像素过大，请缩小后再传。") from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise refuse("broken", "文件已损坏，打不开。请重新导出后再传。") from error
    code = "png" if kind.code == "gif" else kind.code
    out = io.BytesIO()
    if code == "png":
        fresh.save(out, "PNG", optimize=True)
    else:
        fresh.save(out, "JPEG" if code == "jpeg" else "WEBP", quality=85)
    return Picture(out.getvalue(), KINDS[code], fresh.width, fresh.height)


def allowed(kind: Kind, kinds: Iterable[str]) -> None:
    """DomainError unless the purpose takes this kind."""
    listed = tuple(kinds)
    if kind.code not in listed:
        endings = "、".join(KINDS[code].extensions[0] for code in listed)
        raise refuse("not_here", "这里只接收这些文件：{endings}。", endings=endings)


def size_words(size: int) -> str:
    """``1.4 MB``."""
    return f"{size / 1048576:.1f} MB" if size >= 1048576 else f"{max(size // 1024, 1)} kB"
