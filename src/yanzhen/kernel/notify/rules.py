"""Rules of messages."""

from yanzhen.kernel.rulebook.api import declare

DIGEST_TIMES = declare(
    "notify.digest_times",
    "汇总提醒的发送时刻",
    type="list",
    default=["09:00", "16:00"],
    measure="时刻",
    basis="《整治形式主义为基层减负若干规定》（2024）：减少频次，合并提醒；时刻为系统默认",
    mark="default",
)
MAX_ATTEMPTS = declare(
    "notify.max_attempts",
    "一条消息最多发送次数",
    type="int",
    default=6,
    measure="次",
    basis="系统默认",
    mark="default",
    minimum=1,
    maximum=20,
)
