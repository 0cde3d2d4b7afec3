"""Door of encryption: fields, blind index, masks."""

from yanzhen.kernel.crypto.domain import mask_id, mask_name, mask_phone
from yanzhen.kernel.crypto.fields import EncryptedTextField
from yanzhen.kernel.crypto.services import blind_index, decrypt, encrypt

__all__ = ["EncryptedTextField", "blind_index", "decrypt", "encrypt", "mask_id", "mask_name", "mask_phone"]
