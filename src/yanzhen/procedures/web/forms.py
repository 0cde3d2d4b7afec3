"""Plain forms: they clean what was typed and nothing else. What a case asks for comes from its definition (``fields``)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from yanzhen.kernel.scope.api import Actor
from yanzhen.procedures.domain import acts
from yanzhen.procedures.domain.bodies import ITEMS
from yanzhen.procedures.domain.definition import Definition, Evidence, Step
from yanzhen.procedures.web import fields
from yanzhen.procedures.web.fields import DATA, SHOWN, CountField, WordsField, YesNoField, day

FILED = ("file", "photo")


class StepForm(forms.Form):
    """What every act sends: the version of the case that the page showed, the fields and the evidence of the step."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    #: Fields of the act itself come before or after those of the case.
    first: tuple[str, ...] = ()
    #: Whether fields and evidence of the step are asked for here.
    carries = True

    def __init__(
        self,
        *args: Any,
        definition: Definition | None = None,
        step: Step | None = None,
        viewer: Actor | None = None,
        choices: dict[str, Any] | None = None,
        shown: tuple[Evidence, ...] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        self.evidence = shown
        self.filed = {each.key for each in shown if each.type in FILED}
        for name, given in (choices or {}).items():
            if name in self.fields:
                self.fields[name].choices = given  # type: ignore[attr-defined]
        if definition and step and viewer and self.carries:
            self._carry(definition, step, viewer)

    def _carry(self, definition: Definition, step: Step, viewer: Actor) -> None:
        own = {name: field for name, field in self.fields.items() if name not in self.first}
        ordered = {name: field for name, field in self.fields.items() if name in self.first}
        for key in step.fields:
            field = definition.field(key)
            if field is not None:
                ordered[DATA + key] = fields.of(field, viewer)
        for each in self.evidence:
            ordered[SHOWN + each.key] = fields.shown(each)
        self.fields = ordered | own  # type: ignore[assignment]

    # --- what the services take ----------------------------------------------------------------------------------

    def case_data(self) -> dict[str, Any]:
        """Values of case fields by key."""
        return {name[len(DATA) :]: value for name, value in self.cleaned_data.items() if name.startswith(DATA)}

    def values(self) -> dict[str, Any]:
        """Evidence that is not a file."""
        found = {name[len(SHOWN) :]: value for name, value in self.cleaned_data.items() if name.startswith(SHOWN)}
        return {
            key: value.isoformat() if hasattr(value, "isoformat") else value
            for key, value in found.items()
            if key not in self.filed and value not in (None, "")
        }

    def uploads(self) -> list[tuple[str, str, bytes]]:
        """Evidence that is a file: (key, name, content)."""
        return [
            (name[len(SHOWN) :], value.name, value.read())
            for name, value in self.cleaned_data.items()
            if name.startswith(SHOWN) and value and name[len(SHOWN) :] in self.filed
        ]

    def act(self) -> acts.Act:
        """What is done."""
        raise NotImplementedError


class SubmitForm(StepForm):
    words = WordsField(label=_("说明"), required=False, help_text=_("撤回时必须写明理由"))

    def act(self) -> acts.Act:
        if "withdraw" in self.data:
            return acts.Judge("withdrawn", self.cleaned_data["words"])
        return acts.Submit(self.cleaned_data["words"])


class AmendForm(StepForm):
    words = WordsField(label=_("修改说明"), required=False)

    def act(self) -> acts.Act:
        return acts.Amend(self.case_data(), self.cleaned_data["words"])


class JudgeForm(StepForm):
    outcome = forms.ChoiceField(label=_("办理结果"), widget=forms.RadioSelect)
    number = forms.CharField(
        label=_("文号（编号）"), max_length=60, required=False, widget=forms.TextInput(attrs={"class": "medium"})
    )
    words = WordsField(label=_("意见"), required=False, help_text=_("退回、不同意时必须写明理由"))

    def __init__(self, *args: Any, step: Step | None = None, **kwargs: Any) -> None:
        super().__init__(*args, step=step, **kwargs)
        if step is not None and str(step.kind) not in ("filing", "signature"):
            del self.fields["number"]

    def act(self) -> acts.Act:
        data = self.cleaned_data
        return acts.Judge(data["outcome"], data["words"], data.get("number", ""))


class AnswerForm(StepForm):
    agreed = YesNoField(label=_("是否同意"), yes=_("同意"), no=_("不同意"))
    code = forms.CharField(
        label=_("理由代码"), max_length=30, required=False, help_text=_("只填代码，不写个人的原始记录"),
        widget=forms.TextInput(attrs={"class": "medium"}),
    )  # fmt: skip
    words = WordsField(label=_("意见"), required=False, help_text=_("不同意时必须写明理由"))
    key = forms.CharField(widget=forms.HiddenInput, required=False)

    def act(self) -> acts.Act:
        data = self.cleaned_data
        return acts.Answer(data["agreed"], data["key"], data["code"], data["words"])


class AnnounceForm(StepForm):
    carries = False
    given_on = day(label=_("通知日期"))
    held_on = day(label=_("开会日期"))
    place = forms.CharField(label=_("开会地点"), max_length=120, required=False)
    items = WordsField(label=_("议题"), required=False)

    def act(self) -> acts.Act:
        data = self.cleaned_data
        return acts.Announce(data["given_on"], data["held_on"], data["place"], data["items"])


class PublishForm(StepForm):
    on = day(label=_("上墙（公开）日期"))
    until = day(label=_("公示到"), required=False, help_text=_("不填按规定的最少天数计算"))
    where = forms.CharField(
        label=_("公示地点"), max_length=160, required=False, help_text=_("例如：村务公开栏、便民服务点")
    )
    words = WordsField(label=_("公示内容"), required=False, help_text=_("不填时按办理记录生成；姓名自动遮盖"))
    first = ("on", "until", "where", "words")

    def act(self) -> acts.Act:
        data = self.cleaned_data
        return acts.Publish(data["on"], data["where"], data["words"], data["until"])


class ObjectForm(StepForm):
    carries = False
    words = WordsField(label=_("对什么有异议"))
    name = forms.CharField(label=_("姓名"), max_length=60, required=False, help_text=_("加密保存，可以不填"))
    phone = forms.CharField(
        label=_("电话"), max_length=24, required=False, widget=forms.TextInput(attrs={"inputmode": "tel", "class": "medium"}),
        help_text=_("加密保存，可以不填；填了便于答复"),
    )  # fmt: skip

    def act(self) -> acts.Act:
        return acts.Object(
            self.cleaned_data["words"], self.cleaned_data["name"], fields.plain(self.cleaned_data["phone"])
        )


class ReplyForm(StepForm):
    carries = False
    objection = forms.TypedChoiceField(label=_("哪一条异议"), coerce=int, widget=forms.RadioSelect)
    upheld = YesNoField(label=_("异议是否成立"), yes=_("成立"), no=_("不成立"))
    words = WordsField(label=_("答复"))

    def act(self) -> acts.Act:
        data = self.cleaned_data
        return acts.Reply(data["objection"], data["upheld"], data["words"])


class CloseForm(StepForm):
    def act(self) -> acts.Act:
        return acts.Close()


class HoldForm(StepForm):
    """A meeting on one phone page: at most twelve fields (issue: ≤ 2 minutes of typing)."""

    body = forms.ChoiceField(label=_("哪个会议"), widget=forms.HiddenInput)
    held_on = day(label=_("开会日期"))
    notified_on = day(label=_("通知日期"), required=False)
    due = CountField(label=_("应到人数"))
    present = CountField(label=_("实到人数"))
    votes_for = CountField(label=_("赞成"))
    against = CountField(label=_("反对"), required=False)
    abstain = CountField(label=_("弃权"), required=False)
    place = forms.CharField(label=_("地点"), max_length=120, required=False)
    chair = forms.CharField(label=_("主持人"), max_length=60, required=False)
    minutes = WordsField(
        label=_("会议记录"), rows=4, max_length=20_000, required=False, help_text=_("写要点，或拍照附在下面")
    )
    item = forms.ChoiceField(label=_("决定的事项"), required=False)
    roll = forms.MultipleChoiceField(label=_("到会人员"), required=False, widget=forms.CheckboxSelectMultiple)
    first = (
        "body", "held_on", "notified_on", "roll", "due", "present", "votes_for", "against", "abstain", "item", "place", "chair", "minutes",
    )  # fmt: skip
    #: Papers that any meeting may bring without being asked for.
    PAPERS = (("signed_list", _("签到表")), ("minutes", _("会议记录的照片或文件")))
    MOST = 12

    def __init__(
        self, *args: Any, keep: frozenset[str] = frozenset(), roll: tuple[Any, ...] = (), **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.people = roll
        for name in {"notified_on", "item", "roll"} - set(keep):
            del self.fields[name]
        for key, label in self.PAPERS:
            self.fields.setdefault(SHOWN + key, fields.filed(label))
            self.filed |= {key}
        if len(self.visible_fields()) > self.MOST:  # the least needed goes; the minutes hold it anyway
            del self.fields["chair"]
        if "item" in self.fields:
            named = [("", _("其他事项")), *((code, fields.said(words)) for code, words in ITEMS.items())]
            self.fields["item"].choices = named  # type: ignore[attr-defined]
        if "roll" in self.fields:  # ticked, not typed
            lines = [(each.key, f"{each.name} {each.note}".strip()) for each in roll]
            self.fields["roll"].choices = lines  # type: ignore[attr-defined]
            del self.fields["due"], self.fields["present"]

    def act(self) -> acts.Act:
        data = self.cleaned_data
        here = set(data.get("roll", ()))
        ticked = tuple(
            acts.Attendee(each.name, str(each.key) in here, each.person_id, each.household_id, each.marks)
            for each in self.people
        )
        count = acts.Count(
            due=len(ticked) if ticked else data["due"], present=len(here) if ticked else data["present"],
            votes_for=data["votes_for"], against=data["against"] or 0, abstain=data["abstain"] or 0,
        )  # fmt: skip
        return acts.Hold(
            data["body"], data["held_on"], count, data["place"], data.get("chair", ""), data["minutes"], data.get("notified_on"),
            data.get("item", ""), ticked,
        )  # fmt: skip


#: Form of each act.
FORMS: dict[str, type[StepForm]] = {
    "submit": SubmitForm,
    "amend": AmendForm,
    "judge": JudgeForm,
    "answer": AnswerForm,
    "announce": AnnounceForm,
    "publish": PublishForm,
    "object": ObjectForm,
    "reply": ReplyForm,
    "close": CloseForm,
    "hold": HoldForm,
}


# --- around cases -------------------------------------------------------------------------------------------------


class StartForm(forms.Form):
    """A new case. ``key`` guards against doubling."""

    key = forms.CharField(widget=forms.HiddenInput, max_length=60, required=False)
    unit = forms.TypedChoiceField(label=_("哪个单位的事"), coerce=int)
    title = forms.CharField(label=_("事项名称"), max_length=160, help_text=_("一句话说清楚是什么事"))

    def __init__(self, *args: Any, definition: Definition, viewer: Actor, units: list[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        self.fields["unit"].choices = units  # type: ignore[attr-defined]
        if len(units) == 1:
            self.fields["unit"].widget = forms.HiddenInput()
            self.fields["unit"].initial = units[0][0]
        for key in definition.first.fields:
            field = definition.field(key)
            if field is not None:
                self.fields[DATA + key] = fields.of(field, viewer)

    def case_data(self) -> dict[str, Any]:
        """Values of case fields by key."""
        return {name[len(DATA) :]: value for name, value in self.cleaned_data.items() if name.startswith(DATA)}


class ReasonForm(forms.Form):
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    reason = WordsField(label=_("理由"), max_length=200)


class MoveForm(ReasonForm):
    to_version = forms.TypedChoiceField(label=_("转入哪个版本"), coerce=int, widget=forms.RadioSelect)

    def __init__(self, *args: Any, versions: list[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        self.fields["to_version"].choices = versions  # type: ignore[attr-defined]


class InterestForm(forms.Form):
    person = forms.CharField(
        label=_("谁有利害关系"), max_length=60, help_text=_("填名册中的姓名；是本人就不填"), required=False
    )
    reason = WordsField(label=_("什么关系"), max_length=200, rows=2)


class FilterForm(forms.Form):
    """Filters of the list."""

    q = forms.CharField(label=_("编号或名称"), max_length=60, required=False)
    code = forms.ChoiceField(label=_("程序"), required=False)
    unit = forms.TypedChoiceField(label=_("单位"), required=False, coerce=int, empty_value=None)
    since = day(label=_("发起时间从"), required=False)
    until = day(label=_("发起时间到"), required=False)
    overdue = forms.BooleanField(label=_("只看超期"), required=False)

    def __init__(self, *args: Any, choices: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        for name, given in choices.items():
            self.fields[name].choices = [("", _("全部")), *given]  # type: ignore[attr-defined]


class UploadForm(forms.Form):
    """A definition: TOML or BPMN, as a file or as text."""

    file = forms.FileField(
        label=_("程序文件"), required=False, help_text=_("TOML 文件，或 BPMN 2.0 流程图（.bpmn、.xml）"),
        widget=forms.FileInput(attrs={"accept": ".toml,.bpmn,.xml,.txt"}),
    )  # fmt: skip
    source = forms.CharField(
        label=_("程序内容"), required=False, max_length=200_000, strip=False,
        widget=forms.Textarea(attrs={"rows": 18, "spellcheck": "false"}),
        help_text=_("也可以把 TOML 贴在这里"),
    )  # fmt: skip
    reason = forms.CharField(label=_("为什么要这个版本"), max_length=200, required=False)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not data.get("file") and not (data.get("source") or "").strip():
            self.add_error("file", forms.ValidationError(_("请选择文件，或把内容贴在下面"), code="empty"))
        return data
