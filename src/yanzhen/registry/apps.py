from __future__ import annotations

from typing import Any

from django.apps import AppConfig


class RegistryConfig(AppConfig):
    name = "yanzhen.registry"
    label = "registry"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from django.db.models.signals import post_migrate

        from yanzhen.registry import actions, importers, nav, post_nav, rights, rules  # noqa: F401

        post_migrate.connect(_sync_roles, sender=self, dispatch_uid="registry.roles")


def _sync_roles(**_: Any) -> None:
    """After every migration the roles are as the release describes them (tests make their own)."""
    from django.conf import settings
    from django.db import connection
    from django.utils import timezone

    from yanzhen.kernel.scope.api import system
    from yanzhen.registry.services.posts import sync_roles

    if not settings.TESTING and {"role", "role_grant", "trail_row"} <= set(connection.introspection.table_names()):
        sync_roles(actor=system("migrate"), now=timezone.now())
