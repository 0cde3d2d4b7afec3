from django.apps import AppConfig


class SiteConfig(AppConfig):
    name = "yanzhen.site"
    label = "yz_site"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from yanzhen.site.web import nav  # noqa: F401
