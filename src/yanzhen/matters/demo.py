"""The demo county's work: three months of matters in every state, made by the services themselves on a simulated clock."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from random import Random
from typing import TYPE_CHECKING

from django.db import transaction

from yanzhen.kernel.errors import DomainError
from yanzhen.kernel.scope.api import Actor, public, system
from yanzhen.matters import services
from yanzhen.matters.domain.draft import Report
from yanzhen.matters.models import Admission, Category, DutyItem, Matter
from yanzhen.registry.api import actor_in, posts_of

if TYPE_CHECKING:
    from yanzhen.registry.demo import County

MATTERS = 720
DAYS = 90
# An invented table in the shape of the official ones: first level → second level. The real table is imported by command.
TABLE = {
    "农业农村": ("农田水利", "人居环境", "土地流转", "农机补贴", "宅基地"),
    "民生保障": ("低保救助", "养老服务", "残疾人服务", "临时救助"),
    "交通出行": ("农村公路", "公交班线", "桥涵隐患"),
    "教育卫生": ("学校交通", "医疗保险", "村卫生室"),
    "供水供电": ("饮水安全", "用电故障", "路灯照明"),
    "生态环境": ("垃圾清运", "污水排放", "噪声扰民"),
    "劳动就业": ("工资拖欠", "技能培训"),
    "社会治安": ("邻里纠纷", "防火防汛"),
}


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of request: second-level category, who usually leads and assists, what is said and answered."""

    category: str
    lead: str
    assist: str
    title: str
    text: str
    answer: str
    by_village: bool = False


KINDS = (
    Kind("路灯照明", "D16", "", "{g}路灯不亮", "村口到{g}一段有{n}盏路灯坏了十几天，晚上老人走路看不见，请尽快修。", "已更换灯泡和控制器，当晚恢复照明。", True),
    Kind("饮水安全", "D12", "D07", "自来水浑浊、时断时停", "{g}的自来水这几天发黄，下午经常停水，{n}户受影响，想知道什么时候能好。", "水源地清淤完毕，更换滤料，水质检测合格。"),
    Kind("农村公路", "D08", "", "通组路塌了一段", "下雨以后{g}通组路塌了约{n}米，三轮车过不去，请派人看看。", "路基已回填夯实，设置了警示桩。"),
    Kind("垃圾清运", "D11", "", "垃圾好几天没人运", "{g}的垃圾池满了{n}天没有清，气味很大，苍蝇多。", "已清运，并与保洁公司约定两天一清。", True),
    Kind("低保救助", "D04", "", "想问低保怎么申请", "家里{n}口人，老伴去年做了手术，花销大，想申请低保，不知道要哪些材料。", "工作人员已入户，材料由村里代办，正在核对。"),
    Kind("医疗保险", "D07", "", "医保缴了费查不到", "今年{n}月在村里交了医保，手机上查不到记录，看病报销不了。", "系统补录成功，已可正常结算。"),
    Kind("工资拖欠", "D05", "D09", "工地拖欠工资", "我们{n}个人在镇上安置房工地做了三个月，工钱还差一半。", "经协调，施工单位已补发工资并签收。"),
    Kind("邻里纠纷", "D13", "", "田埂界线争执", "和邻居为{g}后山那块地的田埂吵了几次，想请人来评评理。", "双方到场，现场划线，签了调解协议。", True),
    Kind("农田水利", "D12", "D03", "水渠堵了浇不上地", "{g}的灌渠有{n}处淤堵，再不清苗就旱了。", "已组织清淤，恢复通水。", True),
    Kind("宅基地", "D10", "D03", "宅基地审批到哪一步了", "去年交的建房申请，一直没有消息，已经{n}个月了。", "材料齐全，已审批，批准书由村里转交。"),
    Kind("养老服务", "D04", "", "高龄补贴停发", "父亲今年八十多，高龄补贴停了{n}个月，不知道为什么。", "系认证过期，已上门认证并补发。"),
    Kind("用电故障", "D16", "", "电压低电器带不动", "晚上{g}电压低，抽水泵和电饭锅都带不动，有{n}户。", "调整了变压器分接，加装了线路。"),
    Kind("学校交通", "D06", "D08", "校车停靠点太远", "孩子走到停靠点要{n}分钟，冬天天黑，想在{g}口加一站。", "已增设临时停靠点，下周一起执行。"),
    Kind("防火防汛", "D15", "", "山上防火通道堵了", "{g}上山的通道被倒树堵住{n}天，担心起火车上不去。", "已清障，护林员加强巡护。", True),
    Kind("土地流转", "D03", "", "流转费还没给", "地流转给公司{n}亩，今年的钱到现在没发。", "公司已兑付，村里公示了名单。"),
    Kind("污水排放", "D11", "", "养殖场污水流进沟里", "{g}上面的养殖场下雨就往沟里排污水，水都黑了。", "责令整改，加装沉淀池，复查达标。"),
    Kind("人居环境", "D03", "", "公厕没人打扫", "{g}的公厕门坏了，{n}天没有打扫。", "门已修好，明确了保洁员和监督电话。", True),
    Kind("残疾人服务", "D04", "", "想申请轮椅", "母亲腿脚不便，想申请一辆轮椅，怎么办理？", "辅具已送到家，教会了使用。"),
)  # fmt: skip


