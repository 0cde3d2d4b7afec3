"""Keys of a lake, and what is sealed with them: raw deliveries and rows held back, which carry plain ID numbers.

Two keys, each 32 bytes, in one file that only the lake's account may read: ``pseudonym`` turns ID numbers into keyed hashes;
``seal`` encrypts raw files (AES-256-GCM or SM4-GCM in blocks of 4 MB, each authenticated with its place in the file).
"""

from __future__ import annotations

import hashlib
import io
import os
import secrets
import struct
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from yanzhen.kernel.errors import DomainError
from yanzhen.lake.kernels.ids import Keyed

_BLOCK = 4 << 20
_MAGIC = b"YZL1"


@dataclass(frozen=True, slots=True)
class Vault:
    """The keys in use. ``algorithm``: hash of pseudonyms (sha256, sm3); ``cipher``: aes or sm4."""

    pseudonym: bytes
    seal_key: bytes
    algorithm: str = "sha256"
    cipher: str = "aes"

    @property
    def keyed(self) -> Keyed:
        return Keyed(self.algorithm, self.pseudonym)

    def seal(self, source: BinaryIO, target: Path) -> tuple[str, int]:
        """Encrypt a stream to a file; gives the SHA-256 and size of the plain content."""
        digest, size, number = hashlib.sha256(), 0, 0
        salt = secrets.token_bytes(8)
        with target.open("wb") as out:
            out.write(_MAGIC + self.cipher.encode().ljust(4) + salt)
            block = source.read(_BLOCK)
            while True:
                ahead = source.read(_BLOCK) if block else b""
                digest.update(block)
                size += len(block)
                sealed = self._encrypt(salt + struct.pack(">I", number), block, last=not ahead)
                out.write(struct.pack(">I", len(sealed)) + sealed)
                if not ahead:
                    break
                block, number = ahead, number + 1
            out.flush()
            os.fsync(out.fileno())
        return digest.hexdigest(), size

    def unseal(self, path: Path) -> io.BytesIO:
        """The plain content, in memory; DomainError when it was tampered with or the key is another."""
        out = io.BytesIO()
        for block in self.blocks(path):
            out.write(block)
        out.seek(0)
        return out

    def blocks(self, path: Path) -> Iterator[bytes]:
        """The plain content block by block."""
        with path.open("rb") as source:
            head = source.read(16)
            if head[:4] != _MAGIC or head[4:8].strip().decode() != self.cipher:
                raise DomainError("lake.sealed", "{file}不是用这把钥匙封存的。", file=path.name)
            number, ended = 0, False
            while length := source.read(4):
                body = source.read(struct.unpack(">I", length)[0])
                ended = len(body) > 0 and body[:1] == b"\1"
                try:
                    yield self._decrypt(head[8:16] + struct.pack(">I", number), body)
                except Exception as error:
                    raise DomainError("lake.sealed", "{file}被改动过，或者钥匙不对。", file=path.name) from error
                number += 1
            if not ended:
                raise DomainError("lake.sealed", "{file}被改动过，或者钥匙不对。", file=path.name)

    def _encrypt(self, nonce: bytes, body: bytes, *, last: bool) -> bytes:
        flag = b"\1" if last else b"\0"
        if self.cipher == "aes":
            return flag + AESGCM(self.seal_key).encrypt(nonce, body, flag)
        worker = Cipher(algorithms.SM4(self.seal_key[:16]), modes.GCM(nonce)).encryptor()
        worker.authenticate_additional_data(flag)
        return flag + worker.update(body) + worker.finalize() + worker.tag

    def _decrypt(self, nonce: bytes, body: bytes) -> bytes:
        flag, sealed = body[:1], body[1:]
        if self.cipher == "aes":
            return AESGCM(self.seal_key).decrypt(nonce, sealed, flag)
        worker = Cipher(algorithms.SM4(self.seal_key[:16]), modes.GCM(nonce, sealed[-16:])).decryptor()
        worker.authenticate_additional_data(flag)
        return worker.update(sealed[:-16]) + worker.finalize()


def create(path: Path, algorithm: str = "sha256", cipher: str = "aes") -> Vault:
    """Write a new key file (0600); DomainError when one is there already."""
    if path.exists():
        raise DomainError("lake.keys", "钥匙文件已经在了。")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(
        f'algorithm = "{algorithm}"\ncipher = "{cipher}"\npseudonym = "{secrets.token_hex(32)}"\nseal = "{secrets.token_hex(32)}"\n'
    )
    return read(path)


def read(path: Path) -> Vault:
    """The keys of a lake; DomainError when there is no key file."""
    if not path.exists():
        raise DomainError("lake.keys", "没有钥匙文件，请先运行 yanzhen lake setup。")
    body = tomllib.loads(path.read_text())
    return Vault(bytes.fromhex(body["pseudonym"]), bytes.fromhex(body["seal"]), body["algorithm"], body["cipher"])
