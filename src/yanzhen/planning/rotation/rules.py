"""Who may go where: the rules of the field in words, with their source; each has a code, and each can be waived only if it is local.

====================  ==========  =====================================================================================
code                  kind        rule and source
====================  ==========  =====================================================================================
party_first           national    第一书记必须是中共正式党员，党龄满1年 (opinion of 2021, criteria for people)
work_years            national    工作经历满2年 (same)
health                national    具有正常履职的身体条件 (same)
home_village          local       不回本村（或本乡镇）任职: avoidance of the own village, by province ``home`` = village or township
same_village          local       不在同一村连任超限: at most ``same_village_terms`` terms, again after ``cool_off_years``
near_kin              local       近亲属在该村任职的回避; near kin not in one team (``kin``: village, township or free)
age                   local       年龄上限 ``age_most`` (Yunnan 2021: 45)
category              local       原则上不派中小学教师、县级医院医护 (Yunnan 2021; ``excluded``)
party_member          local       队员也须党员 where a province says so (nationally: preferred, not required)
couples               local       夫妻不同村，或不同时驻村 (Yunnan 2021; ``couples``: free, not_same_village, not_both)
women                 local       女干部安全: no woman alone without safe lodging (``women``: free, pair, pair_or_lodging)
unit_most             local       派出单位一次最多派出人数, by the unit's row
lead                  given       不作为第一书记人选: not put forward as first secretary
====================  ==========  =====================================================================================

A stay (term not over) is kept as it is, whatever these rules say of it; :func:`judge.check` then tells it as a note.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from yanzhen.planning.kernel import Finding, Text
from yanzhen.planning.rotation.problem import GOALS, KINDS, Parameters, Person, Problem, Village, years

RULES: dict[str, Text] = {
    "party_first": Text(
        "第一书记须为正式党员且党龄满规定年限", "a first secretary is a full party member of the required years"
    ),
    "work_years": Text("工作经历满规定年限", "the required years of work"),
    "health": Text("身体条件能驻村", "fit to live in a village"),
    "home_village": Text("不回本村（本乡镇）", "not to the home village (township)"),
    "same_village": Text("同一村任期不超限", "not again to the same village beyond the limit"),
    "near_kin": Text("近亲属回避", "avoidance of near kin"),
    "age": Text("年龄不超上限", "age limit"),
    "category": Text("不派的岗位类别（教师、医护等）", "categories that are not sent"),
    "party_member": Text("队员须为党员", "members are party members"),
    "couples": Text("夫妻回避", "rule for couples"),
    "women": Text("女干部不单独驻村", "no woman alone in a team"),
    "unit_most": Text("派出单位人数上限", "most people of a unit"),
    "lead": Text("未列为第一书记人选", "not put forward as first secretary"),
}
#: Rules that an officer of a county can give up; the others are national or given.
WAIVABLE = (
    "age",
    "category",
    "same_village",
    "home_village",
    "near_kin",
    "couples",
    "women",
    "unit_most",
    "party_member",
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a person may not take a post: the rule and the words."""

    rule: str
    text: Text


def person_refusals(rules: Parameters, person: Person, role: str) -> Iterable[Refusal]:
    """What stands against this person in any village."""
    if not person.health:
        yield Refusal("health", Text("身体条件不适合驻村", "not fit to live in a village"))
    worked = years(person.worked_since, rules.start) if person.worked_since else 0.0
    if worked < rules.work_years:
        text = Text("工作 {n} 年，不足 {m} 年", "{n} years of work, {m} are required").fill(
            n=int(worked), m=rules.work_years
        )
        yield Refusal("work_years", text)
    if (
        rules.age_most is not None
        and person.birth is not None
        and years(person.birth, rules.start) >= rules.age_most + 1
    ):
        text = Text("{n} 周岁，超过 {m} 周岁", "{n} years old, the limit is {m}").fill(
            n=int(years(person.birth, rules.start)), m=rules.age_most
        )
        yield Refusal("age", text)
    if person.category and person.category in rules.excluded:
        yield Refusal(
            "category",
            Text("属于不派的类别（{c}）", "belongs to a category that is not sent ({c})").fill(c=person.category),
        )
    party = years(person.party_since, rules.start) if person.party_since and person.party_since <= rules.start else None
    if role == "first":
        if not person.can_lead:
            yield Refusal("lead", RULES["lead"])
        if rules.party_first and party is None:
            yield Refusal("party_first", Text("不是正式党员", "is no full party member"))
        elif rules.party_first and party is not None and party < rules.party_years_first:
            text = Text("党龄不满 {m} 年", "less than {m} years in the party").fill(m=rules.party_years_first)
            yield Refusal("party_first", text)
    elif rules.party_member and party is None:
        yield Refusal("party_member", Text("不是党员", "is no party member"))


