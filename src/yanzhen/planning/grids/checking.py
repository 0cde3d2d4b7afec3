"""Every rule of a drawing again, without the solver: also for drawings changed by hand in a table or on a map.

Works from the lines alone. Contiguity is tested on cells cut by another library routine than the one the solver uses. What the plan
itself already says in its notes is not repeated; what it does not say, or says better than it is, is an error.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import MultiPoint
from shapely.geometry.base import BaseGeometry
from shapely.ops import polygonize, unary_union

from yanzhen.planning.grids.locks import resolve
from yanzhen.planning.grids.problem import Home, Layer, Place, Problem, parts_of
from yanzhen.planning.kernel.findings import Finding, Severity
from yanzhen.planning.kernel.records import Plan
from yanzhen.planning.kernel.text import Text

Floats = NDArray[np.float64]


def check(problem: Problem, plan: Plan[Place]) -> tuple[Finding, ...]:
    """What is broken, in words; empty = every rule holds (or the plan itself says where it does not)."""
    found = _complete(problem, plan)
    lines = {line.home: line for line in plan.lines}
    homes = {home.id: home for home in problem.homes}
    placed = {
        key: homes[key.split("#")[0] if key not in homes else key]
        for key in lines
        if key in homes or key.split("#")[0] in homes
    }
    found += _codes(problem, plan.lines)
    by_grid = _by(placed, lines, "grid")
    found += _bounds(problem, by_grid, problem.scheme.grid, len(plan.lines) > 0)
    if problem.scheme.micro is not None:
        found += _bounds(problem, _by(placed, lines, "micro"), problem.scheme.micro, False)
    found += _hamlets(placed, lines)
    found += _contacts(problem, placed, lines, plan)
    found += _locks(problem, lines)
    found += _scattered(problem, placed, lines)
    said = {(item.rule, item.key) for item in plan.notes}
    found = [item for item in found if (item.rule, item.key) not in said]
    return (*found, *_levels(problem, plan, by_grid, found))


def add(
    found: list[Finding], rule: str, where: str, zh: str, en: str, severity: Severity = "error", /, **data: object
) -> None:
    found.append(Finding(rule, Text(zh, en).fill(**data), severity, key=where))


def _complete(problem: Problem, plan: Plan[Place]) -> list[Finding]:
    found: list[Finding] = []
    wanted = {key for home in problem.homes for key in parts_of(home)}
    seen = Counter(line.home for line in plan.lines)
    open_keys = set(plan.unmet)
    for key in sorted(wanted - set(seen) - open_keys):
        add(found, "grids.check.missing", key, "住户 {key} 没有网格", "household {key} has no grid", key=key)
    for key in sorted(set(seen) - wanted):
        add(found, "grids.check.unknown", key, "没有住户 {key}", "there is no household {key}", key=key)
    for key in sorted(key for key, number in seen.items() if number > 1):
        add(found, "grids.check.twice", key, "住户 {key} 在两个网格里", "household {key} is in two grids", key=key)
    village = {key: home.village for home in problem.homes for key in parts_of(home)}
    for line in plan.lines:
        if line.home in village and (
            line.village != village[line.home] or not line.grid.startswith(village[line.home])
        ):
            add(
                found,
                "grids.check.village",
                line.home,
                "住户 {key} 不在网格 {grid} 的村",
                "household {key} does not live in the village of grid {grid}",
                key=line.home,
                grid=line.grid,
            )
    whole: dict[str, set[str]] = defaultdict(set)
    for line in plan.lines:
        whole[line.home.split("#")[0]].add(line.micro or line.grid)
    for home in problem.homes:
        if home.households > 1 and len(whole.get(home.id, ())) > 1:
            add(
                found,
                "grids.check.building",
                home.id,
                "楼栋 {key} 分在两个网格",
                "building {key} lies in two grids",
                key=home.id,
            )
    return found


def _codes(problem: Problem, lines: Iterable[Place]) -> list[Finding]:
    found: list[Finding] = []
    layers = dict(problem.scheme.layers())
    bad: set[str] = set()
    parents: dict[str, set[str]] = defaultdict(set)
    for line in lines:
        chain = [(line.village, 12), (line.grid, layers["grid"].digits)]
        if "micro" in layers:
            chain.append((line.micro, layers["micro"].digits))
        if line.contact:
            chain.append((line.contact, layers["contact"].digits))
        elif line.grid not in bad:
            bad.add(line.grid)
            add(
                found,
                "grids.check.contact",
                line.grid,
                "网格 {code} 有住户没有联户组，请以此表为上次方案重划",
                "households of grid {code} have no contact group; draw again with this as the previous plan",
                code=line.grid,
            )
        if "micro" in layers and not line.micro:
            continue
        width, parent = 0, ""
        for code, digits in chain:
            width += digits
            if (len(code) != width or not code.isdigit() or not code.startswith(parent)) and code not in bad:
                bad.add(code)
                add(
                    found,
                    "grids.check.code",
                    code or line.home,
                    "编码“{code}”不合方案（{n} 位，前缀 {parent}）",
                    "code “{code}” does not fit the scheme ({n} digits, prefix {parent})",
                    code=code,
                    n=width,
                    parent=parent,
                )
            parents[code].add(parent)
            parent = code
    for code in sorted(code for code, above in parents.items() if len(above) > 1 and code):
        add(found, "grids.check.nested", code, "{code} 属于两个上级", "{code} lies in two larger ones", code=code)
    return found


def _by(placed: Mapping[str, Home], lines: Mapping[str, Place], layer: str) -> dict[str, list[str]]:
    held: dict[str, list[str]] = defaultdict(list)
    for key in sorted(placed):
        code = str(getattr(lines[key], layer))
        if code:
            held[code].append(key)
    return held


def _work(keys: Sequence[str], homes: Mapping[str, Home]) -> float:
    return math.fsum(homes[key].work / homes[key].households for key in keys)


def metre_scale(homes: Sequence[Home]) -> Floats:
    """Metres a unit of the coordinates at the middle latitude (radii of curvature), 1 for projected systems."""
    if any(abs(home.x) > 180 or abs(home.y) > 90 for home in homes):
        return np.array([1.0, 1.0])
    middle = math.radians(math.fsum(home.y for home in homes) / len(homes))
    bend = 1 - 0.00669437999014 * math.sin(middle) ** 2
    north, east = 6_335_439.327 / bend**1.5, 6_378_137.0 * math.cos(middle) / math.sqrt(bend)
    return np.array([east, north]) * (math.pi / 180)


def _metres(homes: Sequence[Home]) -> Floats:
    return np.array([[home.x, home.y] for home in homes], dtype=float) * metre_scale(homes)


def _bounds(problem: Problem, by_code: Mapping[str, list[str]], layer: Layer, stated: bool) -> list[Finding]:
    found: list[Finding] = []
    homes = {key: home for home in problem.homes for key in parts_of(home)}
    straight = not problem.barriers
    for code, keys in sorted(by_code.items()):
        work = _work(keys, homes)
        if work > layer.high + 1e-6:
            add(
                found,
                "grids.over",
                code,
                "{name} {code} 工作量 {work}，超上限 {high}",
                "{name} {code}: workload {work}, above {high}",
                name=layer.name,
                code=code,
                work=work,
                high=layer.high,
            )
        if work < layer.low - 1e-6:
            add(
                found,
                "grids.short",
                code,
                "{name} {code} 工作量 {work}，低于下限 {low}",
                "{name} {code}: workload {work}, below {low}",
                "warning",
                name=layer.name,
                code=code,
                work=work,
                low=layer.low,
            )
        if layer.radius and straight:
            here = [homes[key] for key in keys]
            points = _metres(here)
            apart = np.hypot(*(points[:, None] - points[None]).transpose(2, 0, 1))
            middle = int(apart.sum(axis=0).argmin())
            far = int((apart[middle] > layer.radius + 0.5).sum())
            if far:
                add(
                    found,
                    "grids.far",
                    code,
                    "{name} {code} 有 {n} 户离中心超过 {r} 米",
                    "{name} {code}: {n} households beyond {r} m",
                    "warning",
                    name=layer.name,
                    code=code,
                    n=far,
                    r=layer.radius,
                )
    del stated
    return found


def _hamlets(placed: Mapping[str, Home], lines: Mapping[str, Place]) -> list[Finding]:
    """Mixed and cut, counted from the lines."""
    found: list[Finding] = []
    grids_of: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    inside: dict[str, set[tuple[str, str, str]]] = defaultdict(set)
    settled: dict[str, set[tuple[str, str, str]]] = defaultdict(set)
    for key, home in placed.items():
        grid = lines[key].grid
        for kind, name in (("g", home.group), ("h", home.hamlet)):
            if name:
                grids_of[(home.village, kind, name)].add(grid)
                inside[grid].add((home.village, kind, name))
        kind, name = ("h", home.hamlet) if home.hamlet else ("g", home.group)
        if name:
            settled[grid].add((home.village, kind, name))
    for grid in sorted(inside):
        parts = sorted(name for name in inside[grid] if len(grids_of[name]) > 1)
        if parts:
            add(
                found,
                "grids.cut",
                grid,
                "网格 {code} 只含 {names} 的一部分",
                "grid {code} holds only part of {names}",
                "note",
                code=grid,
                names="、".join(name[2] for name in parts),
            )
        if len(settled[grid]) > 1 and any(len(grids_of[name]) > 1 for name in settled[grid]):
            add(
                found,
                "grids.mixed",
                grid,
                "网格 {code} 把一个自然村的一部分和另一个拼在一起",
                "grid {code} puts part of a hamlet together with another",
                code=grid,
            )
    return found


def _contacts(
    problem: Problem, placed: Mapping[str, Home], lines: Mapping[str, Place], plan: Plan[Place]
) -> list[Finding]:
    found: list[Finding] = []
    layer = problem.scheme.contact
    groups = _by(placed, lines, "contact")
    for code, keys in sorted(groups.items()):
        if len(keys) > layer.high:
            add(
                found,
                "grids.contact.over",
                code,
                "联户组 {code} 有 {n} 户，超过 {high}",
                "contact group {code} has {n} households, above {high}",
                code=code,
                n=len(keys),
                high=layer.high,
            )
        if len(keys) < layer.low:
            add(
                found,
                "grids.contact.short",
                code,
                "联户组 {code} 只有 {n} 户",
                "contact group {code} has {n} households only",
                "note",
                code=code,
                n=len(keys),
            )
    said = plan.extra.get("groups", [])
    known = set()
    for group in said if isinstance(said, list) else []:
        code, person = str(group["code"]), str(group["person"])
        known.add(code)
        if code not in groups:
            add(
                found,
                "grids.contact.gone",
                code,
                "联户组 {code} 已没有住户",
                "contact group {code} has no household",
                code=code,
            )
        elif not person:
            add(
                found,
                "grids.contact.person",
                code,
                "联户组 {code} 没有联户长",
                "contact group {code} has no contact person",
                code=code,
            )
        elif person not in groups[code]:
            add(
                found,
                "grids.contact.foreign",
                code,
                "联户长 {person} 不在联户组 {code}",
                "contact person {person} is not of group {code}",
                code=code,
                person=person,
            )
        elif placed[person].willing == "no":
            add(
                found,
                "grids.contact.unwilling",
                code,
                "联户长 {person} 不愿意",
                "contact person {person} does not want to",
                person=person,
            )
    for code in sorted(set(groups) - known):
        add(
            found,
            "grids.contact.none",
            code,
            "联户组 {code} 没有登记联户长",
            "contact group {code} is not listed with a contact person",
            code=code,
        )
    return found


def _locks(problem: Problem, lines: Mapping[str, Place]) -> list[Finding]:
    found: list[Finding] = []
    held, _ = resolve(problem)
    parts = {home.id: parts_of(home) for home in problem.homes}

    def grids(ids: Iterable[str]) -> set[str]:
        return {lines[key].grid for item in ids for key in parts.get(item, ()) if key in lines}

    earlier = problem.earlier.assigned if problem.earlier is not None else {}
    for item in held:
        name = f"{item.lock.subject} → {item.lock.object}" if item.lock.object else item.lock.subject
        broken = False
        if item.lock.kind == "fix":
            broken = bool(grids(item.homes) - item.grids) if item.grids else len(grids(item.homes | item.others)) > 1
        elif item.lock.kind == "forbid":
            broken = bool(grids(item.homes) & (item.grids or grids(item.others)))
        else:
            width = len(next(iter(item.grids)))
            for key, code in earlier.items():
                if code[:width] in item.grids and key in lines and lines[key].grid != code[:width]:
                    stood = problem.earlier.stood.get(key.split("#")[0]) if problem.earlier is not None else None
                    home = next((home for home in problem.homes if home.id == key.split("#")[0]), None)
                    still = stood is None or home is None or max(abs(stood[0] - home.x), abs(stood[1] - home.y)) <= 1.0
                    broken = broken or still
        if broken:
            add(found, "grids.check.lock", name, "人工锁定“{name}”被改动", "the lock “{name}” was not kept", name=name)
    return found


def _levels(
    problem: Problem, plan: Plan[Place], by_grid: Mapping[str, list[str]], found: Sequence[Finding]
) -> list[Finding]:
    """What the plan says of itself, against what is counted from its lines."""
    del found
    homes = {key: home for home in problem.homes for key in parts_of(home)}
    layer = problem.scheme.grid
    work = {code: _work(keys, homes) for code, keys in by_grid.items()}
    counted = {
        "over": math.fsum(max(0.0, value - layer.high) for value in work.values()),
        "short": math.fsum(max(0.0, layer.low - value) for value in work.values()),
        "balance": math.fsum(abs(value - layer.target) for value in work.values()),
    }
    result: list[Finding] = []
    for level in plan.levels:
        if level.key in counted and abs(counted[level.key] - level.value) > 0.005 * max(1, len(by_grid)):
            add(
                result,
                "grids.check.level",
                level.key,
                "“{name}”应为 {is_}，方案写 {was}",
                "“{name}” is {is_}, the plan says {was}",
                name=level.name,
                is_=counted[level.key],
                was=level.value,
            )
    return result


def _scattered(problem: Problem, placed: Mapping[str, Home], lines: Mapping[str, Place]) -> list[Finding]:
    """Grids (and micro-grids) whose cells do not hang together."""
    found: list[Finding] = []
    by_village: dict[str, list[Home]] = defaultdict(list)
    for home in problem.homes:
        by_village[home.village].append(home)
    for village in problem.villages:
        homes = sorted(by_village.get(village.code, ()), key=lambda home: home.id)
        first = {home.id: parts_of(home)[0] for home in homes}
        if not homes or any(key not in placed for key in first.values()):
            continue
        beside = touching(village.boundary, homes, problem)
        for layer in ("grid", "micro"):
            labels = [str(getattr(lines[first[home.id]], layer)) for home in homes]
            for code in sorted(set(labels) - {""}):
                inside = {number for number, label in enumerate(labels) if label == code}
                pieces = 0
                left = set(inside)
                while left:
                    pieces += 1
                    queue = [left.pop()]
                    while queue:
                        near = beside[queue.pop()] & left
                        left -= near
                        queue += near
                if pieces > 1:
                    add(
                        found,
                        "grids.scattered",
                        code,
                        "网格 {code} 有 {n} 处与主片不相连",
                        "grid {code} has {n} pieces that do not touch it",
                        code=code,
                        n=pieces - 1,
                    )
    return found


def touching(boundary: BaseGeometry | None, homes: Sequence[Home], problem: Problem) -> list[set[int]]:
    """Who touches whom, from polygons of the cells (shapely), generous where cells meet in a point."""
    scale = metre_scale(homes)
    points = _metres(homes)
    shift = points.mean(axis=0)
    spots = _loosen(points - shift)

    def flat(shape: BaseGeometry) -> BaseGeometry:
        return shapely.transform(shape, lambda xy: xy * scale - shift)

    if boundary is None:
        cloud = MultiPoint(spots)
        area = (shapely.concave_hull(cloud, ratio=0.3) if len(spots) > 3 else cloud.convex_hull).buffer(60.0)
    else:
        area = shapely.make_valid(flat(boundary))
    result: list[set[int]] = [set() for _ in homes]
    if len(homes) < 2:
        return result
    lines = [(flat(item.line), item.open) for item in problem.barriers]
    lines = [(line, free) for line, free in lines if area.intersects(line)]
    wall = unary_union([line for line, free in lines if not free]) if any(not free for _, free in lines) else None
    bridges = [shapely.Point(np.array([item.x, item.y]) * scale - shift) for item in problem.crossings]
    blocks = _blocks(area, [line for line, _ in lines], spots)
    at = shapely.STRtree(blocks).query_nearest(shapely.points(spots), all_matches=False)[1]
    cells: list[BaseGeometry] = [area] * len(homes)
    for number, block in enumerate(blocks):
        here = np.flatnonzero(at == number)
        if len(here) == 1:
            cells[int(here[0])] = block
        elif len(here):
            around = shapely.voronoi_polygons(
                shapely.multipoints(spots[here]), extend_to=block.envelope.buffer(50), ordered=True
            )
            for home, cell in zip(here.tolist(), shapely.intersection(shapely.get_parts(around), block), strict=True):
                cells[home] = cell
    band = wall.buffer(0.6) if wall is not None else None
    one, two = shapely.STRtree(cells).query(cells, predicate="dwithin", distance=1e-4)
    for x, y in zip(one.tolist(), two.tolist(), strict=True):
        if x >= y:
            continue
        if wall is not None and at[x] != at[y]:
            border = cells[x].buffer(1e-3).intersection(cells[y].buffer(1e-3))
            if border.difference(band).area < 1e-4:
                continue
        elif wall is not None:
            way = shapely.linestrings([spots[x], spots[y]])
            if way.intersects(wall) and not any(way.distance(bridge) < 60 for bridge in bridges):
                continue
        result[x].add(y)
        result[y].add(x)
    for bridge in bridges:
        ends = set()
        for number, block in enumerate(blocks):
            here = np.flatnonzero(at == number)
            if len(here) and block.distance(bridge) <= 45:
                ends.add(int(here[np.hypot(*(spots[here] - [bridge.x, bridge.y]).T).argmin()]))
        for x in ends:
            result[x] |= ends - {x}
    return result


def _blocks(area: BaseGeometry, lines: Sequence[BaseGeometry], spots: Floats) -> list[BaseGeometry]:
    """The ground between barriers; ground nobody lives on belongs to the neighbour with the longest border."""
    if not lines:
        return [area]
    faces = [
        face for face in polygonize(unary_union([area.boundary, *lines])) if area.contains(face.representative_point())
    ]
    lived = [bool(shapely.intersects_xy(face, spots[:, 0], spots[:, 1]).any()) for face in faces]
    blocks = [face for face, yes in zip(faces, lived, strict=True) if yes]
    for face in sorted((face for face, yes in zip(faces, lived, strict=True) if not yes), key=lambda face: -face.area):
        borders = [
            face.boundary.intersection(block.boundary).length if face.distance(block) < 1e-6 else -1.0
            for block in blocks
        ]
        if borders and max(borders) >= 0:
            best = borders.index(max(borders))
            blocks[best] = unary_union([blocks[best], face])
    return blocks or [area]


def _loosen(points: Floats) -> Floats:
    """Points on one spot are laid out in a small ring, so that each has a cell."""
    spots = points.copy()
    seen: Counter[tuple[float, float]] = Counter()
    for number, point in enumerate(np.round(points, 2).tolist()):
        key = (point[0], point[1])
        turn = seen[key]
        seen[key] += 1
        if turn:
            spots[number] += [
                0.3 * math.cos(2.4 * turn) * math.sqrt(turn),
                0.3 * math.sin(2.4 * turn) * math.sqrt(turn),
            ]
    return spots
