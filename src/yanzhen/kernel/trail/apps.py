from django.apps import AppConfig


class TrailConfig(AppConfig):
    name = "yanzhen.kernel.trail"
    label = "trail"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from yanzhen.kernel.trail import actions, jobs, rights  # noqa: F401
