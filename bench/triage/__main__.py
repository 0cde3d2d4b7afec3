"""Measures the triage help on the real messages. Run: ``python -m bench.triage``. See README.md for the method."""

from __future__ import annotations

import csv
import os
import platform
import re
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import confusion_matrix, f1_score
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

from yanzhen.matters.domain import triage
from yanzhen.matters.domain.triage.text import normalise

ROOT = Path(__file__).resolve().parents[2]
SEEDS = (101, 102, 103, 104, 105)
FOLDS = 10
# Every twelfth labelled title was seen when the vocabulary was written: figures are also given without them.
SEEN_STEP = 12
# The publisher replaced places by codes (A市, K2县, 西地省); real texts have no such codes.
CITY_OR_COUNTY = re.compile(r"([A-Z])(\d*)(?=[市县区])")
PLACE_CODE = re.compile(r"[A-Za-z]\d*(?=[市县区省])|西地省")


@dataclass(frozen=True)
class Row:
    id: str
    title: str
    text: str
    label: str = ""
    sent: str = ""
    reply: str = ""
    user: str = ""


def read(name: str) -> list[Row]:
    folder = Path(os.environ.get("YANZHEN_REAL", ROOT / "../shared/real")) / "citizen-messages"
    csv.field_size_limit(10**7)
    with (folder / name).open(encoding="utf-8-sig", newline="") as file:
        return [
            Row(
                r["message_id"],
                r["title"].strip(),
                r["text"].strip(),
                r.get("category_1", ""),
                r["sent_at"],
                r.get("reply", ""),
                r["user"],
            )
            for r in csv.DictReader(file)
        ]


def read_table() -> triage.CategoryTable:
    folder = Path(os.environ.get("YANZHEN_REAL", ROOT / "../shared/real")) / "citizen-messages"
    with (folder / "categories.csv").open(encoding="utf-8-sig", newline="") as file:
        return triage.CategoryTable.from_names(
            (r["category_1"], r["category_2"], r["category_3"]) for r in csv.DictReader(file)
        )


def bare(text: str) -> str:
    return PLACE_CODE.sub("", text)


def shingles(row: Row) -> set[str]:
    plain = normalise(row.title + row.text).text.replace(" ", "")
    return {plain[i : i + 3] for i in range(len(plain) - 2)}


def near_copies(rows: Sequence[Row], others: Sequence[Row]) -> Iterator[tuple[int, int]]:
    """Places (in ``rows``, in ``others``) of texts that share half of the shorter one's shingles."""
    sets = [shingles(r) for r in others]
    holders: dict[str, list[int]] = defaultdict(list)
    for place, found in enumerate(sets):
        for shingle in found:
            holders[shingle].append(place)
    for place, row in enumerate(rows):
        own = shingles(row)
        shared = Counter(other for shingle in own for other in holders.get(shingle, ()))
        for other, count in shared.items():
            if count > 0.5 * min(len(own), len(sets[other])):
                yield place, other


def clusters(rows: Sequence[Row]) -> np.ndarray:
    """One number for each cluster of near-copies, so that folds keep them together."""
    group = np.arange(len(rows))
    for a, b in near_copies(rows, rows):
        group[group == group[a]] = group[b]
    return group


def without_copies(pool: Sequence[Row], labelled: Sequence[Row]) -> list[Row]:
    copies = {place for place, _ in near_copies(pool, labelled)}
    return [row for place, row in enumerate(pool) if place not in copies]


def expected_calibration_error(sure: np.ndarray, right: np.ndarray, bins: int = 10) -> float:
    place = np.minimum((sure * bins).astype(int), bins - 1)
    return float(
        sum(abs(right[place == b].mean() - sure[place == b].mean()) * (place == b).mean() for b in np.unique(place))
    )


def spread(values: Sequence[float]) -> str:
    return f"{np.mean(values):.3f} ± {np.std(values, ddof=1):.3f}  ({min(values):.3f} … {max(values):.3f})"


def line(name: str, value: str) -> None:
    print(f"{name:<58} {value}", flush=True)


