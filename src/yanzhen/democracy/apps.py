from django.apps import AppConfig


class DemocracyConfig(AppConfig):
    name = "yanzhen.democracy"
    label = "democracy"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from yanzhen.democracy import (  # noqa: F401 - each declares what it brings
            actions,
            importers,
            indicators,
            jobs,
            nav,
            rights,
            rules,
            services,
        )