#: Categories whose admission is in force: a village may give them to its grid workers.
GRID_WORK = ("人居环境", "垃圾清运", "路灯照明", "防火防汛", "邻里纠纷")


@dataclass
class _Stage:
    """The simulation: units, actors, categories, the clock's end."""

    rng: Random
    county: County
    now: datetime
    categories: dict[str, int]
    actors: dict[str, Actor]

    def actor(self, account: str) -> Actor:
        """Whoever holds this account, in the first post."""
        if account not in self.actors:
            row = self.county.accounts[account]
            self.actors[account] = actor_in(posts_of(row.pk, self.now.date())[0], row.pk, row.display_name)
        return self.actors[account]

    def village(self, village: str) -> Actor:
        return self.actor("village" if village == "t1v1" else f"{village}.secretary")

    def township(self, village: str) -> Actor:
        return self.actor(f"{village.split('v')[0]}.command")

    def clerk(self, code: str) -> Actor:
        return self.actor("agriculture" if code == "D03" else f"{code}.clerk")


def _table() -> dict[str, int]:
    found: dict[str, int] = {}
    position = count(1)
    for at, (first, seconds) in enumerate(TABLE.items(), 1):
        parent = Category.objects.create(code=f"Y{at:02d}", name=first, level=1, full_name=first, position=next(position))
        found[first] = parent.pk
        for part, second in enumerate(seconds, 1):
            row = Category.objects.create(
                code=f"Y{at:02d}{part:02d}", name=second, parent=parent, level=2, full_name=f"{first}/{second}", position=next(position)
            )
            found[second] = row.pk
    return found


def _lists(stage: _Stage) -> None:
    """Duty lists of townships and villages, and an admission list with a row in every state."""
    county = stage.county.units["county"]
    setup, now = system("demo"), stage.now - timedelta(days=120)
    for first in TABLE:
        services.set_duty(
            actor=setup, now=now, unit=county, list=DutyItem.List.BASIC, item=f"{first}类诉求的受理与核实", category=stage.categories[first],
            basis="云岭县乡镇履职事项清单（演示）",
        )  # fmt: skip
    for second in ("人居环境", "邻里纠纷", "垃圾清运", "路灯照明", "农田水利", "防火防汛"):
        services.set_duty(
            actor=setup, now=now, unit=county, list=DutyItem.List.VILLAGE, item=f"{second}的日常巡查与先行处置",
            category=stage.categories[second], basis="云岭县村级工作事项清单（演示）",
        )  # fmt: skip
    officer, centre = stage.actor("county"), stage.actor("centre")
    wanted = (
        ("人居环境巡查", "D03", "人居环境", 4), ("垃圾清运情况报告", "D11", "垃圾清运", 4), ("路灯故障报告", "D16", "路灯照明", 4),
        ("防火防汛隐患报告", "D15", "防火防汛", 4), ("邻里纠纷先行劝解", "D13", "邻里纠纷", 4), ("农田水利巡查", "D12", "农田水利", 4),
        ("饮水异常报告", "D12", "饮水安全", 2), ("独居老人探访", "D04", "养老服务", 1), ("企业安全生产检查", "D15", "", 0),
    )  # fmt: skip
    for item, office, category, steps in wanted:
        row = services.apply_admission(
            actor=officer, now=now, item=item, department=stage.county.units[office], scope_unit=county, basis="云岭县网格事项准入办法（演示）",
            content="发现情况及时报告，不承担执法和专业处置。", category=stage.categories.get(category), frequency="发现即报", minutes=10,
        )  # fmt: skip
        _step(row, steps, centre, now if steps > 2 else stage.now)
    services.roll_admissions(now=now + timedelta(days=9))
    end = Admission.objects.filter(state=Admission.State.IN_FORCE).order_by("-id").first()
    if end is not None:
        services.step_admission(actor=officer, now=stage.now - timedelta(days=30), admission=end, step="end", words="季节性工作结束")


