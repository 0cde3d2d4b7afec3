"""Other case systems that install with pip and apt, measured on the same work as ours.

This module holds the common work itself, so that every side is filled with and asked for the same thing: matters of
3,000 villages, one in `OPEN_EVERY` still open, one in `KEYWORD_EVERY` naming `KEYWORD`, created evenly over
`SPAN_DAYS` days with the highest number newest. The texts are invented.
"""

from __future__ import annotations

KEYWORD = "低保"
KEYWORD_EVERY = 400
OPEN_EVERY = 10
VILLAGES = 3_000
GROUPS = 8  # queues, projects: every product sorts its cases into a few of them
SPAN_DAYS = 1_095

TOPICS = (
    "村口路灯损坏夜间出行不便",
    "自来水水压不足请求检修",
    "通村公路塌方需要清理",
    "医保缴费记录查询不到",
    "宅基地审批进度咨询",
    "灌溉水渠淤堵影响春耕",
    "垃圾清运不及时气味大",
    "危房改造补助尚未到账",
    "邻里田埂边界纠纷调解",
    "养老金资格认证操作困难",
    "学校班车停靠点太远",
    "农机补贴申请材料不清楚",
    "河道采砂噪声扰民",
    "电压不稳家电损坏",
    "公交班次减少赶集不便",
    "务工人员工资拖欠求助",
    "山林防火通道被堵塞",
    "残疾人辅具申领咨询",
    "集体土地流转费未兑付",
    "村卫生室缺少常用药品",
)
KEYWORD_TOPIC = "申请低保待遇请求入户核实"
BODY = (
    "群众反映情况属实，希望有关单位尽快派人到现场查看，并将处理办法和完成时间告知本人及同组住户。"
    "此前已向村里口头说明两次，至今没有明确答复。联系时间以傍晚为宜，家中有老人和孩子，请多体谅。"
)


def title(number: int) -> str:
    """Subject line of matter `number`."""
    topic = KEYWORD_TOPIC if number % KEYWORD_EVERY == 7 else TOPICS[number % len(TOPICS)]
    return f"第{number % VILLAGES}村{topic}（{number}）"


def body(number: int) -> str:
    """Description of matter `number`."""
    return f"第{number % VILLAGES}村第{number % 12 + 1}组：{BODY}编号{number}。"


def sql_title(number: str) -> str:
    """`title` as a PostgreSQL expression over the integer expression `number`."""
    topics = ",".join(f"'{topic}'" for topic in TOPICS)
    return (
        f"'第'||({number} % {VILLAGES})||'村'||CASE WHEN {number} % {KEYWORD_EVERY} = 7 THEN '{KEYWORD_TOPIC}' "
        f"ELSE (ARRAY[{topics}])[1 + ({number} % {len(TOPICS)})::int] END||'（'||{number}||'）'"
    )


def sql_body(number: str) -> str:
    """`body` as a PostgreSQL expression."""
    return f"'第'||({number} % {VILLAGES})||'村第'||({number} % 12 + 1)||'组：{BODY}编号'||{number}||'。'"


def sql_created(number: str, rows: int) -> str:
    """Time of creation of matter `number` (1 … `rows`), `rows` being the newest, as a PostgreSQL expression."""
    return f"now() - ({rows} - {number}) * interval '{SPAN_DAYS * 86_400 / max(rows, 1):.6f} seconds'"
