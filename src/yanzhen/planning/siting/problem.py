"""The siting problem: who lives where, which points exist or could be built, how people travel, and what is asked.

The rules of the field, in words first:

1. **Fifteen minutes are real minutes.** Travel on the network of roads and paths, on foot or by e-bike; a straight line with a factor
   only where there is no network, and the report says which. Source: 15 分钟便民服务圈 as practised with GB/T 38699-2020
   村级公共服务中心建设与管理规范 and county rules (walk ≈ 1 km, e-bike ≈ 3 km in a quarter of an hour: 4 and 12 km/h are the defaults).
2. **A point counts only while it is open.** When the hours people need are given, a point covers nobody unless it is open for the
   asked share of them.
3. **What exists is used first.** Existing points stay and cost nothing; upgrading is a candidate with its own cost (parameter
   ``keep_existing``).
4. **No land, no point.** A candidate without land or title is never chosen (``buildable``), and the report says whom that costs.
5. **Who can be reached by no candidate is told first**: such places need a mobile service, not a building.
6. **People over 60 are counted apart** in every figure, and go first where the order of levels says so.
7. **Order of building**: by the people each point adds, so that stopping half way still is the best prefix.
8. **Locks**: a site fixed or forbidden by hand is never moved by the solver.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from yanzhen.planning.kernel import Finding, Lock, Text, digest_rows, plain
from yanzhen.planning.siting import hours

Task = Literal["cover", "budget", "worst", "mean"]
TASKS: Mapping[str, Text] = {
    "cover": Text("全覆盖、点最少", "cover everybody with the fewest points"),
    "budget": Text("预算内覆盖最多", "cover the most within a budget"),
    "worst": Text("最远的人先近", "the worst-off first"),
    "mean": Text("平均路程最短", "the shortest way on average"),
}
MODES: Mapping[str, Text] = {"walk": Text("步行", "walking"), "ebike": Text("电动车", "e-bike")}
GOALS: Mapping[str, Text] = {
    "people": Text("圈内人口", "People within the circle"),
    "elders": Text("圈内60岁以上", "People over 60 within the circle"),
    "new": Text("新建点数", "New points"),
    "cost": Text("投入", "Cost"),
    "kept": Text("沿用上次的点", "Points kept from the last plan"),
    "near": Text("近处60岁以上", "People over 60 close by"),
    "worst": Text("最远一户的分钟数", "Minutes of the farthest household"),
    "total": Text("平均分钟数", "Mean minutes"),
}
#: The order of goals of each task, unless the parameters say otherwise.
ORDERS: Mapping[str, tuple[str, ...]] = {
    "cover": ("people", "new", "cost", "kept", "near"),
    "budget": ("people", "elders", "cost", "kept"),
    "worst": ("worst", "people", "new", "cost", "kept"),
    "mean": ("total", "cost", "kept"),
}


@dataclass(frozen=True, slots=True)
class Place:
    """A demand point: a household, a building or a natural village. ``x``, ``y``: longitude and latitude (degrees) or metres."""

    id: str
    name: str
    x: float
    y: float
    people: int
    elders: int = 0
    children: int = 0
    village: str = ""


@dataclass(frozen=True, slots=True)
class Site:
    """A point that exists or could be built. ``cost`` in 万元 (10,000 yuan), existing ones 0; ``capacity``: service units a week (seats,
    staff hours; 0 = taken as 1 in the accessibility figures); ``hours``: see :mod:`hours`, "" = open whenever needed."""

    id: str
    name: str
    x: float
    y: float
    cost: float = 1.0
    existing: bool = False
    buildable: bool = True
    capacity: float = 0.0
    hours: str = ""
    village: str = ""


@dataclass(frozen=True, slots=True)
class Edge:
    """A road or path. ``metres``; ``modes``: who may use it; ``slow``: factor on the time (steep or bad: 1.5); ``closed``: not passable
    (snow, flood)."""

    a: str
    b: str
    metres: float
    modes: tuple[str, ...] = ("walk", "ebike")
    slow: float = 1.0
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Network:
    """Nodes (id → x, y) and edges."""

    nodes: Mapping[str, tuple[float, float]]
    edges: tuple[Edge, ...]


@dataclass(frozen=True, slots=True)
class Parameters:
    """What is asked.

    ``minutes``: the circle; ``near``: what counts as close by; ``mode``; ``speeds`` in km/h; ``factor``: way over straight line where there
    is no network; ``count``: new points allowed (None: no limit), ``budget`` in 万元; ``order``: goals, first goes first (empty: of
    the task); ``keep_existing``; ``wanted``: hours people need, ``open_share``: of them a point must be open; ``signed_by``.
    """

    task: Task = "cover"
    minutes: float = 15.0
    near: float = 7.5
    mode: str = "walk"
    speeds: Mapping[str, float] = field(default_factory=lambda: {"walk": 4.0, "ebike": 12.0})
    factor: float = 1.4
    count: int | None = None
    budget: float | None = None
    order: tuple[str, ...] = ()
    keep_existing: bool = True
    wanted: str = ""
    open_share: float = 0.8
    signed_by: str = ""

    @property
    def goals(self) -> tuple[str, ...]:
        """The levels in their order."""
        return self.order or ORDERS[self.task]


@dataclass(frozen=True)
class Problem:
    """Everything that a siting run needs. ``minutes``: given times (place, site) → minutes of the asked mode, instead of a network or
    straight lines; ``previous``: site ids that were open in the last plan. Rows may come in any order: they are sorted by id."""

    places: tuple[Place, ...]
    sites: tuple[Site, ...]
    parameters: Parameters = field(default_factory=Parameters)
    network: Network | None = None
    minutes: Mapping[tuple[str, str], float] | None = None
    locks: tuple[Lock, ...] = ()
    previous: tuple[str, ...] = ()
    previous_digest: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "places", tuple(sorted(self.places, key=lambda item: item.id)))
        object.__setattr__(self, "sites", tuple(sorted(self.sites, key=lambda item: item.id)))

    @cached_property
    def digest(self) -> str:
        """Of the whole input, whatever the order of its rows."""
        times = [] if self.minutes is None else [(a, b, value) for (a, b), value in self.minutes.items()]
        edges: Iterable[Any] = self.network.edges if self.network else ()
        nodes = [] if self.network is None else [(key, *xy) for key, xy in self.network.nodes.items()]
        tables = {
            "places": self.places,
            "sites": self.sites,
            "times": times,
            "edges": edges,
            "nodes": nodes,
            "locks": self.locks,
        }
        return digest_rows(tables, parameters=plain(self.parameters), previous=sorted(self.previous))

    @property
    def goals(self) -> tuple[str, ...]:
        """The levels in their order; keeping the last plan's points is one only when there is a last plan."""
        return tuple(goal for goal in self.parameters.goals if goal != "kept" or self.previous)

    def place(self, key: str) -> Place:
        """By id; KeyError."""
        return {item.id: item for item in self.places}[key]

    def site(self, key: str) -> Site:
        """By id; KeyError."""
        return {item.id: item for item in self.sites}[key]

    def open_enough(self, site: Site) -> bool:
        """Is it open in the asked share of the hours people need?"""
        wanted = hours.slots(self.parameters.wanted)
        return (
            not wanted or not site.hours or hours.share(hours.slots(site.hours), wanted) >= self.parameters.open_share
        )

    def findings(self) -> tuple[Finding, ...]:
        """What makes the input impossible to plan with; places in files are told by the reader."""
        return tuple(_problems(self))


