"""Masking of what is made public (plain Python). 个人信息保护法 Art. 6, 25, 28; profiles of domain facts §10.1."""

from __future__ import annotations

import re
from collections.abc import Sequence

ID = re.compile(r"(?<!\d)\d{17}[\dXx](?!\d)")
PHONE = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)")
BANK = re.compile(r"(?<!\d)\d{16,19}(?!\d)")
_KINDS = (
    ("id", re.compile(r"身份证|证件号|公民身份")),
    ("phone", re.compile(r"电话|手机|联系方式")),
    ("bank", re.compile(r"银行卡|卡号|账号|账户|存折")),
    ("address", re.compile(r"住址|地址|门牌|住所")),
    ("health", re.compile(r"病种|病情|疾病|残疾类别|诊断|健康状况")),
    ("name", re.compile(r"^(姓名|户主|户主姓名|申请人|受益人|领取人|救助对象|补贴对象|成员姓名)$")),
)
#: none: offices held and contracts with organisations; people: lists of persons (grants, relief, households).
PROFILES = {
    "none": "职务、单位名称如实公开；证件号、电话、银行账号不公开",
    "people": "姓名只留姓；住址只到组；证件号、电话、银行账号、健康信息不公开",
}


def kind_of(heading: str) -> str:
    """What a column holds by its heading: id, phone, bank, address, health, name; "" for anything else."""
    plain = re.sub(r"\s|[（(].*?[)）]", "", heading)
    return next((kind for kind, pattern in _KINDS if pattern.search(plain)), "")


def mask_text(text: str) -> str:
    """Free text without numbers of papers, phones and accounts: the last four are hidden, phones keep three."""
    text = ID.sub(lambda found: found[0][:6] + "********" + "****", text)
    text = PHONE.sub(lambda found: found[0][:3] + "****" + "****", text)
    return BANK.sub(lambda found: found[0][:4] + "****" + "****", text)


def _name(text: str) -> str:
    return text[:1] + "*" * max(len(text) - 1, 1) if text else ""


def _address(text: str) -> str:
    """To the group: what stands before 组 or 网格, otherwise to the village."""
    found = re.match(r".*?(组|网格|村|社区)(?=.*?(\d+号|号|栋|单元|室)?)", text)
    groups = re.findall(r"^.*?(?:组|网格)", text)
    return groups[0] if groups else found[0] if found else "（略）"


def mask_table(
    columns: Sequence[str], rows: Sequence[Sequence[str]], profile: str
) -> tuple[list[str], list[list[str]]]:
    """A table as it may hang on the board: columns that are nobody's business are dropped, names and addresses shortened."""
    kinds = [kind_of(each) for each in columns]
    dropped = {"id", "phone", "bank"} | ({"health"} if profile == "people" else set())
    kept = [at for at, kind in enumerate(kinds) if kind not in dropped]
    masked = []
    for row in rows:
        line = []
        for at in kept:
            cell = str(row[at]) if at < len(row) else ""
            if profile == "people" and kinds[at] == "name":
                cell = _name(cell.strip())
            elif profile == "people" and kinds[at] == "address":
                cell = _address(cell.strip())
            line.append(mask_text(cell))
        masked.append(line)
    return [columns[at] for at in kept], masked


def bare(text: str) -> bool:
    """Whether a text still shows a number of papers, a phone or an account."""
    return bool(ID.search(text) or PHONE.search(text) or BANK.search(text))