def _step(row: Admission, steps: int, centre: Actor, now: datetime) -> None:
    """Walk an application as far as wanted: 0 returned, 1 joint review, 2 publicity, 4 publicity over. Three different people."""
    if steps == 0:
        services.step_admission(actor=centre, now=now, admission=row, step="review", passed=False, words="专业执法工作不得进入网格")
        return
    services.step_admission(actor=centre, now=now, admission=row, step="review", words="同意")
    if steps > 1:
        services.step_admission(actor=system("demo"), now=now, admission=row, step="decide", words="联审通过")


def _later(stage: _Stage, at: datetime, low: float, high: float) -> datetime:
    """A working moment some hours later: evenings and weekends pass."""
    moment = at + timedelta(hours=stage.rng.uniform(low, high))
    local = moment.astimezone(stage.now.tzinfo)
    if local.hour < 8:
        local = local.replace(hour=8, minute=stage.rng.randint(30, 59))
    elif local.hour >= 18:
        local = (local + timedelta(days=1)).replace(hour=9, minute=stage.rng.randint(0, 59))
    return local


class _OverError(Exception):
    """The simulated clock has reached now: the matter stays as it is."""


@dataclass
class _Walk:
    """One matter on its way."""

    stage: _Stage
    matter: Matter
    at: datetime

    def go(self, low: float, high: float, act: Callable[..., object], actor: Actor, **values: object) -> None:
        """Some hours later, somebody does something; over when that would be in the future."""
        self.at = _later(self.stage, self.at, low, high)
        if self.at >= self.stage.now:
            raise _OverError
        act(actor=actor, now=self.at, matter=self.matter.pk, **values)


def _walk(stage: _Stage, kind: Kind, village: str, matter: Matter, at: datetime, slow: float) -> None:
    """From triage to archive, by one of the usual ways."""
    rng, walk = stage.rng, _Walk(stage, matter, at)
    secretary, command, centre = stage.village(village), stage.township(village), stage.actor("centre")
    county_desk = matter.desk_id == stage.county.units["county"].pk
    if county_desk:
        secretary = command = centre
    dice = rng.random()
    if dice < 0.04:
        walk.go(1, 6, services.divert, secretary, diversion=rng.choice(("other_law", "same_matter", "beyond_duty")), words="已说明应走的渠道并提供联系方式。")
        return
    if dice < 0.06:
        walk.go(1, 6, services.decline, secretary, reason="内容不完整且无法联系", words="请补充时间、地点后重新反映。")
        return
    worker = f"{village}g1"
    if kind.category in GRID_WORK and dice < 0.2 and not county_desk:
        walk.go(1, 6, services.assign, secretary, lead=stage.county.units[worker], words="请到现场看看，先行处置并反馈。")
        lead, desk = stage.actor("grid" if village == "t1v1" else f"{worker}.grid"), secretary
        walk.go(1, 10 * slow, services.accept, lead)
    elif kind.by_village and dice < 0.6 and not county_desk:
        walk.go(1, 6, services.take, secretary, words="村里直接办")
        lead, desk = secretary, secretary
    else:
        if not county_desk:
            walk.go(1, 6, services.raise_level, secretary, reason="超出村级能力，请镇里协调")
        office = stage.county.units[kind.lead]
        assists = [stage.county.units[kind.assist]] if kind.assist else []
        walk.go(1, 8, services.assign, command, lead=office, assists=assists, words="请牵头核实办理，限期反馈。")
        lead, desk = stage.clerk(kind.lead), command
        if rng.random() < 0.05:
            walk.go(2, 10, services.dispute, lead, reason="该路段产权不属本单位")
            walk.go(2, 10, services.settle, centre, upheld=False, reason="经核实由该单位负责")
        walk.go(1, 14 * slow, services.accept, lead)
        if kind.assist and rng.random() < 0.7:
            walk.go(2, 30, services.assist_done, stage.clerk(kind.assist), words="已派员到场配合。")
    _handle(stage, walk, kind, lead, desk, slow)
    _close(stage, walk, kind, lead, centre)


def _handle(stage: _Stage, walk: _Walk, kind: Kind, lead: Actor, desk: Actor, slow: float) -> None:
    rng = stage.rng
    walk.go(0.5, 20 * slow, services.contact, lead, words="已电话联系本人，约定到现场查看。")
    if rng.random() < 0.5:
        walk.go(3, 40 * slow, services.progress, lead, words=rng.choice(("到现场看过，已列入本周安排。", "材料已备齐，等待施工。", "已与相关单位商定办法。")))
    if rng.random() < 0.08:
        _extend(stage, walk, lead, desk)
    walk.go(8, 60 * slow, services.answer, lead, words=kind.answer)


def _extend(stage: _Stage, walk: _Walk, lead: Actor, desk: Actor) -> None:
    """Ask for more time, where the rules still allow it; the desk mostly agrees."""
    with suppress(DomainError):
        walk.go(2, 8, services.ask_extension, lead, reason="连日降雨，无法施工", amount_days=3)
        request = walk.matter.requests.filter(granted__isnull=True).first()
        if stage.rng.random() < 0.8 and desk is not lead:
            walk.go(1, 6, services.decide_request, desk, request=request, granted=True, words="同意，告知当事人。")


