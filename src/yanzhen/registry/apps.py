from django.apps import AppConfig


class RegistryConfig(AppConfig):
    name = "yanzhen.registry"
    label = "registry"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from yanzhen.registry import actions, rights, rules  # noqa: F401
