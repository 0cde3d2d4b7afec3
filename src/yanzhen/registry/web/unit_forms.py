"""Forms of the changes of the tree."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from yanzhen.registry.domain.units import MAX_POINTS
from yanzhen.registry.models import Unit
from yanzhen.registry.web.forms import ActorForm, UnitField

DOCUMENT = {
    "label": _("依据文件"), "max_length": 200, "help_text": _("文件名称和文号，如：云岭民〔2026〕3号"),
}  # fmt: skip


class Day(forms.DateInput):
    """A day, with the browser's own calendar."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


EFFECTIVE = _("生效日期")


def day(label: Any = EFFECTIVE) -> forms.DateField:
    """The field of a day."""
    return forms.DateField(label=label, widget=Day, input_formats=["%Y-%m-%d", "%Y/%m/%d", "%Y年%m月%d日"])


class Dated(ActorForm):
    """Every change of the tree has a day and a document."""

    on = day()
    document = forms.CharField(**DOCUMENT)

    def __init__(self, *args: Any, unit: Unit, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.unit = unit
        self.order_fields([name for name in self.fields if name not in ("on", "document")])


class NewUnit(Dated):
    """A unit below another."""

    kind = forms.ChoiceField(label=_("类型"), choices=[(code, _(words)) for code, words in Unit.Kind.choices])
    level = forms.ChoiceField(label=_("级别"), choices=[], required=False, help_text=_("机构、组织、工作队不分级别"))
    name = forms.CharField(label=_("名称"), max_length=80)
    code = forms.CharField(
        label=_("代码"), max_length=24, required=False, help_text=_("区划填12位代码；网格和机构不填时自动编号")
    )
    phone = forms.CharField(label=_("办公电话"), max_length=20, required=False)

    def __init__(self, *args: Any, levels: list[tuple[str, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["level"].choices = [("", _("不分级")), *levels]  # type: ignore[attr-defined]


class Rename(Dated):
    name = forms.CharField(label=_("新名称"), max_length=80)


class Recode(Dated):
    code = forms.CharField(label=_("新代码"), max_length=24, help_text=_("下级单位的代码随之变更"))


class Move(Dated):
    parent = UnitField(label=_("划到哪个上级之下"), capability="units.manage")
    code = forms.CharField(label=_("新代码"), max_length=24, required=False, help_text=_("代码不变的不用填"))


class Merge(Dated):
    target = UnitField(label=_("并入哪个单位"), capability="units.manage")


class End(Dated):
    pass


class Split(Dated):
    """One new unit beside this one, with some of its children."""

    name = forms.CharField(label=_("新单位名称"), max_length=80)
    code = forms.CharField(label=_("新单位代码"), max_length=24, required=False)
    children = forms.MultipleChoiceField(
        label=_("划给新单位的下级"), choices=[], required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        from yanzhen.registry.selectors.units import children_of

        super().__init__(*args, **kwargs)
        branch = children_of(self.actor, self.unit.pk, limit=500)
        self.fields["children"].choices = [(str(n.id), f"{n.name}（{n.code}）") for n in branch.nodes]  # type: ignore[attr-defined]


class Edit(ActorForm):
    """What no document orders."""

    short_name = forms.CharField(label=_("简称"), max_length=40, required=False)
    class_code = forms.RegexField(
        r"^\d{3}$", label=_("城乡分类代码"), required=False, help_text=_("三位，如 111 主城区、220 村庄")
    )
    phone = forms.CharField(label=_("办公电话"), max_length=20, required=False)

    def __init__(self, *args: Any, unit: Unit, **kwargs: Any) -> None:
        held = {name: getattr(unit, name) for name in ("short_name", "class_code", "phone")}
        super().__init__(*args, initial=held, **kwargs)


class Leader(ActorForm):
    """Who leads the unit: somebody with a file in scope."""

    title = forms.CharField(label=_("职务"), max_length=40, initial=_("网格长"))
    person = forms.CharField(
        label=_("姓名、电话或身份证后四位"), required=False, max_length=60, help_text=_("不填表示这一职务空缺")
    )
    on = day(_("起始日期"))

    def __init__(self, *args: Any, unit: Unit, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.unit = unit

    def clean_person(self) -> Any:
        from yanzhen.registry.selectors.people import find_people, people_in

        text = self.cleaned_data["person"].strip()
        if not text:
            return None
        hits = find_people(self.actor, text, limit=6)
        if len(hits) == 1:
            return people_in(self.actor).get(pk=hits[0].id)
        if hits:
            words = "；".join(f"{hit.name} {hit.unit} {hit.birth_year or ''}" for hit in hits)
            raise forms.ValidationError(_("有几个人相符，请写得更准确些：%(who)s"), params={"who": words})
        raise forms.ValidationError(_("没有找到这个人的档案。"))


class Boundaries(ActorForm):
    """A GeoJSON file."""

    file = forms.FileField(
        label=_("GeoJSON 文件"), help_text=_("FeatureCollection，每个要素的 code 属性为单位代码，坐标为经纬度")
    )
    source = forms.CharField(label=_("来源"), max_length=120, help_text=_("如：自然资源局2026年村界"))
    crs = forms.ChoiceField(label=_("坐标系"), choices=[("CGCS2000", "CGCS2000"), ("WGS84", "WGS 84")])
    on = day()

    largest = 20 * 1024 * 1024
    points = MAX_POINTS

    def clean_file(self) -> str:
        upload = self.cleaned_data["file"]
        if upload.size > self.largest:
            raise forms.ValidationError(_("文件超过20 MB，请先抽稀或分几次上传。"))
        try:
            return str(upload.read().decode("utf-8-sig"))
        except UnicodeDecodeError as error:
            raise forms.ValidationError(_("文件不是 UTF-8 文本。")) from error
