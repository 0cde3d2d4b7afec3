"""The published script: anybody with Python checks a draw with it. Printed in every report, twenty lines, nothing but the standard
library."""

from __future__ import annotations

SCRIPT = """\
# 复核抽查结果 / check a draw:  python check_draw.py 名单.csv "种子"
import csv, hashlib, sys

path, seed = sys.argv[1:3]
rows = list(csv.DictReader(open(path, encoding="utf-8-sig", newline="")))

def ticket(row):
    return hashlib.sha256(f"{seed}|{row['code']}".encode()).hexdigest()

for stratum in sorted({row["stratum"] for row in rows}):
    mates = [row for row in rows if row["stratum"] == stratum]
    quota, must = int(mates[0]["quota"]), int(mates[0]["must"])
    pool = sorted((row for row in mates if row["pool"] in ("due", "free")), key=ticket)
    first = [row for row in pool if row["pool"] == "due"][:must]
    rest = [row for row in pool if row not in first][: quota - len(first)]
    for row in sorted(first + rest, key=ticket):
        print(stratum, row["code"], row["name"], ticket(row)[:12], sep="\\t")
"""
