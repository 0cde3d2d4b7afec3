"""Rules of people's files: ID numbers, phones, names and their spelling, coded lists (plain Python)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from pypinyin import Style, lazy_pinyin

from yanzhen.kernel.errors import DomainError

# GB/T 2261.1
SEX = {"0": "未知", "1": "男", "2": "女", "9": "未说明"}
# GB/T 4761-2008, the codes used in the field; 01 and 02 are the head of the household
RELATION = {
    "01": "本人或户主", "02": "户主", "10": "配偶", "20": "子", "30": "女", "40": "孙子女、外孙子女",
    "50": "父母", "60": "祖父母、外祖父母", "70": "兄弟姐妹", "80": "其他", "97": "其他亲属", "99": "非亲属",
}  # fmt: skip
HEADS = ("01", "02")
# GB/T 4762
POLITICAL = {
    "01": "中共党员", "02": "中共预备党员", "03": "共青团员", "04": "民革党员", "05": "民盟盟员", "06": "民建会员", "07": "民进会员",
    "08": "农工党党员", "09": "致公党党员", "10": "九三学社社员", "11": "台盟盟员", "12": "无党派人士", "13": "群众",
}  # fmt: skip
# GB/T 3304
_NATIONS = (
    "汉族 蒙古族 回族 藏族 维吾尔族 苗族 彝族 壮族 布依族 朝鲜族 满族 侗族 瑶族 白族 土家族 哈尼族 哈萨克族 傣族 黎族 傈僳族 佤族 畲族 "
    "高山族 拉祜族 水族 东乡族 纳西族 景颇族 柯尔克孜族 土族 达斡尔族 仫佬族 羌族 布朗族 撒拉族 毛南族 仡佬族 锡伯族 阿昌族 普米族 "
    "塔吉克族 怒族 乌孜别克族 俄罗斯族 鄂温克族 德昂族 保安族 裕固族 京族 塔塔尔族 独龙族 鄂伦春族 赫哲族 门巴族 珞巴族 基诺族"
)
NATION = {f"{number:02d}": name for number, name in enumerate(_NATIONS.split(), 1)}

# --- ID numbers (GB 11643) --------------------------------------------------------------------------------------------

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"


@dataclass(frozen=True, slots=True)
class IdFacts:
    """What an ID number says by itself, so that nobody is asked for it again. ``sex`` by GB/T 2261.1."""

    number: str
    birth: date
    sex: Literal["1", "2"]


def check_digit(body: str) -> str:
    """Check character of the first seventeen digits (ISO 7064 MOD 11-2, GB 11643 §4)."""
    return _CHECKS[sum(int(char) * weight for char, weight in zip(body, _WEIGHTS, strict=True)) % 11]


def read_id(text: str, today: date) -> IdFacts:
    """A checked ID number with birth date and sex; DomainError with field ``id_number``.

    The messages never repeat the number: they reach logs and error columns.
    """
    number = re.sub(r"\s", "", text).upper()
    if not re.fullmatch(r"\d{17}[\dX]", number):
        raise DomainError("people.id.shape", "身份证号应为18位（最后一位可以是X）。", field="id_number")
    if check_digit(number[:17]) != number[17]:
        raise DomainError("people.id.check", "身份证号校验位不对，请核对有没有写错数字。", field="id_number")
    try:
        birth = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError as error:
        raise DomainError("people.id.birth", "身份证号里的出生日期不存在。", field="id_number") from error
    if not date(1880, 1, 1) <= birth <= today:
        raise DomainError("people.id.birth_range", "身份证号里的出生日期不合理。", field="id_number")
    return IdFacts(number, birth, "1" if int(number[16]) % 2 else "2")


def temporary_key(unit_code: str, number: int) -> str:
    """Key for somebody without an ID number: L, the unit's division code, a running number."""
    return f"L{unit_code[:12]}{number:06d}"


# --- phones, names ----------------------------------------------------------------------------------------------------


def read_phone(text: str) -> str:
    """A mobile or landline number in digits ("" stays ""); DomainError with field ``phone``."""
    digits = re.sub(r"[\s\-()（）]", "", text)
    digits = re.sub(r"^(\+86|0086|86(?=1\d{10}$))", "", digits)
    if digits and not re.fullmatch(r"1[3-9]\d{9}|0\d{9,11}|[2-8]\d{6,7}", digits):
        raise DomainError("people.phone.shape", "电话号码不对：手机号应为11位，固定电话请写区号。", field="phone")
    return digits


def read_name(text: str) -> str:
    """A person's name: blanks between Chinese characters dropped, the dot of minority names made ·; DomainError otherwise."""
    name = re.sub(r"[•‧∙・．.](?=[\u3400-\u9fff])", "·", text.strip())
    name = re.sub(r"(?<=[^\x00-\x7f])\s+(?=[^\x00-\x7f])", "", name)
    name = re.sub(r"\s+", " ", name)
    if not 1 <= len(name) <= 60 or re.search(r"[\d<>@#*/\\]", name):
        raise DomainError("people.name.shape", "请填写姓名，不含数字和符号。", field="name")
    return name


