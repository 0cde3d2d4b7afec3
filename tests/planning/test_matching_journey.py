"""A clerk's journey through the command: lists with three typical mistakes → errors by line → corrected → plan → two lines locked by hand →
plan again with the diff → Word list for signature. Real workbooks; the console command as it is."""

from __future__ import annotations

import csv
import json
import signal
from pathlib import Path

import pytest
import typer
from docx import Document
from openpyxl import Workbook, load_workbook
from typer.testing import CliRunner, Result

from yanzhen.planning import console
from yanzhen.planning.cli import register
from yanzhen.planning.kernel import Plan, load_plan
from yanzhen.planning.matching import Pairing, gap

EXAMPLE = Path(__file__).resolve().parents[2] / "examples/planning/matching"


def run(*arguments: object) -> Result:
    """``yanzhen plan matching …``."""
    app = typer.Typer()
    register(app, typer.Typer())
    return CliRunner().invoke(app, ["plan", "matching", *map(str, arguments)])


def rows(name: str) -> list[list[str]]:
    with (EXAMPLE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def workbook(path: Path, title: str, table: list[list[str]]) -> Path:
    """As it comes from a county: a title above, numbers as numbers, codes as text."""
    book = Workbook()
    sheet = book.active
    sheet.title = title
    sheet.append([f"青江县{title}（2026年）"])
    sheet.append(table[0])
    for row in table[1:]:
        numeric = {"数量", "承担能力", "经度", "纬度"}
        sheet.append(
            [
                float(cell) if head in numeric and cell and _is_number(cell) else cell
                for head, cell in zip(table[0], row, strict=True)
            ]
        )
    book.save(path)
    return path


def _is_number(cell: str) -> bool:
    return cell.replace(".", "", 1).isdigit()


def plan_of(folder: Path) -> Plan[Pairing]:
    return load_plan((folder / "plan.json").read_text(encoding="utf-8"), Pairing)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_from_mistakes_to_the_list_for_signature(tmp_path: Path) -> None:
    needs, ones = rows("needs.csv"), rows("specialists.csv")
    wrong_needs, wrong_ones = [list(row) for row in needs], [list(row) for row in ones]
    wrong_needs[3][needs[0].index("数量")] = "两人"  # words for a number
    wrong_needs[5][0] = wrong_needs[4][0]  # the same number twice
    wrong_ones[2][ones[0].index("学科代码")] = "210301"  # a code that lost its last digit in Excel
    bad_needs = workbook(tmp_path / "需求.xlsx", "需求清单", wrong_needs)
    bad_ones = workbook(tmp_path / "供给.xlsx", "供给清单", wrong_ones)
    out = tmp_path / "out"

    refused = run("solve", "--needs", bad_needs, "--specialists", bad_ones, "--out", out)
    assert refused.exit_code == 1
    assert not (out / "plan.json").exists()
    for words in (
        "需求清单 第 5 行【数量】：“两人”不是数",
        "需求清单 第 7 行【编号】：“N004”与第 6 行重复",
        "供给清单 第 4 行【学科代码】：“210301”",
    ):
        assert words in refused.output
    returned = load_workbook(out / "problems-需求.xlsx").active
    last = returned.max_column
    assert returned.cell(2, last).value == "问题"
    assert "不是数" in returned.cell(5, last).value
    assert "重复" in returned.cell(7, last).value
    assert "210301" in load_workbook(out / "problems-供给.xlsx").active.cell(4, len(ones[0]) + 1).value

    good_needs, good_ones = workbook(bad_needs, "需求清单", needs), workbook(bad_ones, "供给清单", ones)
    lists = ("--needs", good_needs, "--specialists", good_ones, "--rules", EXAMPLE / "rules.json")
    done = run("solve", *lists, "--out", out)
    assert done.exit_code == 0, done.output
    assert "已证明最优" in done.output
    first = plan_of(out)
    assert first.status == "optimal"
    assert first.signed_by == "青江县委组织部（示例）"

    fixed, forbidden = first.lines[0], first.lines[1]
    why = run("explain", *lists, "--plan", out / "plan.json", fixed.key)
    assert "改派" in why.output
    other = load_plan((out / "plan.json").read_text(encoding="utf-8"), Pairing)
    locks = workbook(
        tmp_path / "锁定.xlsx", "锁定",
        [["锁定", "对象", "安排", "理由", "决定人"], ["固定", fixed.need, fixed.specialist, "已签任务书", "县委组织部"], ["禁止", forbidden.need, forbidden.specialist, "本人另有任务", "县委组织部"]],
    )  # fmt: skip
    again = tmp_path / "again"
    done = run("solve", *lists, "--locks", locks, "--previous", out / "plan.json", "--out", again)
    assert done.exit_code == 0, done.output
    assert "与上次相比" in done.output
    second = plan_of(again)
    pairs = {(line.need, line.specialist) for line in second.lines}
    assert (fixed.need, fixed.specialist) in pairs
    assert (forbidden.need, forbidden.specialist) not in pairs
    assert second.previous == other.digest
    assert len(second.locks) == 2

    words = Document(str(again / "list.docx"))
    table = [[cell.text for cell in row.cells] for row in words.tables[0].rows]
    assert table[0][-2:] == ["锁定", "与上次"]
    assert len(table) == 1 + len(second.lines) + len(second.unmet)
    assert any("锁定" in row for row in table[1:])
    assert "签发：" in [paragraph.text for paragraph in words.paragraphs]
    page = (again / "report.html").read_text(encoding="utf-8")
    assert "与上次的变化" in page
    assert "Changes" in page

    # the third run without changes changes nothing, and the locks of the earlier plan still hold
    third = tmp_path / "third"
    done = run("solve", *lists, "--previous", again / "plan.json", "--out", third, "--no-stable")
    assert "0 处改变" in done.output
    assert plan_of(third).locks == second.locks

    # a list edited by hand is judged by the same rules
    book = load_workbook(again / "list.xlsx")
    sheet = book["名单"]
    column = [cell.value for cell in sheet[2]].index("专家编号") + 1
    sheet.cell(3, column).value = "S10"  # did not agree
    book.save(tmp_path / "edited.xlsx")
    judged = run("check", *lists, "--plan", again / "plan.json", "--list", tmp_path / "edited.xlsx")
    assert judged.exit_code == 3
    assert "本人没有同意" in judged.output


def test_refusals_are_in_words(tmp_path: Path) -> None:
    lists = ("--needs", EXAMPLE / "needs.csv", "--specialists", EXAMPLE / "specialists.csv")
    rules = tmp_path / "rules.json"
    rules.write_text(json.dumps({"oder": ["filled"]}), encoding="utf-8")
    refused = run("solve", *lists, "--rules", rules, "--out", tmp_path, "--lang", "en")
    assert refused.exit_code == 1
    assert "no parameter oder; did you mean order" in refused.output
    changed = tmp_path / "plan.json"
    assert run("solve", *lists, "--out", tmp_path, "--no-stable").exit_code == 0
    changed.write_text(changed.read_text(encoding="utf-8").replace('"seed": 0', '"seed": 1'), encoding="utf-8")
    refused = run("solve", *lists, "--previous", changed, "--out", tmp_path / "x")
    assert refused.exit_code == 1
    assert "被改过" in refused.output
    assert run("solve", *lists, "--out", tmp_path, "--lang", "fr").exit_code == 2


def test_control_c_asks_for_the_best_plan_so_far(capsys: pytest.CaptureFixture[str]) -> None:
    """The first Ctrl-C sets the token that solvers watch; the second ends at once; afterwards the handler is the old one."""
    before = signal.getsignal(signal.SIGINT)
    with console.running(60, lang="en") as limits:
        run_ = limits.begin()
        assert not run_.over
        signal.raise_signal(signal.SIGINT)
        assert run_.over
        assert limits.cancel is not None
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before
    assert "best plan so far" in capsys.readouterr().err


def test_the_template_holds_every_list(tmp_path: Path) -> None:
    assert run("template", tmp_path / "空表.xlsx").exit_code == 0
    book = load_workbook(tmp_path / "空表.xlsx")
    assert book.sheetnames == ["供给清单", "需求清单", "合作基础", "回避", "路程"]
    # one workbook serves for both lists, with the example lines it comes with
    done = run(
        "solve",
        "--needs",
        tmp_path / "空表.xlsx",
        "--specialists",
        tmp_path / "空表.xlsx",
        "--out",
        tmp_path,
        "--no-stable",
    )
    assert done.exit_code == 0, done.output
    assert len(plan_of(tmp_path).lines) == 1


# -- the assignment instances of the literature ------------------------------------------------------------------------------------


def test_gap_finds_and_proves_a_small_optimum() -> None:
    import itertools

    import numpy as np

    rng = np.random.default_rng(3)
    cost, weight = rng.integers(5, 30, (3, 7)).astype(float), rng.integers(3, 9, (3, 7)).astype(float)
    capacity = np.array([14.0, 15.0, 16.0])
    best = min(
        sum(cost[a, j] for j, a in enumerate(agents))
        for agents in itertools.product(range(3), repeat=7)
        if all(sum(weight[a, j] for j, a in enumerate(agents) if a == i) <= capacity[i] for i in range(3))
    )
    from yanzhen.planning.kernel import Limits

    found = gap.solve_gap(cost, weight, capacity, Limits(seconds=10))
    assert found.value == best
    assert found.bound == best
    load = np.bincount(found.agent, weight[list(found.agent), range(7)], 3)
    assert (load <= capacity).all()


def test_an_instance_is_read_as_it_is_printed() -> None:
    cost, weight, capacity = gap.read_gap(" 2 3\n 1 2 3 \n 4 5 6\n 7 8 9\n 1 1 1\n 5 6 ")
    assert cost.tolist() == [[1, 2, 3], [4, 5, 6]]
    assert weight.tolist() == [[7, 8, 9], [1, 1, 1]]
    assert capacity.tolist() == [5, 6]
