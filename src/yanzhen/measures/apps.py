from django.apps import AppConfig


class MeasuresConfig(AppConfig):
    name = "yanzhen.measures"
    label = "measures"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from yanzhen.measures import actions, jobs, rights, rules  # noqa: F401
