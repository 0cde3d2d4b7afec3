"""Door of encryption: fields, blind index, masks, keys."""

from yanzhen.kernel.crypto.domain import mask_id, mask_name, mask_phone
from yanzhen.kernel.crypto.fields import EncryptedTextField
from yanzhen.kernel.crypto.services import (
    KeyMissing,
    Tampered,
    add_key,
    blind_index,
    decrypt,
    encrypt,
    init_keys,
    retire_keys,
    rotate,
)

__all__ = [
    "EncryptedTextField", "KeyMissing", "Tampered", "add_key", "blind_index", "decrypt", "encrypt", "init_keys", "mask_id",
    "mask_name", "mask_phone", "retire_keys", "rotate",
]  # fmt: skip