def _problems(problem: Problem) -> Iterable[Finding]:
    parameters = problem.parameters
    if not problem.places or not problem.sites:
        yield Finding("siting.empty", Text("没有居民点或没有候选点", "no places or no sites"))
    for what, ids in (("places", [item.id for item in problem.places]), ("sites", [item.id for item in problem.sites])):
        for key in sorted({item for item in ids if ids.count(item) > 1}) if len(set(ids)) < len(ids) else ():
            yield Finding(
                "siting.twice", Text(f"编号 {key} 出现两次（{what}）", f"id {key} occurs twice ({what})"), key=key
            )
    for place in problem.places:
        if place.people < 0 or not 0 <= place.elders <= place.people:
            text = Text(
                "{name}：60岁以上人数应在 0 与总人数之间", "{name}: people over 60 must lie between 0 and all people"
            )
            yield Finding("siting.people", text.fill(name=place.name), key=place.id)
    for site in problem.sites:
        if site.cost < 0:
            yield Finding(
                "siting.cost", Text("{name}：投入不能为负", "{name}: negative cost").fill(name=site.name), key=site.id
            )
        try:
            hours.slots(site.hours)
        except ValueError as error:
            text = Text("{name}：开放时间“{t}”看不懂", "{name}: opening hours “{t}” are not understood").fill(
                name=site.name, t=str(error)
            )
            yield Finding("siting.hours", text, key=site.id)
    try:
        hours.slots(parameters.wanted)
    except ValueError as error:
        yield Finding(
            "siting.hours",
            Text("参数：需要的时段“{t}”看不懂", "parameters: wanted hours “{t}” are not understood").fill(t=str(error)),
        )
    if parameters.task not in TASKS or parameters.mode not in parameters.speeds or parameters.minutes <= 0:
        yield Finding(
            "siting.parameters", Text("参数：任务、出行方式或分钟数不对", "parameters: task, mode or minutes are wrong")
        )
    if unknown := [goal for goal in parameters.goals if goal not in GOALS]:
        yield Finding(
            "siting.order", Text("参数：没有这样的目标 {g}", "parameters: no such goal {g}").fill(g="、".join(unknown))
        )
    if parameters.task in ("budget", "worst", "mean") and parameters.count is None and parameters.budget is None:
        yield Finding(
            "siting.limit", Text("这个任务要给出点数或预算", "this task needs a number of points or a budget")
        )
    if (parameters.count is not None and parameters.count < 0) or (
        parameters.budget is not None and parameters.budget < 0
    ):
        yield Finding("siting.limit", Text("点数和预算不能为负", "points and budget cannot be negative"))
    yield from _lock_problems(problem)


