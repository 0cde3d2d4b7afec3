"""Door of messages: ``send`` in the writing transaction; everything outside the platform follows by itself."""

from yanzhen.kernel.notify.channels import Channel, Directory, Message, directory
from yanzhen.kernel.notify.selectors import inbox, unread_count
from yanzhen.kernel.notify.services import Draft, declare_kind, kinds, send, send_many

__all__ = [
    "Channel", "Directory", "Draft", "Message", "declare_kind", "directory", "inbox", "kinds", "send", "send_many",
    "unread_count",
]  # fmt: skip
