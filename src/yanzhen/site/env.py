"""Every setting that an operator can make, typed, from environment variables ``YANZHEN_…`` (or ``.env`` in the data folder).

Secrets may be given as files: ``YANZHEN_SECRET_KEY_FILE=/run/secrets/key``. There is no default secret: without one the
platform refuses to start, except in demo mode, which makes its own and keeps it in the data folder.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Env(BaseSettings):
    """Settings of one installation."""

    model_config = SettingsConfigDict(env_prefix="YANZHEN_", extra="ignore")

    mode: Literal["production", "demo", "test"] = Field("production", description="production, demo or test")
    data: Path = Field(Path("var"), description="folder for database, files, keys, exports")
    secret_key: SecretStr | None = Field(None, description="Django's secret key; or SECRET_KEY_FILE")
    database_url: SecretStr | None = Field(
        None, description="postgresql://… or sqlite:///…; default SQLite in the data folder"
    )
    hosts: str = Field("localhost,127.0.0.1", description="host names served, comma separated")
    base_url: str = Field("http://127.0.0.1:8000", description="public address, used in QR codes, mails and webhooks")
    key_file: Path | None = Field(None, description="encryption keys; default data/keys.json")
    cipher: Literal["aes", "sm4"] = Field("aes", description="cipher for new keys: aes (AES-256-GCM) or sm4 (SM4-GCM)")
    hash: Literal["sha256", "sm3"] = Field("sha256", description="hash of the trail's seals")
    idle_minutes: int = Field(30, description="minutes without a request until logout (等保三级)")
    password_min: int = Field(8, description="shortest password")
    password_classes: int = Field(3, description="character classes a password must hold")
    password_days: int = Field(90, description="days until a password must be changed")
    lock_after: int = Field(5, description="failed logins until lock")
    lock_minutes: int = Field(30, description="minutes of a lock")
    require_totp: bool | None = Field(None, description="second factor for officers; default: only in production")
    trusted_proxies: int = Field(0, description="number of reverse proxies in front")
    https: bool = Field(False, description="served over HTTPS: secure cookies, HSTS")
    upload_mb: int = Field(20, description="largest upload in MB")
    s3_bucket: str = Field("", description="S3-compatible bucket for files; empty: directory")
    s3_endpoint: str = Field("", description="endpoint of the S3-compatible store")
    mail_url: str = Field("", description="smtp://user:password@host:port; empty: mails as files in data/mail")
    gateway: str = Field("file", description="plug-in for SMS and government messengers: file, or a dotted path")
    webhook_hosts: str = Field(
        "", description="hosts (name or name:port) that webhooks may call, comma separated; empty: none"
    )
    lake: Path | None = Field(None, description="folder of the data lake; default data/lake")
    metrics_token: SecretStr | None = Field(
        None, description="bearer token for /metrics; without it only from loopback"
    )
    log_level: str = Field("INFO", description="DEBUG, INFO, WARNING, ERROR")

    def secret(self) -> str:
        """The secret key, from variable or file; made once in demo and test mode."""
        if self.secret_key:
            return self.secret_key.get_secret_value()
        named = os.environ.get("YANZHEN_SECRET_KEY_FILE")
        if named:
            return Path(named).read_text().strip()
        if self.mode == "production":
            raise SystemExit(
                "YANZHEN_SECRET_KEY or YANZHEN_SECRET_KEY_FILE is not set: refusing to start. See deploy/README.md."
            )
        kept = self.data / "secret.key"
        if not kept.exists():
            self.data.mkdir(parents=True, exist_ok=True)
            kept.write_text(secrets.token_urlsafe(48))
            kept.chmod(0o600)
        return kept.read_text().strip()

    def totp_required(self) -> bool:
        """Whether the roles of rule ``accounts.totp_roles`` must have a second factor here."""
        return self.mode == "production" if self.require_totp is None else self.require_totp

    def keys(self) -> Path:
        """Path of the encryption keys; made once in demo and test mode."""
        path = self.key_file or self.data / "keys.json"
        if not path.exists():
            if self.mode == "production":
                raise SystemExit(
                    f"{path} is missing: make one with `yanzhen keys init`, keep it apart from the backups."
                )
            from yanzhen.kernel.crypto.services import new_ring_text

            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(new_ring_text(self.cipher))
            path.chmod(0o600)
        return path
