from django.apps import AppConfig


class MattersConfig(AppConfig):
    name = "yanzhen.matters"
    label = "matters"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from importlib import import_module
        from importlib.util import find_spec

        for room in ("actions", "rights", "rules", "services", "jobs", "importers", "indicators", "webhooks", "nav", "demo"):
            if find_spec(f"yanzhen.matters.{room}") is not None:
                import_module(f"yanzhen.matters.{room}")