def pair_refusals(rules: Parameters, person: Person, village: Village) -> Iterable[Refusal]:
    """What stands against this person in this village."""
    if person.home_village and person.home_village == village.id:
        yield Refusal("home_village", Text("是本村人", "comes from this village"))
    elif rules.home == "township" and person.home_township and person.home_township == village.township:
        yield Refusal("home_village", Text("是本乡镇人", "comes from this township"))
    there = [term for term in person.terms if term.village == village.id]
    count = len(there) + (person.current == village.id and not any(term.end is None for term in there))
    if rules.same_village_terms and count >= rules.same_village_terms:
        ends = [term.end or rules.start for term in there] + ([rules.start] if person.current == village.id else [])
        since = min(years(end, rules.start) if end <= rules.start else 0.0 for end in ends)
        if not rules.cool_off_years or since < rules.cool_off_years:
            yield Refusal("same_village", Text("已在该村任过 {n} 届", "has served {n} terms there").fill(n=count))
    if rules.kin != "free" and village.id in person.kin_villages:
        yield Refusal("near_kin", Text("近亲属在该村任职", "near kin hold a post in this village"))


def refusals(problem: Problem, person: Person, village: Village, role: str = "member") -> tuple[Refusal, ...]:
    """Every reason why this person may not take this role in this village; empty = may. Waived rules say nothing."""
    rules = problem.parameters
    found = [*person_refusals(rules, person, role), *pair_refusals(rules, person, village)]
    return tuple(item for item in found if item.rule not in rules.waived)


def problems(problem: Problem) -> Iterable[Finding]:
    """Faults of the input as a whole."""
    rules = problem.parameters
    for what, items in (("村", problem.villages), ("人", problem.people), ("单位", problem.units)):
        for key, count in Counter(item.id for item in items).items():
            if count > 1:
                yield Finding("rotation.twice", Text(f"{what} {key} 出现两次", f"{key} occurs twice"), key=key)
    if not problem.villages or not problem.people:
        yield Finding("rotation.empty", Text("没有村或没有人选", "no villages or no people"))
    for village in problem.villages:
        if village.kind not in KINDS:
            yield Finding(
                "rotation.kind",
                Text("{v}：类型“{k}”不认识", "{v}: unknown kind “{k}”").fill(v=village.name, k=village.kind),
                key=village.id,
            )
    for person in problem.people:
        if not 1 <= person.strength <= 5:
            yield Finding(
                "rotation.strength",
                Text("{p}：力量分应为 1 到 5", "{p}: strength must be 1 to 5").fill(p=person.name),
                key=person.id,
            )
        if problem.units and person.unit and person.unit not in problem.unit_by_id:
            yield Finding(
                "rotation.unit",
                Text("{p}：单位 {u} 不在单位表", "{p}: unit {u} is not in the list").fill(p=person.name, u=person.unit),
                key=person.id,
            )
    if unknown := [goal for goal in rules.order if goal not in GOALS]:
        yield Finding(
            "rotation.order",
            Text("参数：没有这样的目标 {g}", "parameters: no such goal {g}").fill(g="、".join(unknown)),
        )
    if unknown := [rule for rule in rules.waived if rule not in WAIVABLE]:
        text = Text("参数：规则 {g} 不能由县里放开", "parameters: rule {g} cannot be waived by a county")
        yield Finding("rotation.waived", text.fill(g="、".join(unknown)))
    locks = [*_stays(problem), *_locks(problem)]
    yield from locks
    if not locks and problem.villages and problem.people:
        yield from _bound(problem)


def _stays(problem: Problem) -> Iterable[Finding]:
    teams: dict[str, list[Person]] = {}
    for person in problem.people:
        if problem.stays(person):
            teams.setdefault(person.current, []).append(person)
    for key, team in sorted(teams.items()):
        village = problem.village_by_id[key]
        if len(team) > problem.posts(village):
            text = Text("{v}：留任 {n} 人，多于岗位 {m} 个", "{v}: {n} people stay, but there are {m} posts")
            yield Finding("rotation.stays", text.fill(v=village.name, n=len(team), m=problem.posts(village)), key=key)
        if sum(person.role == "first" for person in team) > 1:
            yield Finding(
                "rotation.stays",
                Text("{v}：留任两名第一书记", "{v}: two first secretaries stay").fill(v=village.name),
                key=key,
            )


