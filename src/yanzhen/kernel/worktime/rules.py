"""Rules of working time."""

from yanzhen.kernel.rulebook.api import declare

HOURS = declare(
    "worktime.hours",
    "工作时间",
    type="list",
    default=["08:30-12:00", "14:00-17:30"],
    measure="时段；夏令时写作“06-01/09-30 08:00-12:00 15:00-18:00”",
    basis="《国务院关于职工工作时间的规定》第三条（每日 8 小时、每周 40 小时以内）；上下班时刻由当地规定",
    mark="default",
)
QUIET = declare(
    "worktime.quiet",
    "静默时段（不提醒）",
    type="text",
    default="20:00-08:00",
    measure="时段",
    basis="《整治形式主义为基层减负若干规定》（2024）关于减轻基层负担的要求；时段为系统默认",
    mark="default",
)
QUIET_REST_DAYS = declare(
    "worktime.quiet_rest_days",
    "休息日不提醒",
    type="bool",
    default=True,
    basis="《整治形式主义为基层减负若干规定》（2024）；系统默认",
    mark="default",
)
YELLOW_SHARE = declare(
    "worktime.yellow_share",
    "亮黄灯的剩余时间比例",
    type="int",
    default=25,
    measure="%",
    basis="系统默认",
    mark="default",
    minimum=0,
    maximum=100,
)
