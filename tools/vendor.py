"""Fetch, check and record the browser assets that Yanzhen ships with itself.

Nothing is loaded from outside at run time, so the few third-party files live in the source tree:

    python tools/vendor.py           fetch the pinned packages with npm, write files and lock
    python tools/vendor.py --check   compare the files on disk with the lock (no network, no npm)

Each package is pinned by version and by the registry's ``sha512`` integrity value; the tarball is refused when
they differ. Source-map comments are cut off, because the maps are not shipped and the static-file manifest would
look for them. The icon sprite is built from the listed icons only.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import re
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STATIC = ROOT / "src" / "yanzhen" / "kernel" / "ui" / "static" / "ui"
VENDOR = STATIC / "vendor"
LOCK = VENDOR / "vendor.lock.json"


@dataclass(frozen=True, slots=True)
class Package:
    """One npm package: what is taken out of its tarball (member → file name in the vendor folder)."""

    name: str
    version: str
    licence: str
    integrity: str
    files: tuple[tuple[str, str], ...]


PACKAGES = (
    Package(
        "htmx.org",
        "4.0.1",
        "0BSD",
        "sha512-oF7JgXhDW9UXCy/k1ZYFUQgzu/rm19ORWPSPNL91vPluB2PB9+MV55tyQdH/w7o2EAbTYUG5SDW1R60mdkdqGg==",
        (("dist/htmx.min.js", "htmx.min.js"), ("LICENSE", "htmx.LICENSE.txt")),
    ),
    Package(
        "bootstrap",
        "5.3.8",
        "MIT",
        "sha512-HP1SZDqaLDPwsNiqRqi5NcP0SSXciX2s9E+RyqJIIqGo+vJeN5AJVM98CXmW/Wux0nQ5L7jeWUdplCEf0Ee+tg==",
        (("dist/css/bootstrap.min.css", "bootstrap.min.css"), ("LICENSE", "bootstrap.LICENSE.txt")),
    ),
    Package(
        "echarts",
        "6.1.0",
        "Apache-2.0",
        "sha512-q0yaFPggC9FUdsWH4blavRWFmxdrIodbkoKNAjJudAI6CA9gNPxHtV2RcZNEepZVlk4yvBYkOkbk6HIVpIyHZA==",
        (
            ("dist/echarts.common.min.js", "echarts.common.min.js"),
            ("LICENSE", "echarts.LICENSE.txt"),
            ("NOTICE", "echarts.NOTICE.txt"),
        ),
    ),
    Package(
        "dexie",
        "4.4.7",
        "Apache-2.0",
        "sha512-wemFiCl3DTCnfzyqepUTX1ugbYbkTrw3aEZOG7YjAOUoEQB5g5PrEywPzk5JpbX/SxqQ9IvjUpxCDIEjoOWEfA==",
        (("dist/dexie.min.js", "dexie.min.js"), ("LICENSE", "dexie.LICENSE.txt")),
    ),
    Package(
        "@tabler/icons",
        "3.51.0",
        "MIT",
        "sha512-0pinvPZz7YeX+OSfxuEAbnEPWbocVXW5iU8h5lh41pYG8sZuQfpWECC980lxOT0clGIcNGn8xsBr+zKaRGdA/g==",
        (("LICENSE", "tabler-icons.LICENSE.txt"),),
    ),
)

SPRITE = "icons.svg"
ICONS = """
alert-triangle archive arrow-back-up arrow-right bell book building building-community calendar camera chart-bar
check chevron-down chevron-left chevron-right chevron-up circle-check clock copy device-floppy download external-link
eye eye-off file-text filter flag folder git-merge help history home inbox info-circle keyboard language link
list-check lock logout map-2 map-pin menu-2 message-circle message-report microphone minus pencil phone photo
player-pause plus printer qrcode refresh scale search send settings shield-check sitemap star switch-horizontal
table text-size trash upload user user-circle users wifi-off x
""".split()  # noqa: SIM905 a list of seventy names reads better as text

SOURCE_MAP = re.compile(rb"\s*(?://[#@]\s*sourceMappingURL=\S+|/\*[#@]\s*sourceMappingURL=[^*]+\*/)\s*$")


class VendorError(Exception):
    """A package or file is not what the pin or the lock says; the text names it."""


def sha256(data: bytes) -> str:
    """Hexadecimal SHA-256 of the bytes."""
    return hashlib.sha256(data).hexdigest()


def fetch(package: Package, into: Path) -> Path:
    """Download the tarball with npm and return its path; VendorError when its integrity is not the pinned one."""
    done = subprocess.run(
        ["npm", "pack", f"{package.name}@{package.version}", "--silent"],
        cwd=into,
        check=True,
        capture_output=True,
        text=True,
    )
    tarball = into / done.stdout.strip().splitlines()[-1]
    digest = "sha512-" + base64.b64encode(hashlib.sha512(tarball.read_bytes()).digest()).decode()
    if digest != package.integrity:
        raise VendorError(f"{package.name} {package.version}: integrity {digest} is not the pinned one")
    return tarball


def member(tar: tarfile.TarFile, name: str) -> bytes:
    """Bytes of one file of an npm tarball."""
    handle = tar.extractfile(f"package/{name}")
    if handle is None:
        raise VendorError(f"{name} is not a file of the package")
    return handle.read()


def symbol(name: str, svg: str) -> str:
    """One ``<symbol>`` of the sprite from one icon file (strokes follow the text colour)."""
    body = svg[svg.index(">") + 1 : svg.rindex("</svg>")]
    paths = [" ".join(line.split()) for line in body.strip().splitlines() if 'd="M0 0h24v24H0z"' not in line]
    return f'<symbol id="{name}" viewBox="0 0 24 24">{"".join(paths)}</symbol>'


def sprite(tar: tarfile.TarFile) -> bytes:
    """The SVG sprite of ICONS, in the order of the list, one symbol a line."""
    symbols = [symbol(name, member(tar, f"icons/outline/{name}.svg").decode()) for name in ICONS]
    head = '<svg xmlns="http://www.w3.org/2000/svg">'
    return "\n".join([head, "<!-- Tabler Icons, MIT -->", *symbols, "</svg>", ""]).encode()


def vendor() -> dict[str, dict[str, str]]:
    """Fetch everything, write the files and the lock, and return the lock's file table."""
    VENDOR.mkdir(parents=True, exist_ok=True)
    table: dict[str, dict[str, str]] = {}

    def put(name: str, data: bytes, package: Package) -> None:
        (VENDOR / name).write_bytes(data)
        table[name] = {
            "package": package.name,
            "version": package.version,
            "licence": package.licence,
            "integrity": package.integrity,
            "sha256": sha256(data),
        }

    with tempfile.TemporaryDirectory() as scratch:
        for package in PACKAGES:
            with tarfile.open(fetch(package, Path(scratch))) as tar:
                for source, target in package.files:
                    data = member(tar, source)
                    put(target, data if target.endswith(".txt") else SOURCE_MAP.sub(b"\n", data), package)
                if package.name == "@tabler/icons":
                    put(SPRITE, sprite(tar), package)
    LOCK.write_text(json.dumps({"files": dict(sorted(table.items()))}, indent=2) + "\n", encoding="utf-8")
    return table