def main() -> int:
    began = time.perf_counter()
    cpu = next((x.split(":")[1].strip() for x in _cpuinfo() if x.startswith("model name")), platform.machine())
    line("machine", f"{cpu}, {os.cpu_count()} cores, Python {platform.python_version()}, numpy {np.__version__}")
    labelled, table = read("labelled.csv"), read_table()
    pool = without_copies(read("messages.csv") + read("answered.csv"), labelled)
    groups = clusters(labelled)
    line("labelled / groups of near-copies / unlabelled", f"{len(labelled)} / {len(set(groups))} / {len(pool)}")
    background = categories(labelled, groups, pool, table)
    units(labelled, pool, table, background)
    duplicates()
    line("whole run", f"{time.perf_counter() - began:.0f} s")
    return 0


def categories(
    labelled: list[Row], groups: np.ndarray, pool: list[Row], table: triage.CategoryTable
) -> triage.Background:
    names = {table[c].name: c for c in table.first_level}
    truth = np.array([r.label for r in labelled])
    classes = sorted(set(truth))
    examples = [triage.Example(bare(r.text), bare(r.title), names[r.label]) for r in labelled]
    texts = np.array([normalise(r.title + " " + r.text).text for r in labelled])
    start = time.perf_counter()
    background = triage.Background.learn([(bare(r.title), bare(r.text)) for r in pool], seed=0)
    line("background learned from the unlabelled messages", f"{time.perf_counter() - start:.1f} s")
    start = time.perf_counter()
    model = triage.train(examples, (), table, 0, background=background)
    line("training on all labelled messages", f"{time.perf_counter() - start:.1f} s")
    start = time.perf_counter()
    for example in examples[:100]:
        model.suggest(example.title, example.text)
    line("one suggestion with reasons", f"{(time.perf_counter() - start) * 10:.1f} ms")

    unseen = np.arange(len(labelled)) % SEEN_STEP != 0
    kinds = (
        "plain char 1–4-gram TF-IDF linear SVM",
        "ours",
        "ours without the vocabulary (three seeds)",
        "ours, vocabulary alone",
    )
    scores: dict[str, list[float]] = {k: [] for k in kinds}
    unseen_scores: list[float] = []
    eces: list[float] = []
    per_class: list[np.ndarray] = []
    matrix = np.zeros((len(classes), len(classes)), dtype=int)
    nothing = replace(table, everyday=False)
    cold = triage.train((), (), table, 0)
    zero = [cold.chances(e.title, e.text) for e in examples]
    for seed in SEEDS:
        found = {k: np.empty(len(labelled), dtype=object) for k in kinds}
        sure = np.zeros(len(labelled))
        split = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed)
        for learn, test in split.split(texts, truth, groups):
            svm = make_pipeline(TfidfVectorizer(analyzer="char", ngram_range=(1, 4), sublinear_tf=True), LinearSVC())
            found[kinds[0]][test] = svm.fit(texts[learn], truth[learn]).predict(texts[test])
            for kind, used in ((kinds[1], table), (kinds[2], nothing)):
                if kind == kinds[2] and seed not in SEEDS[:3]:
                    continue
                fold = triage.train([examples[i] for i in learn], (), used, seed, background=background)
                for i in test:
                    chances = fold.chances(examples[i].title, examples[i].text)
                    best = max(chances, key=lambda c: chances[c])
                    found[kind][i] = table[best].name
                    if kind == kinds[1]:
                        sure[i] = chances[best]
        for i, chances in enumerate(zero):
            found[kinds[3]][i] = table[max(chances, key=lambda c: chances[c])].name
        for kind in kinds if seed in SEEDS[:3] else (kinds[0], kinds[1], kinds[3]):
            scores[kind].append(f1_score(truth, found[kind], average="macro", labels=classes))
        ours = found[kinds[1]]
        unseen_scores.append(f1_score(truth[unseen], ours[unseen], average="macro", labels=classes))
        eces.append(expected_calibration_error(sure, ours == truth))
        per_class.append(f1_score(truth, ours, average=None, labels=classes))
        if seed == SEEDS[0]:
            rng = np.random.default_rng(seed)
            drawn = [rng.integers(0, len(truth), len(truth)) for _ in range(500)]
            resampled = [f1_score(truth[d], ours[d], average="macro", labels=classes) for d in drawn]
        matrix += confusion_matrix(truth, ours, labels=classes)
    print(f"\nfirst level, {FOLDS} folds by group, {len(SEEDS)} seeds: macro-F1 mean ± sd (min … max)")
    for kind in kinds:
        line(f"  {kind}", spread(scores[kind]))
    line("  ours, messages whose titles nobody saw beforehand", spread(unseen_scores))
    low, high = np.percentile(resampled, [2.5, 97.5])
    line("  ours, 95 % interval over messages (bootstrap)", f"{low:.3f} … {high:.3f}")
    line("  ours, expected calibration error (10 bins)", spread(eces))
    zero_sure = np.array([max(c.values()) for c in zero])
    zero_right = found[kinds[3]] == truth
    said = f"mean confidence {zero_sure.mean():.2f}, right {zero_right.mean():.2f} (modest on purpose)"
    line("  without any history", said)
    print("\nper class (ours): F1 mean ± sd (min … max), messages")
    for column, name in enumerate(classes):
        count = int((truth == name).sum())
        line(f"  {name}", f"{spread([float(p[column]) for p in per_class])}  n={count}")
    print("\nmost frequent confusions, messages a seed (true → suggested)")
    pairs = [(matrix[i, j] / len(SEEDS), a, b) for i, a in enumerate(classes) for j, b in enumerate(classes) if i != j]
    for count, a, b in sorted(pairs, reverse=True)[:6]:
        line(f"  {a} → {b}", f"{count:.1f}")
    return background


