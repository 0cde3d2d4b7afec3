from django.apps import AppConfig


class RulebookConfig(AppConfig):
    name = "yanzhen.kernel.rulebook"
    label = "rulebook"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from yanzhen.kernel.rulebook import actions, rights, rules  # noqa: F401