# Surnames that are read otherwise than the same character elsewhere. Two-character surnames first.
SURNAMES: Mapping[str, str] = {
    "尉迟": "yu chi", "万俟": "mo qi", "长孙": "zhang sun", "澹台": "tan tai", "令狐": "ling hu", "单于": "chan yu",
    "宇文": "yu wen", "皇甫": "huang fu", "夏侯": "xia hou", "鲜于": "xian yu", "宰父": "zai fu", "毋丘": "guan qiu",
    "单": "shan", "曾": "zeng", "解": "xie", "仇": "qiu", "区": "ou", "查": "zha", "盖": "ge", "任": "ren", "朴": "piao",
    "覃": "qin", "缪": "miao", "繁": "po", "秘": "bi", "折": "she", "召": "shao", "黑": "he", "种": "chong", "重": "chong",
    "翟": "zhai", "乐": "yue", "员": "yun", "洗": "xian", "冼": "xian", "柏": "bai", "牟": "mu", "逄": "pang", "阚": "kan",
    "昝": "zan", "郇": "xun", "谌": "chen", "郗": "xi", "隗": "wei", "佴": "nai", "祭": "zhai", "能": "nai", "那": "na",
    "幺": "yao", "便": "pian", "句": "gou", "呙": "guo", "揭": "jie", "燕": "yan", "应": "ying", "於": "yu", "眭": "sui",
    "相": "xiang", "省": "xing", "肖": "xiao", "冯": "feng", "臧": "zang", "藏": "zang", "盛": "sheng", "宁": "ning",
    "曲": "qu", "沈": "shen", "贾": "jia", "哈": "ha", "车": "che", "石": "shi", "叶": "ye", "行": "xing", "华": "hua",
    "干": "gan", "占": "zhan", "卜": "bu", "都": "du", "葛": "ge", "过": "guo", "撒": "sa", "尹": "yin", "教": "jiao",
    "纪": "ji", "薄": "bo", "卡": "ka", "谷": "gu", "褚": "chu", "朝": "chao", "晁": "chao", "会": "gui", "殷": "yin",
}  # fmt: skip


def spelled(name: str) -> tuple[str, str]:
    """Full pinyin without tones and blanks, and the initials: 曾小梅 → ("zengxiaomei", "zxm"). ü is v."""
    head: list[str] = []
    rest = name
    for length in (2, 1):
        if len(name) > length - 1 and name[:length] in SURNAMES:
            head, rest = SURNAMES[name[:length]].split(), name[length:]
            break
    parts = head + [part for part in lazy_pinyin(rest, style=Style.NORMAL, errors="default") if part.strip()]
    letters = [re.sub(r"[^a-z]", "", part.lower()) for part in parts]
    return "".join(letters)[:120], "".join(part[0] for part in letters if part)[:20]


def spelled_place(name: str) -> tuple[str, str]:
    """Full pinyin and initials of a place name (no surnames in it)."""
    letters = [re.sub(r"[^a-z]", "", part.lower()) for part in lazy_pinyin(name, errors="ignore")]
    return "".join(letters)[:160], "".join(part[0] for part in letters if part)[:40]


# --- searching --------------------------------------------------------------------------------------------------------

SearchKind = Literal["none", "id", "tail", "phone", "name", "letters", "key"]


def search_kind(text: str) -> tuple[SearchKind, str]:
    """What somebody typed into the search box: an ID number, its last four, a phone, a name, pinyin or initials."""
    raw = re.sub(r"\s", "", text)
    upper = raw.upper()
    if not raw:
        return "none", ""
    if re.fullmatch(r"\d{17}[\dX]", upper):
        return "id", upper
    if re.fullmatch(r"\d{3}[\dX]", upper):
        return "tail", upper
    if re.fullmatch(r"L\d{12,18}", upper):
        return "key", upper
    if re.fullmatch(r"[+\d()-]{7,}", raw):
        return "phone", re.sub(r"^(\+86|0086)|[()-]", "", raw)
    if re.fullmatch(r"[A-Za-z·']+", raw):
        return "letters", raw.lower().replace("'", "").replace("·", "")
    return "name", raw


# --- households, merging ------------------------------------------------------------------------------------------------


def check_span(start: date, today: date, field: str = "on") -> None:
    """A move or a death is dated today or before."""
    if start > today:
        raise DomainError("people.date.future", "日期不能晚于今天。", field=field)


def check_merge(kept_id: int, other_id: int, kept_index: str, other_index: str) -> None:
    """Two files are one person's: never when both hold an ID number and the numbers differ."""
    if kept_id == other_id:
        raise DomainError("people.merge.self", "请选择另一份档案。", field="other")
    if kept_index and other_index and kept_index != other_index:
        raise DomainError("people.merge.ids", "两份档案的身份证号不同，不是同一个人，不能合并。", field="other")
