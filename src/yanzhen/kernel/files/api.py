"""Door of files: ``store`` an upload, keep a foreign key to its row, and after your own scope check ``response`` it."""

from yanzhen.kernel.files.domain import DOCUMENTS, IMAGES, WORKBOOKS, size_words
from yanzhen.kernel.files.models import StoredFile
from yanzhen.kernel.files.responses import bytes_response, response
from yanzhen.kernel.files.services import content, damaged, declare_purpose, open_file, store, use_scanner

__all__ = [
    "DOCUMENTS", "IMAGES", "WORKBOOKS", "StoredFile", "bytes_response", "content", "damaged", "declare_purpose", "open_file",
    "response", "size_words", "store", "use_scanner",
]  # fmt: skip
