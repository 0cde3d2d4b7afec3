"""Rules of the measures."""

from django.utils.translation import gettext_lazy as _

from yanzhen.kernel.rulebook.api import declare

declare(
    "rate.min_n", _("参与排序的最小样本数"), type="int", default=30, measure="件", minimum=1, maximum=100000, mark="default",
    basis="样本过小的单位不排名；件数为默认值，可按县设定",
)  # fmt: skip
declare(
    "measures.light", _("指标红黄绿阈值（绿、黄）"), type="list", default=[0.9, 0.75], measure="比例", dims=("indicator",),
    mark="default", basis="默认值，由县级按指标设定",
)  # fmt: skip
