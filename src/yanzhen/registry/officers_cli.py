"""``yanzhen officers``: the first three officers of a place, without whom nobody could be given a right."""

from __future__ import annotations

from typing import Annotated

import typer


def register(root: typer.Typer, imports: typer.Typer) -> None:
    """Mount under the one console command."""
    root.command("officers")(officers)


def officers(
    unit: Annotated[str, typer.Argument(help="单位代码 / code of the unit, such as the county")],
    system: Annotated[str, typer.Option(help="系统管理员：用户名:姓名 / login:name")],
    security: Annotated[str, typer.Option(help="安全管理员：用户名:姓名 / login:name")],
    audit: Annotated[str, typer.Option(help="审计管理员：用户名:姓名 / login:name")],
) -> None:
    """Make the logins and posts of the three officers (三员) of a unit that has none; prints their one-time passwords."""
    import django

    django.setup()
    from django.utils import timezone
    from rich.console import Console

    from yanzhen.kernel.scope.api import system as platform
    from yanzhen.registry.services.posts import found_officers

    people = {"system": system, "security": security, "audit": audit}
    made = found_officers(actor=platform("setup"), now=timezone.now(), code=unit, people=people)
    console = Console(soft_wrap=True, highlight=False)
    for username, password in made:
        console.print(f"{username}\t{password}")
    console.print("一次性口令，首次登录时必须修改 / one-time passwords, changed at the first login")
