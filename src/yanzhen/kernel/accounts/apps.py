from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "yanzhen.kernel.accounts"
    label = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from yanzhen.kernel.accounts import actions, rights, rules  # noqa: F401
