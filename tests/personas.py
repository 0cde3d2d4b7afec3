"""A small fixed tree and the people who work in it. Everything is invented (division codes beginning with 99).

::

    云川省 province
    └ 云川市 city
      ├ 云岭县 county         组织部 organisation · 农业农村局 agriculture · 民政局 civil   (departments)
      │ ├ 青山镇 qingshan     ─ 松坡村 songpo (grids songpo_1, songpo_2) · 石桥村 shiqiao (shiqiao_1, shiqiao_2)
      │ └ 白水乡 baishui      ─ 柳湾村 liuwan (liuwan_1, liuwan_2) · 梨园村 liyuan (liyuan_1, liyuan_2)
      └ 望山县 other_county   ─ 临江镇 other_township ─ 枫林村 other_village (other_grid)

``world.unit("songpo")``; ``world["village_secretary"].actor``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatch

from django.test import Client

from tests.factories.registry import SINCE, make_account, make_post, make_role, step
from yanzhen.kernel.accounts.models import Account
from yanzhen.kernel.scope.api import Actor, capabilities, public
from yanzhen.registry.api import actor_in
from yanzhen.registry.models import Placement, Post, Role, Unit

# key, parent, name, code, level, kind
TREE = (
    ("province", "", "云川省", "990000000000", "province", "division"),
    ("city", "province", "云川市", "990100000000", "city", "division"),
    ("county", "city", "云岭县", "990101000000", "county", "division"),
    ("qingshan", "county", "青山镇", "990101100000", "township", "division"),
    ("songpo", "qingshan", "松坡村", "990101100201", "village", "division"),
    ("songpo_1", "songpo", "松坡村第一网格", "990101100201001", "sub1", "grid"),
    ("songpo_2", "songpo", "松坡村第二网格", "990101100201002", "sub1", "grid"),
    ("shiqiao", "qingshan", "石桥村", "990101100202", "village", "division"),
    ("shiqiao_1", "shiqiao", "石桥村第一网格", "990101100202001", "sub1", "grid"),
    ("shiqiao_2", "shiqiao", "石桥村第二网格", "990101100202002", "sub1", "grid"),
    ("baishui", "county", "白水乡", "990101200000", "township", "division"),
    ("liuwan", "baishui", "柳湾村", "990101200201", "village", "division"),
    ("liuwan_1", "liuwan", "柳湾村第一网格", "990101200201001", "sub1", "grid"),
    ("liuwan_2", "liuwan", "柳湾村第二网格", "990101200201002", "sub1", "grid"),
    ("liyuan", "baishui", "梨园村", "990101200202", "village", "division"),
    ("liyuan_1", "liyuan", "梨园村第一网格", "990101200202001", "sub1", "grid"),
    ("liyuan_2", "liyuan", "梨园村第二网格", "990101200202002", "sub1", "grid"),
    ("organisation", "county", "云岭县委组织部", "990101000000D01", "", "department"),
    ("agriculture", "county", "云岭县农业农村局", "990101000000D02", "", "department"),
    ("civil", "county", "云岭县民政局", "990101000000D03", "", "department"),
    ("other_county", "city", "望山县", "990102000000", "county", "division"),
    ("other_township", "other_county", "临江镇", "990102100000", "township", "division"),
    ("other_village", "other_township", "枫林村", "990102100201", "village", "division"),
    ("other_grid", "other_village", "枫林村第一网格", "990102100201001", "sub1", "grid"),
)  # fmt: skip

BUSINESS = Role.Kind.BUSINESS
# persona: name, unit, role code, role name, kind, capabilities (patterns; "!" takes away)
PEOPLE = {
    "county_officer": ("陆知远", "county", "county_officer", "县级经办", BUSINESS, ("*",)),
    "township_secretary": ("何田", "qingshan", "township_secretary", "乡镇党委书记", BUSINESS, ("*",)),
    "village_secretary": (
        "周水生", "songpo", "village_secretary", "村党组织书记", BUSINESS,
        ("*", "!rules.propose", "!rules.approve", "!units.manage"),
    ),
    "grid_worker": (
        "田小禾", "songpo_1", "grid_worker", "网格员", BUSINESS,
        ("units.view", "people.view", "matters.view*", "matters.report*", "matters.collect*", "matters.create*",
         "matters.handle*", "matters.track*", "matters.answer*", "matters.field*"),
    ),
    "outsider": ("邱远", "other_village", "village_secretary", "村党组织书记", BUSINESS, ()),
    "department_officer": (
        "白露", "agriculture", "department_officer", "部门经办", BUSINESS,
        ("*", "!rules.*", "!units.manage", "!people.*"),
    ),
    "system_officer": (
        "石磊", "county", "system_officer", "系统管理员", Role.Kind.SYSTEM, ("accounts.view", "accounts.manage", "posts.view", "posts.approve", "system.*"),
    ),
    "security_officer": (
        "关山", "county", "security_officer", "安全管理员", Role.Kind.SECURITY, ("accounts.view", "accounts.factor", "posts.*", "policy.*", "security.*"),
    ),
    "audit_officer": ("严明", "county", "audit_officer", "审计管理员", Role.Kind.AUDIT, ("trail.*",)),
}  # fmt: skip
PASSWORD = "Yanzhen-2026!"


@dataclass
class Persona:
    """Somebody of the cast. ``account``, ``post`` and ``unit`` are None for the villager."""

    key: str
    actor: Actor
    account: Account | None = None
    post: Post | None = None
    unit: Unit | None = None

    def client(self) -> Client:
        """A browser logged in as this person (not logged in for the villager)."""
        client = Client()
        if self.account is not None:
            client.force_login(self.account, backend="allauth.account.auth_backends.AuthenticationBackend")
        return client


@dataclass
class World:
    """The tree and its cast."""

    units: dict[str, Unit] = field(default_factory=dict)
    personas: dict[str, Persona] = field(default_factory=dict)

    def unit(self, key: str) -> Unit:
        """A unit by its key (see the picture above)."""
        return self.units[key]

    def __getitem__(self, key: str) -> Persona:
        return self.personas[key]


def granted(patterns: tuple[str, ...], kind: str) -> list[str]:
    """Declared capabilities that the patterns give to a role of this kind. Business roles get business rights only."""
    found = []
    for capability in capabilities().values():
        if capability.business is not (kind == BUSINESS):
            continue
        wanted = any(fnmatch(capability.code, p) for p in patterns if not p.startswith("!"))
        taken = any(fnmatch(capability.code, p[1:]) for p in patterns if p.startswith("!"))
        if wanted and not taken:
            found.append(capability.code)
    return found


def build_tree() -> dict[str, Unit]:
    """The units of :data:`TREE`."""
    units: dict[str, Unit] = {}
    children: dict[str, int] = {}
    for key, parent, name, code, level, kind in TREE:
        children[parent] = children.get(parent, 0) + 1
        above = units.get(parent)
        units[key] = Unit(
            path=(above.path if above else "") + step(children[parent]), depth=above.depth + 1 if above else 1,
            numchild=sum(1 for row in TREE if row[1] == key),
            name=name, code=code, level=level, kind=kind, valid_from=SINCE,
        )  # fmt: skip
    Unit.objects.bulk_create(units.values())
    Placement.objects.bulk_create(
        [Placement(unit=units[key], parent=units.get(parent), valid_from=SINCE) for key, parent, *_ in TREE]
    )
    return units


def build_world() -> World:
    """Tree, roles, accounts, posts."""
    world = World(build_tree())
    roles: dict[str, Role] = {}
    for key, (name, unit, role, role_name, kind, patterns) in PEOPLE.items():
        if role not in roles:
            roles[role] = make_role(role, granted(patterns, kind), name=role_name, kind=kind)
        account = make_account(key, name=name, password=PASSWORD)
        post = make_post(account, roles[role], world.units[unit])
        world.personas[key] = Persona(key, actor_in(post, account.pk, name), account, post, world.units[unit])
    world.personas["villager"] = Persona("villager", public())
    return world