# Names of departments as replies write them → one code. From the usual list of county departments.
DEPARTMENTS = {
    "教育": "教育局 教体局 教育和体育局 教委",
    "人社": "人社局 人力资源和社会保障局 人力资源社会保障局 社保局 劳动保障局",
    "卫健": "卫健局 卫健委 卫计局 卫计委 卫生健康委 卫生健康局 卫生和计划生育 卫生局",
    "生态环境": "生态环境局 环保局 环境保护局",
    "交通": "交通运输局 交通局 交通运输委员会 交通委 公路局 运管",
    "市场监管": "市场监管局 市场监督管理局 工商局 工商分局 质监局 食药监局 食品药品监督",
    "住建": "住建局 住建委 住房和城乡建设 房产局 房管局 住房保障",
    "城管": "城管局 城管执法局 城市管理 城管委 行政执法局 城管大队",
    "规划国土": "规划局 城乡规划局 自然资源和规划局 国土资源局 国土局 自然资源局",
    "公安": "公安局 公安分局 派出所 交警",
    "民政": "民政局",
    "农业": "农业局 农业农村局 农业委员会",
    "水利": "水利局 水务局",
    "财税金融": "财政局 税务局 金融办 人民银行",
    "发改": "发改委 发改局 发展和改革",
    "公积金": "公积金管理中心 公积金中心",
    "文旅": "文广新局 旅游局 文旅局 文化和旅游",
}


def department(reply: str) -> str:
    """The department a reply names first, "" if none within its first 400 characters."""
    places = [
        (at, code) for code, words in DEPARTMENTS.items() for w in words.split() if (at := reply[:400].find(w)) >= 0
    ]
    return min(places)[1] if places else ""


def units(labelled: list[Row], pool: list[Row], table: triage.CategoryTable, background: triage.Background) -> None:
    names = {table[c].name: c for c in table.first_level}
    known = [(r, d) for r in pool if r.reply and (d := department(r.reply))]
    frequent = {d for d, n in Counter(d for _, d in known).items() if n >= 5}
    known = [(r, d) for r, d in known if d in frequent]
    rows = [r for r, _ in known]
    truth = np.array([d for _, d in known])
    decided = [triage.Example(bare(r.text), bare(r.title), names[r.label]) for r in labelled]
    model = triage.train(decided, (), table, 0, background=background)
    examples = [triage.Example(bare(r.text), bare(r.title), "", d) for r, d in known]
    rng_groups = clusters(rows)
    first, third, sure, mode = (np.zeros(len(rows)) for _ in range(4))
    start = time.perf_counter()
    for learn, test in StratifiedGroupKFold(5, shuffle=True, random_state=SEEDS[0]).split(truth, truth, rng_groups):
        fold = triage.train_units([examples[i] for i in learn], model, SEEDS[0])
        common = Counter(truth[learn]).most_common(1)[0][0]
        for i in test:
            got = fold.suggest(examples[i].title, examples[i].text, k=3)
            first[i] = got[0].code == truth[i]
            third[i] = truth[i] in {s.code for s in got}
            sure[i] = got[0].confidence
            mode[i] = truth[i] == common
    print(
        f"\nunit: the department a reply names first, {len(rows)} answered messages, {len(set(truth))} units, 5 folds"
    )
    line("  most frequent unit always", f"{mode.mean():.3f}")
    line("  ours, first suggestion right", f"{first.mean():.3f}")
    line("  ours, right one among three", f"{third.mean():.3f}")
    line("  ours, expected calibration error", f"{expected_calibration_error(sure, first > 0):.3f}")
    line("  time of the five folds", f"{time.perf_counter() - start:.1f} s")


