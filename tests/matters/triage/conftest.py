from __future__ import annotations

import pytest

from yanzhen.matters.domain.triage import CategoryTable, Example, Model, train

SUBJECTS = {
    "教育文体": ["学校周末补课收费太高", "幼儿园学费上涨不合理", "老师待遇太低", "中考招生划片不公平", "小学学位不够"],
    "劳动和社会保障": [
        "工厂拖欠工资半年",
        "养老保险断保怎么补缴",
        "工伤认定迟迟不办",
        "退休金发放太晚",
        "公司不签劳动合同",
    ],
    "环境保护": ["养猪场污水直排河里", "化工厂废气刺鼻", "夜间施工噪音扰民", "砖厂粉尘污染严重", "垃圾焚烧气味难闻"],
}
PLACES = ["青山乡", "白水镇", "石桥村", "东门街", "河口组", "新塘村"]
UNITS = {"教育文体": "U-JY", "劳动和社会保障": "U-RS", "环境保护": "U-HB"}


@pytest.fixture(scope="session")
def table() -> CategoryTable:
    return CategoryTable.from_names(
        [
            ("教育文体", "教育收费", "乱收费"),
            ("教育文体", "教育行政管理", "学生负担"),
            ("劳动和社会保障", "工资福利", "工资发放"),
            ("劳动和社会保障", "劳动关系", "劳动合同纠纷"),
            ("环境保护", "环境污染", "水污染"),
            ("环境保护", "环境污染", "噪音污染"),
        ]
    )


@pytest.fixture(scope="session")
def examples(table: CategoryTable) -> list[Example]:
    codes = {table[c].name: c for c in table.first_level}
    return [
        Example(f"我是{place}的居民，{subject}，请有关部门尽快处理。", f"{place}{subject}", codes[name], UNITS[name])
        for name, subjects in SUBJECTS.items()
        for subject in subjects
        for place in PLACES
    ]


@pytest.fixture(scope="session")
def model(table: CategoryTable, examples: list[Example]) -> Model:
    return train(examples, [("水渠损坏", "灌溉水渠坏了两年没人修")], table, seed=3)
