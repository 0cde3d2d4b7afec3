"""Redmine 5.0.4 of Debian 12: puma with two workers of two threads, PostgreSQL.

The packaged program is copied into the scratch folder with a site of its own (database.yml, secret, logs), so nothing
under /etc or /var is touched and no root is needed once the packages are there.
"""

from __future__ import annotations

import json
import re
import secrets
import shutil
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from bench.matters import load
from bench.matters.rivals import GROUPS, KEYWORD, OPEN_EVERY, body, sql_body, sql_created, sql_title, title
from bench.matters.rivals.driver import HERE, Account, Daemon, Operation, clean_env, package_version, wait_http
from bench.matters.rivals.postgres import Cluster

SOURCE = Path("/usr/share/redmine")
LOCK = Path("/var/lib/redmine/Gemfile.lock")
DATABASE = "redmine"

DATABASE_YML = """\
production:
  adapter: postgresql
  database: {database}
  host: 127.0.0.1
  port: {port}
  username: {user}
  password: "{password}"
  encoding: utf8
"""


class Redmine:
    """See `driver.Rival`."""

    name = "Redmine"
    version = "5.0.4"
    # dbconfig-no-thanks keeps the package from asking for, or making, a database of its own
    packages = ("postgresql-15", "dbconfig-no-thanks", "redmine", "redmine-pgsql", "puma", "ruby-pg")

    def __init__(self, folder: Path, account: Account, cluster: Cluster, port: int) -> None:
        self.folder, self.account, self.cluster, self.port = folder, account, cluster, port
        self.base = f"http://{HERE}:{port}"
        self.key = secrets.token_hex(20)
        self.tracker = 0
        self.projects: list[int] = []
        self.rows = 0
        self._daemon: Daemon | None = None

    @property
    def _app(self) -> Path:
        return self.folder / "redmine"

    @property
    def _env(self) -> dict[str, str]:
        return clean_env(
            HOME=str(self.folder),
            RAILS_ENV="production",
            REDMINE_LANG="zh",
            SCHEMA="/dev/null",
            BUNDLE_GEMFILE=str(self._app / "Gemfile"),
        )

    def prepare(self, rows: int) -> None:
        self.rows = rows
        self.version = package_version("redmine")
        self._copy()
        self.cluster.create_database(DATABASE)
        # Two runs, because the second needs the finished tables; it reports a failure in words only.
        for task, word in (("db:migrate", "migrated"), ("redmine:load_default_data", "data loaded")):
            printed = self.account.run(["bundle", "exec", "rake", task], cwd=self._app, env=self._env)
            if word not in printed:
                raise RuntimeError(f"rake {task}: {printed[-2000:]}")
        self._accounts()
        self._seed(rows)
        self.cluster.settle(DATABASE)

    def _copy(self) -> None:
        app, site = self._app, self._app / "instances" / "default"
        shutil.copytree(SOURCE, app, symlinks=True)
        for link in ("instances", "Gemfile.lock", "config/database.yml"):
            (app / link).unlink()
        shutil.copyfile(LOCK, app / "Gemfile.lock")
        # The packaged Gemfile learns the adapter from the installed site, which we do not have.
        (app / "Gemfile.local").write_text("gem 'pg'\ngem 'puma'\n", encoding="utf-8")
        for name in ("config", "log", "files", "tmp/cache", "public/plugin_assets"):
            (site / name).mkdir(parents=True)
        text = DATABASE_YML.format(
            database=DATABASE, port=self.cluster.port, user=self.cluster.user, password=self.cluster.password
        )
        self.account.write(site / "config" / "database.yml", text, mode=0o600)
        self.account.write(site / "config" / "secret_key.txt", secrets.token_hex(64), mode=0o600)
        (app / "config" / "database.yml").symlink_to(site / "config" / "database.yml")
        self.account.own_tree(app)

    def _accounts(self) -> None:
        """REST on, an API key for the administrator, and the projects with issue tracking."""
        sql = self.cluster.psql
        sql(
            f"""
            INSERT INTO settings (name, value, updated_on) VALUES ('rest_api_enabled', '1', now());
            UPDATE users SET must_change_passwd = false, status = 1 WHERE login = 'admin';
            INSERT INTO tokens (user_id, action, value, created_on, updated_on)
            SELECT id, 'api', '{self.key}', now(), now() FROM users WHERE login = 'admin';
            INSERT INTO projects (name, description, identifier, is_public, status, lft, rgt, created_on, updated_on)
            SELECT '项目' || n, '', 'p' || n, true, 1, 2 * n - 1, 2 * n, now(), now()
            FROM generate_series(1, {GROUPS}) AS n;
            INSERT INTO enabled_modules (project_id, name) SELECT id, 'issue_tracking' FROM projects;
            INSERT INTO projects_trackers (project_id, tracker_id)
            SELECT p.id, t.id FROM projects p CROSS JOIN trackers t;
            """,
            DATABASE,
        )
        self.projects = [int(line) for line in sql("SELECT id FROM projects ORDER BY id", DATABASE).splitlines()]
        self.tracker = int(sql("SELECT id FROM trackers ORDER BY position LIMIT 1", DATABASE))

    def _seed(self, rows: int) -> None:
        """Issues only, each the root of its own nested set."""
        projects = "ARRAY[" + ",".join(str(project) for project in self.projects) + "]"
        created = sql_created("n", rows)
        self.cluster.psql(
            f"""
            INSERT INTO issues (id, tracker_id, project_id, subject, description, status_id, priority_id, author_id,
                lock_version, created_on, updated_on, start_date, done_ratio, root_id, lft, rgt, is_private, closed_on)
            SELECT n, {self.tracker}, ({projects})[1 + n % {len(self.projects)}], {sql_title("n")}, {sql_body("n")},
                CASE WHEN n % {OPEN_EVERY} = 0 THEN o.id ELSE c.id END, p.id, u.id, 0, {created}, {created},
                ({created})::date, 0, n, 1, 2, false, CASE WHEN n % {OPEN_EVERY} = 0 THEN NULL ELSE {created} END
            FROM generate_series(1, {rows}) AS n,
                (SELECT min(id) AS id FROM issue_statuses WHERE NOT is_closed) AS o,
                (SELECT min(id) AS id FROM issue_statuses WHERE is_closed) AS c,
                (SELECT id FROM enumerations WHERE type = 'IssuePriority' ORDER BY is_default DESC, position
                LIMIT 1) AS p,
                (SELECT id FROM users WHERE login = 'admin') AS u;
            SELECT setval(pg_get_serial_sequence('issues', 'id'), {rows});
            """,
            DATABASE,
        )

    def start(self) -> Daemon:
        command = ["puma", "-e", "production", "-w", "2", "-t", "2:2", "-b", f"tcp://{HERE}:{self.port}", "config.ru"]
        log = self.folder / "puma.log"
        self._daemon = Daemon("puma", ["bundle", "exec", *command], self.account, cwd=self._app, log=log, env=self._env)
        wait_http(self._daemon, f"{self.base}/issues.json?limit=1")
        return self._daemon

    def stop(self) -> None:
        if self._daemon is not None:
            self._daemon.stop(wait=15)
            self._daemon = None

    # ---- what is measured

    def operations(self) -> list[Operation]:
        newest = "limit=25&sort=id:desc"
        return [
            Operation("create", self._create, facts={"path": "POST /issues.json"}),
            Operation(
                "list", self._get(f"issues.json?{newest}&status_id=*"), facts={"path": "/issues.json, all states"}
            ),
            Operation("list_open", self._get(f"issues.json?{newest}&status_id=open"), facts={"path": "…, open"}),
            Operation(
                "search",
                self._get(f"search.json?issues=1&limit=25&q={quote(KEYWORD)}", KEYWORD),
                facts={"path": "/search.json", "word": KEYWORD},
            ),
        ]

    def _create(self, number: int) -> load.Request:
        number += self.rows + 1
        issue = {
            "project_id": self.projects[number % len(self.projects)],
            "tracker_id": self.tracker,
            "subject": title(number),
            "description": body(number),
        }
        return load.Request(
            "POST",
            f"{self.base}/issues.json",
            (("X-Redmine-API-Key", self.key), ("Content-Type", "application/json")),
            json.dumps({"issue": issue}, ensure_ascii=False).encode(),
            expect=(201,),
            check=lambda answer: b'"issue":{"id":' in answer,
        )

    def _get(self, path: str, word: str = "") -> Callable[[int], load.Request]:
        def check(answer: bytes) -> bool:
            found = [int(key) for key in re.findall(rb'\{"id":(\d+),"(?:project|title)"', answer)]
            if word:
                return len(found) > 0 and word.encode() in answer
            return len(found) == 25 and found[0] > self.rows  # newest first: those created in this run lead

        headers = (("X-Redmine-API-Key", self.key),)
        request = load.Request("GET", f"{self.base}/{path}", headers, expect=(200,), check=check)
        return lambda number: request

    def count(self) -> int:
        return int(self.cluster.psql("SELECT count(*) FROM issues", DATABASE))
