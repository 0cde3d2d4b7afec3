from django.apps import AppConfig


class IntakeConfig(AppConfig):
    name = "yanzhen.kernel.intake"
    label = "intake"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from yanzhen.kernel.intake import actions, jobs, nav, rights, rules  # noqa: F401