def problems(folder: Path = VENDOR) -> list[str]:
    """What differs between the files in the folder and its lock: changed, missing and unlisted files, in words."""
    lock_path = folder / LOCK.name
    if not lock_path.exists():
        return [f"{lock_path.name} is missing"]
    listed: dict[str, dict[str, str]] = json.loads(lock_path.read_text(encoding="utf-8"))["files"]
    found = {path.name for path in folder.iterdir() if path.is_file()} - {LOCK.name}
    out = [f"{name} is missing" for name in sorted(listed.keys() - found)]
    out += [f"{name} is not in the lock" for name in sorted(found - listed.keys())]
    out += [
        f"{name} differs from the lock"
        for name in sorted(listed.keys() & found)
        if sha256((folder / name).read_bytes()) != listed[name]["sha256"]
    ]
    return out


def main(argv: list[str] | None = None) -> int:
    """Command line; exit code 0 when files and lock agree, 1 when they do not."""
    parser = argparse.ArgumentParser(description="Vendored browser assets: fetch and check.")
    parser.add_argument("--check", action="store_true", help="only compare the files with the lock; no network")
    if not parser.parse_args(argv).check:
        try:
            vendor()
        except (VendorError, subprocess.CalledProcessError) as error:
            sys.stderr.write(f"{error}\n")
            return 1
    wrong = problems()
    sys.stderr.writelines(f"{line}\n" for line in wrong)
    if not wrong:
        sys.stdout.write("vendored files agree with the lock\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
