from django.apps import AppConfig


class MeasuresConfig(AppConfig):
    name = "yanzhen.measures"
    label = "measures"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from django.utils.translation import gettext_lazy as _

        from yanzhen.kernel.ui import nav
        from yanzhen.measures import actions, jobs, rights, rules  # noqa: F401

        nav.register(
            nav.NavItem("board", _("看板"), "board", icon="chart-bar", capability="measures.view", order=40, phone=True)
        )
