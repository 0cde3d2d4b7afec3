"""Columns that a table of messages may have, with the headings they are known by."""

from yanzhen.kernel.intake.api import Column

COLUMNS = (
    Column("ref", "留言编号", required=True, aliases=("编号", "message_id", "工单编号", "id"), max_length=60, example="2549"),
    Column("title", "主题", aliases=("标题", "title", "留言主题"), width=30, example="小区路灯不亮"),
    Column("text", "详情", aliases=("内容", "正文", "text", "留言详情", "诉求内容"), width=50, example="路灯坏了三天"),
    Column("sent_at", "留言时间", required=True, aliases=("时间", "sent_at", "来电时间", "受理时间"), width=20,
           example="2019-04-25 09:32:09"),
    Column("reply", "答复意见", aliases=("答复", "回复", "reply", "办理结果"), width=50),
    Column("replied_at", "答复时间", aliases=("回复时间", "replied_at", "办结时间"), width=20, example="2019-05-10 14:56:53"),
    Column("category", "类别", aliases=("分类", "category", "类别代码"), help="名称用“/”分级，或填代码"),
    Column("category_1", "一级标签", aliases=("一级分类", "一级类别", "category_1")),
    Column("category_2", "二级标签", aliases=("二级分类", "二级类别", "category_2")),
    Column("category_3", "三级标签", aliases=("三级分类", "三级类别", "category_3")),
    Column("place", "发生地", aliases=("地点", "村", "网格", "place", "区划代码"), help="村、网格的名称或代码；空着为待确定地点"),
    Column("name", "留言用户", aliases=("姓名", "来电人", "user", "留言人"), max_length=60),
    Column("phone", "联系电话", aliases=("电话", "手机", "phone", "来电号码"), max_length=20),
    Column("likes", "点赞数", aliases=("likes", "附议数"), help="有同样诉求的人数"),
)  # fmt: skip
