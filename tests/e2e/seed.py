"""Fill a scratch data folder for the browser: tables, roles, the small county of ``tests/personas.py``, one lit-lamp class.

Run in a process of its own (``python -m tests.e2e.seed``), with the environment of the server that will use the folder.
"""

from __future__ import annotations

import os


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yanzhen.site.settings")
    import django

    django.setup()
    from yanzhen.site.start import prepare

    prepare()
    from tests.factories.matters import make_admission, make_category, make_duty
    from tests.personas import build_world

    world = build_world()
    category = make_category("路灯")
    make_duty(world, category)
    make_admission(world, category)


if __name__ == "__main__":
    main()
