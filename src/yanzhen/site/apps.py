from django.apps import AppConfig


class SiteConfig(AppConfig):
    name = "yanzhen.site"
    label = "yz_site"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from django.conf import settings

        from yanzhen.site import actions  # noqa: F401
        from yanzhen.site.logs import configure
        from yanzhen.site.web import nav  # noqa: F401

        if not settings.TESTING:
            configure(settings.YANZHEN.log_level)
