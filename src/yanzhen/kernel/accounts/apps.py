from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "yanzhen.kernel.accounts"
    label = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from allauth.mfa.signals import authenticator_added, authenticator_removed

        from yanzhen.kernel.accounts import actions, rights, rules  # noqa: F401
        from yanzhen.kernel.accounts.web.factors import added, removed

        authenticator_added.connect(added, dispatch_uid="accounts.factor.added")
        authenticator_removed.connect(removed, dispatch_uid="accounts.factor.removed")
