from django.apps import AppConfig


class ProceduresConfig(AppConfig):
    name = "yanzhen.procedures"
    label = "procedures"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from yanzhen.procedures import actions, rights, rules  # noqa: F401 - each declares what it brings