def _close(stage: _Stage, walk: _Walk, kind: Kind, lead: Actor, centre: Actor) -> None:
    rng = stage.rng
    grade = rng.choices(("good", "basic", "bad"), (70, 20, 10))[0]
    if grade == "bad":
        walk.go(8, 40, services.call_back, centre, contacted=True, solved=False, grade="bad", words="问题没有彻底解决。")
        walk.go(1, 6, services.redo, centre, reason="请再次上门，彻底解决后反馈。")
        walk.go(4, 30, services.contact, lead, words="再次上门查看。")
        walk.go(10, 60, services.answer, lead, words=f"{kind.answer}已请本人到场确认。")
        grade = "basic"
    contacted = rng.random() > 0.06
    walk.go(8, 50, services.call_back, centre, contacted=contacted, solved=True if contacted else None, grade=grade if contacted else "none", words="")
    if contacted:
        walk.go(1, 20, services.archive, centre)


def _report(stage: _Stage, serial: int) -> None:
    rng, county = stage.rng, stage.county
    village = "t1v1" if serial % 24 == 0 else rng.choice([v for v in county.villages if v.startswith("t1v")] if serial % 6 == 0 else county.villages)
    grid = rng.choice(county.grids(village))
    unit = county.units[grid]
    kind = rng.choice(KINDS)
    person = rng.choice(county.people[unit.pk])
    ago = DAYS * (rng.random() ** 1.25)
    at = _later(stage, stage.now - timedelta(days=ago), 0, 1)
    if at >= stage.now:
        at = stage.now - timedelta(hours=rng.uniform(1, 30))
    channel = rng.choices(("page", "grid", "desk"), (50, 32, 18))[0]
    actor = {"page": public(), "grid": stage.village(village), "desk": stage.actor("centre")}[channel]
    words = {"g": unit.name.replace("第", "").replace("网格", "组"), "n": rng.randint(2, 9)}
    draft = Report(
        text=kind.text.format(**words), title=kind.title.format(**words), place_id=unit.pk, category_id=stage.categories[kind.category],
        urgency=rng.choices(("normal", "pressing", "urgent"), (86, 11, 3))[0], channel=channel, name=person.name, phone=person.phone,
        person_id=person.pk, secret=rng.random() < 0.015,
    )  # fmt: skip
    matter = services.report(actor=actor, now=at, draft=draft)
    with suppress(_OverError):
        _walk(stage, kind, village, matter, at, slow=rng.choices((1.0, 3.2), (82, 18))[0])


def _on_the_grid(stage: _Stage) -> None:
    """What waits for the grid worker of the demo today: to accept, to contact, half done."""
    secretary, worker, unit = stage.actor("village"), stage.actor("grid"), stage.county.units["t1v1g1"]
    kinds = [kind for kind in KINDS if kind.category in GRID_WORK][:4]
    for number, kind in enumerate(kinds):
        person = stage.rng.choice(stage.county.people[unit.pk])
        words = {"g": unit.name.replace("第", "").replace("网格", "组"), "n": number + 3}
        draft = Report(
            text=kind.text.format(**words), title=kind.title.format(**words), place_id=unit.pk,
            category_id=stage.categories[kind.category], channel="page", name=person.name, phone=person.phone, person_id=person.pk,
        )  # fmt: skip
        at = stage.now - timedelta(hours=6 + 13 * number)
        matter = services.report(actor=public(), now=at, draft=draft)
        services.assign(actor=secretary, now=at + timedelta(minutes=50), matter=matter.pk, lead=unit, words="请到现场看看，先行处置并反馈。")
        if number > 0:
            services.accept(actor=worker, now=at + timedelta(minutes=90), matter=matter.pk)
        if number > 1:
            services.contact(actor=worker, now=at + timedelta(minutes=100), matter=matter.pk, words="已打电话，约好到现场。")
        if number > 2:
            services.progress(actor=worker, now=at + timedelta(minutes=200), matter=matter.pk, words="到现场看过，已拍照报村里。")


@transaction.atomic
def build(*, rng: Random, now: datetime, county: County, say: Callable[[str], None]) -> None:
    """Categories, lists and three months of matters."""
    from django.utils import timezone

    stage = _Stage(rng, county, timezone.localtime(now), _table(), {})
    _lists(stage)
    _on_the_grid(stage)
    for serial in range(MATTERS):
        _report(stage, serial)
        if serial % 120 == 119:
            say(f"{serial + 1} matters")
    services.tick(now=now)