def _lock_problems(problem: Problem) -> Iterable[Finding]:
    sites = {item.id: item for item in problem.sites}
    fixed = {lock.subject for lock in problem.locks if lock.kind == "fix"}
    closed = {lock.subject for lock in problem.locks if lock.kind == "forbid"}
    for lock in problem.locks:
        site = sites.get(lock.subject)
        if site is None:
            yield Finding(
                "siting.lock",
                Text("锁定的点 {s} 不存在", "locked site {s} does not exist").fill(s=lock.subject),
                key=lock.subject,
            )
        elif lock.kind == "fix" and not (site.buildable or site.existing):
            text = Text("锁定要建 {s}，但它没有用地", "locked to be built: {s}, but it has no land").fill(s=site.name)
            yield Finding("siting.lock", text, key=lock.subject)
    for key in sorted(fixed & closed):
        yield Finding(
            "siting.lock", Text("{s} 既锁定要建又锁定不建", "{s} is both fixed and forbidden").fill(s=key), key=key
        )
    new = [sites[key] for key in fixed if key in sites and not sites[key].existing]
    limit, money = problem.parameters.count, problem.parameters.budget
    if limit is not None and len(new) > limit:
        yield Finding(
            "siting.lock",
            Text("锁定新建 {n} 个，超过上限 {m} 个", "{n} points fixed, above the limit of {m}").fill(
                n=len(new), m=limit
            ),
        )
    if money is not None and sum(item.cost for item in new) > money + 1e-9:
        yield Finding("siting.lock", Text("锁定新建的投入超过预算", "what is fixed costs more than the budget"))
