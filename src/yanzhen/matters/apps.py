from django.apps import AppConfig


class MattersConfig(AppConfig):
    name = "yanzhen.matters"
    label = "matters"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from yanzhen.matters import (  # noqa: F401 - each declares what it brings
            actions,
            importers,
            indicators,
            jobs,
            nav,
            rights,
            rules,
            services,
            webhooks,
        )
