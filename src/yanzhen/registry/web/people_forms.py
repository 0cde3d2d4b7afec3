"""Forms of people's files and households."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from yanzhen.registry.domain import people as rules
from yanzhen.registry.models import Person
from yanzhen.registry.selectors.people import find_people, households_in, people_in
from yanzhen.registry.web.forms import ActorForm, UnitField
from yanzhen.registry.web.unit_forms import Day, day

WHY_ID = _("用来确认是同一个人，避免重复建档；加密保存，平时只显示前三位和最后一位。没有的可以不填。")
WHY_PHONE = _("只用来联系本人办理诉求；加密保存，平时隐去中间四位。")


def coded(label: Any, codes: dict[str, str], *, required: bool = False) -> forms.ChoiceField:
    """A field of a coded list."""
    blank = [] if required else [("", _("未填写"))]
    choices = [*blank, *((code, _(word)) for code, word in codes.items())]
    return forms.ChoiceField(label=label, choices=choices, required=required)


class PersonForm(ActorForm):
    """A file. What the ID number says is not asked again."""

    name = forms.CharField(label=_("姓名"), max_length=60)
    id_number = forms.CharField(
        label=_("身份证号"), max_length=20, required=False, help_text=_("有身份证号的，性别和出生日期不用填")
    )
    phone = forms.CharField(label=_("联系电话"), max_length=20, required=False)
    sex = coded(_("性别"), rules.SEX)
    birth = forms.DateField(label=_("出生日期"), required=False, widget=Day)
    nation = coded(_("民族"), rules.NATION)
    political = coded(_("政治面貌"), rules.POLITICAL)
    unit = UnitField(label=_("所在村或网格"), capability="people.manage")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["id_number"].purpose = WHY_ID  # type: ignore[attr-defined]
        self.fields["phone"].purpose = WHY_PHONE  # type: ignore[attr-defined]


class EditForm(ActorForm):
    """Changes of a file; ID number and phone only when they change (they are not sent to the browser)."""

    name = forms.CharField(label=_("姓名"), max_length=60)
    id_number = forms.CharField(label=_("新的身份证号"), max_length=20, required=False, help_text=_("不变的不用填"))
    phone = forms.CharField(label=_("新的联系电话"), max_length=20, required=False, help_text=_("不变的不用填"))
    sex = coded(_("性别"), rules.SEX)
    birth = forms.DateField(label=_("出生日期"), required=False, widget=Day)
    nation = coded(_("民族"), rules.NATION)
    political = coded(_("政治面貌"), rules.POLITICAL)
    unit = UnitField(label=_("所在村或网格"), capability="people.manage")

    def __init__(self, *args: Any, person: Person, **kwargs: Any) -> None:
        names = ("name", "sex", "birth", "nation", "political", "unit")
        super().__init__(*args, initial={name: getattr(person, name) for name in names}, **kwargs)
        if person.id_number:
            del self.fields["sex"], self.fields["birth"]

    def changes(self) -> dict[str, Any]:
        """What really changes."""
        data = dict(self.cleaned_data)
        return {name: value for name, value in data.items() if name not in ("id_number", "phone") or value}


class MoveForm(ActorForm):
    """To another household."""

    household = forms.CharField(label=_("迁入哪一户"), max_length=40, help_text=_("户号"))
    relation = coded(_("与户主关系"), rules.RELATION, required=True)
    on = day(_("迁入日期"))

    def clean_household(self) -> Any:
        number = self.cleaned_data["household"].strip()
        found = list(households_in(self.actor, "people.manage").filter(number=number)[:2])
        if len(found) == 1:
            return found[0]
        if found:
            raise forms.ValidationError(_("有几户用这个户号，请从该户的页面办理。"))
        raise forms.ValidationError(_("没有这个户号。"))


class MergeForm(ActorForm):
    """The other file of the same person."""

    other = forms.CharField(label=_("另一份档案"), max_length=60, help_text=_("临时编号、电话、身份证后四位或姓名"))
    reason = forms.CharField(label=_("怎样确认是同一个人"), max_length=200)

    def __init__(self, *args: Any, person: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person = person

    def clean_other(self) -> Any:
        hits = [hit for hit in find_people(self.actor, self.cleaned_data["other"], limit=6) if hit.id != self.person.pk]
        if len(hits) == 1:
            return people_in(self.actor, "people.manage").filter(pk=hits[0].id).first() or self._none()
        if hits:
            words = "；".join(f"{hit.name} {hit.unit} {hit.birth_year or ''} {hit.key}" for hit in hits)
            raise forms.ValidationError(_("有几个人相符，请写得更准确些：%(who)s"), params={"who": words})
        return self._none()

    def _none(self) -> Any:
        raise forms.ValidationError(_("没有找到这个人的档案。"))


class DeceasedForm(ActorForm):
    on = day(_("死亡日期"))


class WrongForm(ActorForm):
    """ "This is wrong"."""

    field = forms.ChoiceField(label=_("哪一项不对"), choices=[
        ("name", _("姓名")), ("id_number", _("身份证号")), ("phone", _("联系电话")), ("sex", _("性别")), ("birth", _("出生日期")),
        ("nation", _("民族")), ("political", _("政治面貌")),
    ])  # fmt: skip
    proposed = forms.CharField(
        label=_("正确的内容"), max_length=60, help_text=_("性别、民族、政治面貌可以写名称；日期写成 2000-01-31")
    )
    reason = forms.CharField(label=_("说明"), max_length=200, required=False)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        codes = {"sex": rules.SEX, "nation": rules.NATION, "political": rules.POLITICAL}.get(str(data.get("field")), {})
        words = {word: code for code, word in codes.items()} | {
            word.removesuffix("族"): code for code, word in codes.items()
        }
        if data.get("proposed") in words:
            data["proposed"] = words[data["proposed"]]
        return data


class DecideForm(ActorForm):
    accept = forms.ChoiceField(
        label=_("处理"), choices=[("yes", _("采纳并更正")), ("no", _("不采纳"))], widget=forms.RadioSelect
    )
    answer = forms.CharField(label=_("答复"), max_length=200, required=False, help_text=_("不采纳时必须说明理由"))


class HouseholdForm(ActorForm):
    unit = UnitField(label=_("所在村或网格"), capability="people.manage")
    number = forms.CharField(label=_("户号"), max_length=40)
    address = forms.CharField(label=_("住址"), max_length=160, required=False)
    note = forms.CharField(label=_("备注"), max_length=200, required=False)


class PeopleFilter(forms.Form):
    """The filters of the list."""

    unit = forms.CharField(label=_("单位代码"), required=False, max_length=24)
    sex = coded(_("性别"), {"1": "男", "2": "女"})
    political = coded(_("政治面貌"), rules.POLITICAL)
    dead = forms.BooleanField(label=_("包括已去世的"), required=False)
