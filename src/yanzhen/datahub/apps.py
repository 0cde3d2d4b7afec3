from django.apps import AppConfig


class DatahubConfig(AppConfig):
    name = "yanzhen.datahub"
    label = "datahub"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from django.utils.translation import gettext_lazy as _

        from yanzhen.datahub import actions, jobs, rights, rules  # noqa: F401
        from yanzhen.kernel.ui import nav

        nav.register(
            nav.NavItem("data_book", _("数据账本"), "data_book", icon="table", capability="datahub.book", order=60)
        )
        nav.register(
            nav.NavItem("data_catalogue", _("数据目录"), "data_catalogue", icon="list-check", capability="datahub.catalogue", order=61)
        )  # fmt: skip
