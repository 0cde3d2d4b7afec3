from django.apps import AppConfig


class DemocracyConfig(AppConfig):
    name = "yanzhen.democracy"
    label = "democracy"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from pathlib import Path

        from yanzhen.democracy import (  # noqa: F401 - each declares what it brings
            actions,
            importers,
            indicators,
            jobs,
            nav,
            rights,
            rules,
            services,
        )
        from yanzhen.democracy.rolls import provide
        from yanzhen.procedures import api as procedures

        provide()
        procedures.ship(Path(__file__).parent / "procedures")
        procedures.on_step("democracy.", services.decisions.on_step)
        procedures.on_result("democracy.", services.decisions.on_result)
        procedures.on_step("democracy.evaluation", services.evaluation.on_step)
        procedures.on_result("democracy.evaluation", services.evaluation.on_result)
