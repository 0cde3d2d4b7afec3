"""``python -m tests.kernel.tasks.run migrate|enqueue N SECONDS|work|once|state``: one process of the killing tests."""

import os
import sys

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.kernel.tasks.worker_settings"


def main(words: list[str]) -> None:
    import django

    django.setup()
    from django.core.management import call_command

    from tests.kernel.tasks import chores
    from yanzhen.kernel.tasks.api import run_worker

    if words[0] == "migrate":
        call_command("migrate", verbosity=0)
    elif words[0] == "enqueue":
        for number in range(int(words[1])):
            chores.slow.enqueue(number, float(words[2]))
    elif words[0] == "work":
        run_worker(interval=0.05)
    elif words[0] == "once":
        run_worker(once=True)
    elif words[0] == "state":
        from django_tasks_db.models import DBTaskResult

        from yanzhen.kernel.tasks.models import Worker

        states = sorted(DBTaskResult.objects.values_list("status", flat=True))
        print(",".join(states), Worker.objects.count())


if __name__ == "__main__":
    main(sys.argv[1:])