def parse_object(text: str) -> tuple[str, str]:
    """The object of a lock: "V012", "V012/first", "V012/第一书记"."""
    key, _, role = text.partition("/")
    names = {"first": "first", "member": "member", "第一书记": "first", "队员": "member", "工作队员": "member", "": ""}
    return key, names.get(role, "?")


def _locks(problem: Problem) -> Iterable[Finding]:
    fixed: dict[str, str] = {}
    firsts: Counter[str] = Counter(p.current for p in problem.people if problem.stays(p) and p.role == "first")
    teams: Counter[str] = Counter(p.current for p in problem.people if problem.stays(p))
    for lock in problem.locks:
        if lock.kind == "freeze":
            if lock.subject not in problem.village_by_id and lock.subject not in problem.person_by_id:
                yield Finding(
                    "rotation.lock",
                    Text("冻结对象 {s} 不存在", "{s} to be frozen does not exist").fill(s=lock.subject),
                    key=lock.subject,
                )
            continue
        person = problem.person_by_id.get(lock.subject)
        key, role = parse_object(lock.object)
        village = problem.village_by_id.get(key)
        if person is None or (village is None and (lock.object or lock.kind == "fix")) or role == "?":
            text = Text("锁定 {s} → {o}：人、村或岗位不存在", "lock {s} → {o}: no such person, village or role")
            yield Finding("rotation.lock", text.fill(s=lock.subject, o=lock.object), key=lock.subject)
            continue
        if lock.kind != "fix" or village is None:
            continue
        if fixed.get(person.id, key) != key:
            yield Finding(
                "rotation.lock",
                Text("{p} 被锁定到两个村", "{p} is fixed to two villages").fill(p=person.name),
                key=person.id,
            )
        fixed[person.id] = key
        if problem.stays(person) and person.current != key:
            yield Finding(
                "rotation.lock",
                Text("{p} 任期未满，不能锁定到别村", "{p}'s term is not over").fill(p=person.name),
                key=person.id,
            )
        if problem.stays(person):
            continue
        for item in refusals(problem, person, village, "first" if role == "first" else "member"):
            text = Text("锁定 {p} 到 {v} 违反规则：{w}", "fixing {p} to {v} breaks a rule: {w}")
            yield Finding("rotation.lock", text.fill(p=person.name, v=village.name, w=item.text), key=person.id)
        firsts[key] += role == "first"
        teams[key] += 1
        if any(
            other.kind == "forbid" and other.subject == person.id and parse_object(other.object)[0] in ("", key)
            for other in problem.locks
        ):
            yield Finding(
                "rotation.lock",
                Text("{p} 到 {v} 既固定又禁止", "{p} in {v} is both fixed and forbidden").fill(
                    p=person.name, v=village.name
                ),
                key=person.id,
            )
    for key, count in sorted(firsts.items()):
        if count > 1 and key in problem.village_by_id:
            yield Finding(
                "rotation.lock",
                Text("{v} 有两名第一书记", "{v} has two first secretaries").fill(v=problem.village_by_id[key].name),
                key=key,
            )
    for key, count in sorted(teams.items()):
        if key in problem.village_by_id and count > problem.posts(problem.village_by_id[key]):
            yield Finding(
                "rotation.lock",
                Text("{v} 锁定的人多于岗位", "{v}: more people fixed than posts").fill(
                    v=problem.village_by_id[key].name
                ),
                key=key,
            )


def _bound(problem: Problem) -> Iterable[Finding]:
    """People bound by hand who contradict a rule only together: kin, couples, units."""
    from yanzhen.planning.rotation.field import Field

    if not problem.locks:
        return
    field = Field(problem)
    names = {"near_kin", "couples", "unit_most", "two_first", "posts"}
    for rule, place, people in field.broken(field.fixed.clip(min=-1)):
        if rule in names:
            who = "、".join(problem.people[i].name for i in people[:6])
            text = Text(
                "锁定（连同留任）违反规则“{r}”：{p} {v}", "locks (with those who stay) break the rule “{r}”: {p} {v}"
            )
            where = problem.villages[place].name if place >= 0 else ""
            words = text.fill(r=RULES.get(rule, Text("岗位数", "number of posts")), p=who, v=where)
            yield Finding("rotation.lock", words, key=problem.people[people[0]].id)