def duplicates() -> None:
    rows = {r.id: r for r in read("messages.csv") + read("answered.csv")}
    with (Path(__file__).parent / "duplicates.csv").open(encoding="utf-8", newline="") as file:
        pairs = [(r["id_a"], r["id_b"], int(r["label"])) for r in csv.DictReader(file)]
    start = time.perf_counter()
    notes = {i: triage.Note(bare(r.title), bare(r.text)) for i, r in rows.items()}
    weights = triage.TermWeights.learn(list(notes.values()))
    learned = time.perf_counter() - start
    truth = np.array([label for _, _, label in pairs])
    start = time.perf_counter()
    verdict = {
        (a, b): triage.is_near_duplicate(
            notes[a], notes[b], threshold=0.0, same_place=None, days_apart=None, weights=weights
        ).score
        for a, b, _ in pairs
    }
    ours = np.array([verdict[a, b] for a, b, _ in pairs])
    each = (time.perf_counter() - start) / len(pairs) * 1000
    prints = {i: triage.signature(n.title + n.text) for i, n in notes.items() if any(i in p for p in verdict)}
    minhash = np.array([triage.similarity(prints[a], prints[b]) for a, b, _ in pairs])
    print(f"\nnear-duplicates: {len(pairs)} pairs read and labelled, {truth.sum()} of one matter")
    print("threshold chosen on nine tenths (whole clusters of messages), measured on the last tenth")
    for name, score in (("MinHash similarity", minhash), ("ours: weighted shared words", ours)):
        line(f"  {name}", _held_out(score, truth, pairs))
    keys = {i: {*triage.bands(prints[i]), *triage.keys(notes[i], weights)} for i in prints}
    shared = np.array([bool(keys[a] & keys[b]) for a, b, _ in pairs])
    only = np.array([bool(set(triage.bands(prints[a])) & set(triage.bands(prints[b]))) for a, b, _ in pairs])
    apart = np.array([places_differ(rows[a], rows[b]) for a, b, _ in pairs])
    line("  ours, places known to differ ruled out", _held_out(np.where(apart, 0.0, ours), truth, pairs))
    line("  candidates found by bands alone, share of true pairs", f"{only[truth == 1].mean():.3f}")
    line("  candidates found by bands and keys, share of true pairs", f"{shared[truth == 1].mean():.3f}")
    line("  rarity learned from all messages / one comparison", f"{learned:.1f} s / {each:.1f} ms")


def places_differ(a: Row, b: Row) -> bool:
    """Whether both name places by the publisher's codes and none in common (what located matters know)."""
    found = [set(CITY_OR_COUNTY.findall(r.title) or CITY_OR_COUNTY.findall(r.text[:300])) for r in (a, b)]
    cities, counties = ([{c for c, _ in f} for f in found], [{c + n for c, n in f if n} for f in found])
    return any(x and y and not x & y for x, y in (cities, counties))


def _held_out(score: np.ndarray, truth: np.ndarray, pairs: list[tuple[str, str, int]]) -> str:
    group: dict[str, str] = {}
    for a, b, _ in pairs:
        old, new = group.get(a, a), group.get(b, b)
        group.setdefault(a, old)
        group.setdefault(b, new)
        group = {k: (new if v == old else v) for k, v in group.items()}
    cluster = np.array([group[a] for a, _, _ in pairs])
    said = np.zeros(len(truth), dtype=bool)
    chosen = []
    for learn, test in StratifiedGroupKFold(10, shuffle=True, random_state=SEEDS[0]).split(score, truth, cluster):
        best = max(np.unique(score[learn]), key=lambda t: f1_score(truth[learn], score[learn] >= t))
        said[test] = score[test] >= best
        chosen.append(float(best))
    hit = int((said & (truth == 1)).sum())
    precision, recall = hit / max(1, int(said.sum())), hit / int(truth.sum())
    f1 = f1_score(truth, said)
    return f"P {precision:.3f}  R {recall:.3f}  F1 {f1:.3f}  threshold {np.median(chosen):.2f}"


def _cpuinfo() -> list[str]:
    try:
        return Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return []


if __name__ == "__main__":
    sys.exit(main())
