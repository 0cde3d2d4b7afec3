from django.apps import AppConfig


class NotifyConfig(AppConfig):
    name = "yanzhen.kernel.notify"
    label = "notify"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from yanzhen.kernel.notify import jobs, nav, rights, rules  # noqa: F401
