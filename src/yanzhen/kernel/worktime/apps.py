from django.apps import AppConfig


class WorktimeConfig(AppConfig):
    name = "yanzhen.kernel.worktime"
    label = "worktime"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from yanzhen.kernel.worktime import actions, nav, rules  # noqa: F401
