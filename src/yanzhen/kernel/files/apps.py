from django.apps import AppConfig


class FilesConfig(AppConfig):
    name = "yanzhen.kernel.files"
    label = "files"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from yanzhen.kernel.files import actions, rules  # noqa: F401
