from pathlib import Path

from django.apps import AppConfig


class ProceduresConfig(AppConfig):
    name = "yanzhen.procedures"
    label = "procedures"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from yanzhen.procedures import actions, indicators, jobs, nav, rights, rules, services  # noqa: F401 - each declares

        services.ship(Path(__file__).parent / "definitions")
