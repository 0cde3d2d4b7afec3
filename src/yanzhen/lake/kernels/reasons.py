"""Why a value or a row is not taken, as small numbers with a sentence for the department."""

from __future__ import annotations

REQUIRED = 1
FORM = 2
REGION = 3
BIRTH = 4
CHECK = 5
CODE = 6
RANGE = 7
PATTERN = 8
DATE = 9
NUMBER = 10
NAME = 11
PHONE = 12
DIVISION = 13
TWICE = 14
BROKEN = 15
GARBLED = 16
FUTURE = 17

WORDS = {
    REQUIRED: ("required", "必填项是空的"),
    FORM: ("form", "格式不对"),
    REGION: ("region", "号码前两位不是任何省份"),
    BIRTH: ("birth", "号码里的出生日期不存在"),
    CHECK: ("check", "校验码不对"),
    CODE: ("code", "代码集里没有这个代码"),
    RANGE: ("range", "超出允许的范围"),
    PATTERN: ("pattern", "不符合规定的写法"),
    DATE: ("date", "不是存在的日期"),
    NUMBER: ("number", "不是数字"),
    NAME: ("name", "不像姓名"),
    PHONE: ("phone", "不像电话号码"),
    DIVISION: ("division", "没有这个区划代码"),
    TWICE: ("twice", "主键与后面的一行相同"),
    BROKEN: ("broken", "这一行的列数与表头不符"),
    GARBLED: ("garbled", "编码损坏，有无法辨认的字"),
    FUTURE: ("future", "日期在将来"),
}
