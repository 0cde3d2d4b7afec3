"""django-helpdesk 2.6.1 in a virtual environment of its own: gunicorn with two workers, PostgreSQL.

The project around it is what its installation guide asks for, in production form (DEBUG off, connections kept). The
knowledge base stays on: switching it off makes the URL module fail at import.
"""

from __future__ import annotations

import base64
import json
import re
import secrets
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, urlencode

from bench.matters import load
from bench.matters.rivals import GROUPS, KEYWORD, OPEN_EVERY, body, sql_body, sql_created, sql_title, title
from bench.matters.rivals.driver import HERE, Account, Daemon, Operation, clean_env, wait_http
from bench.matters.rivals.postgres import Cluster

VERSION = "2.6.1"
REQUIREMENTS = (
    f"django-helpdesk=={VERSION}",
    "Django==5.2.19",
    "djangorestframework==3.18.3",
    "psycopg2-binary==2.9.13",
    "gunicorn==27.0.1",
)
DATABASE = "helpdesk"

SETTINGS = """\
SECRET_KEY = {secret!r}
DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1"]
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.sites",
    "django.contrib.humanize",
    "rest_framework",
    "rest_framework.authtoken",
    "helpdesk",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "desk_urls"
WSGI_APPLICATION = "desk_wsgi.application"
TEMPLATES = [
    {{
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {{
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        }},
    }}
]
DATABASES = {{
    "default": {{
        "ENGINE": "django.db.backends.postgresql",
        "NAME": {database!r},
        "USER": {user!r},
        "PASSWORD": {password!r},
        "HOST": "127.0.0.1",
        "PORT": {port},
        "CONN_MAX_AGE": 600,
    }}
}}
REST_FRAMEWORK = {{
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "rest_framework.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ]
}}
LANGUAGE_CODE = "zh-hans"
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True
SITE_ID = 1
STATIC_URL = "/static/"
MEDIA_ROOT = {media!r}
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
HELPDESK_ACTIVATE_API_ENDPOINT = True
HELPDESK_TEAMS_MODE_ENABLED = False
"""

URLS = """\
from django.urls import include, path

urlpatterns = [path("", include("helpdesk.urls", namespace="helpdesk"))]
"""

WSGI = """\
import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "desk_settings")
from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()
"""

# A super-user with a REST token and a browser session, and the queues.
ACCOUNTS = """\
import json
import os

os.environ["DJANGO_SETTINGS_MODULE"] = "desk_settings"
import django

django.setup()
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model
from django.contrib.sessions.backends.db import SessionStore
from helpdesk.models import Queue
from rest_framework.authtoken.models import Token

user = get_user_model().objects.create_superuser("bench", "bench@example.org")
session = SessionStore()
session[SESSION_KEY] = str(user.pk)
session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
session[HASH_SESSION_KEY] = user.get_session_auth_hash()
session.save()
queues = [Queue.objects.create(title=f"队列{{n}}", slug=f"q{{n}}").pk for n in range({groups})]
token = Token.objects.create(user=user).key
print(json.dumps({{"token": token, "session": session.session_key, "queues": queues}}))
"""


class Helpdesk:
    """See `driver.Rival`."""

    name = "django-helpdesk"
    version = VERSION
    packages = ("postgresql-15", "python3-venv")

    def __init__(self, folder: Path, account: Account, cluster: Cluster, port: int, python: str, once: float) -> None:
        self.folder, self.account, self.cluster, self.port = folder, account, cluster, port
        self.python, self.once = python, once
        self.base = f"http://{HERE}:{port}"
        self.token = self.session = ""
        self.queues: list[int] = []
        self.rows = 0
        self._daemon: Daemon | None = None

    @property
    def _python(self) -> Path:
        return self.folder / "venv" / "bin" / "python"

    def prepare(self, rows: int) -> None:
        self.rows = rows
        project = self.folder / "project"
        self.account.mkdir(project)
        self.account.mkdir(self.folder / "media")
        self.account.run([self.python, "-m", "venv", self.folder / "venv"], cwd=self.folder)
        self.account.run([self._python, "-m", "pip", "install", "-q", *REQUIREMENTS], cwd=self.folder)
        self.cluster.create_database(DATABASE)
        settings = SETTINGS.format(
            secret=secrets.token_hex(32),
            database=DATABASE,
            user=self.cluster.user,
            password=self.cluster.password,
            port=self.cluster.port,
            media=str(self.folder / "media"),
        )
        self.account.write(project / "desk_settings.py", settings, mode=0o600)
        self.account.write(project / "desk_urls.py", URLS)
        self.account.write(project / "desk_wsgi.py", WSGI)
        self.account.write(project / "accounts.py", ACCOUNTS.format(groups=GROUPS))
        env = clean_env(HOME=str(self.folder), DJANGO_SETTINGS_MODULE="desk_settings", PYTHONPATH=str(project))
        self.account.run([self._python, "-m", "django", "migrate", "-v", "0"], cwd=project, env=env)
        printed = self.account.run([self._python, "accounts.py"], cwd=project, env=env)
        made = json.loads(printed.strip().splitlines()[-1])
        self.token, self.session, self.queues = made["token"], made["session"], made["queues"]
        self._seed(rows)
        self.cluster.settle(DATABASE)

    def _seed(self, rows: int) -> None:
        """Tickets (status 1 open, 4 closed) and one follow-up each, as the product itself writes them."""
        queues = "ARRAY[" + ",".join(str(queue) for queue in self.queues) + "]"
        created = sql_created("n", rows)
        self.cluster.psql(
            f"""
            INSERT INTO helpdesk_ticket (queue_id, title, created, modified, submitter_email, status, on_hold,
                description, resolution, priority, secret_key)
            SELECT ({queues})[1 + n % {len(self.queues)}], {sql_title("n")}, {created}, {created},
                'villager' || n % 100000 || '@example.org', CASE WHEN n % {OPEN_EVERY} = 0 THEN 1 ELSE 4 END, false,
                {sql_body("n")}, '', 1 + n % 5, md5(n::text) || substr(md5((-n)::text), 1, 4)
            FROM generate_series(1, {rows}) AS n;
            INSERT INTO helpdesk_followup (ticket_id, date, title, comment, public, user_id, new_status, message_id)
            SELECT id, created, '工单已创建', description, true, 1, 1, NULL FROM helpdesk_ticket;
            """,
            DATABASE,
        )

    def start(self) -> Daemon:
        env = clean_env(HOME=str(self.folder), DJANGO_SETTINGS_MODULE="desk_settings")
        command = [str(self._python), "-m", "gunicorn", "-w", "2", "-b", f"{HERE}:{self.port}"]
        # gunicorn's own 30 s would kill the workers in the middle of this product's list
        command += ["--timeout", "600", "--log-level", "warning", "desk_wsgi:application"]
        log = self.folder / "gunicorn.log"
        self._daemon = Daemon("gunicorn", command, self.account, cwd=self.folder / "project", log=log, env=env)
        wait_http(self._daemon, f"{self.base}/api/nothing/")
        return self._daemon

    def stop(self) -> None:
        if self._daemon is not None:
            self._daemon.stop(wait=5)
            self._daemon = None

    # ---- what is measured

    def operations(self) -> list[Operation]:
        everything = self._list({})
        return [
            Operation("create", self._create, facts={"path": "POST /api/tickets/"}),
            Operation("list", everything, facts={"path": "/datatables_ticket_list/…, all states"}),
            Operation("list_open", self._list({"status__in": [1, 2]}), facts={"path": "…, open"}),
            Operation("search", self._list({}, KEYWORD), facts={"path": "/datatables_ticket_list/", "word": KEYWORD}),
            # Last, because workers stay busy with it after the client has gone.
            Operation("list_rest", self._list_rest, once=self.once, facts={"path": "GET /api/tickets/"}),
        ]

    def _create(self, number: int) -> load.Request:
        number += self.rows + 1
        payload = {
            "queue": self.queues[number % len(self.queues)],
            "title": title(number),
            "description": body(number),
            "submitter_email": f"villager{number % 100000}@example.org",
            "priority": 1 + number % 5,
        }
        return load.Request(
            "POST",
            f"{self.base}/api/tickets/",
            (("Authorization", f"Token {self.token}"), ("Content-Type", "application/json")),
            json.dumps(payload, ensure_ascii=False).encode(),
            expect=(201,),
            check=lambda answer: b'"id":' in answer,
        )

    def _list(self, filtering: dict[str, object], word: str = "") -> Callable[[int], load.Request]:
        """The agents' own list: newest first, 25 rows, as its page asks for it."""
        query = {
            "filtering": filtering,
            "filtering_null": {},
            "sorting": "created",
            "sortreverse": True,
            "search_string": word,
        }
        packed = base64.b64encode(json.dumps(query).encode()).decode()
        tail = urlencode({"draw": 1, "start": 0, "length": 25, "order[0][column]": 5, "order[0][dir]": "desc"})
        request = load.Request(
            "GET",
            f"{self.base}/datatables_ticket_list/{quote(packed)}?{tail}",
            (("Cookie", f"sessionid={self.session}"),),
            expect=(200,),
            check=self._check(word),
        )
        return lambda number: request

    def _list_rest(self, number: int) -> load.Request:
        return load.Request(
            "GET",
            f"{self.base}/api/tickets/?page_size=25",
            (("Authorization", f"Token {self.token}"),),
            expect=(200,),
            check=lambda answer: answer.count(b'"queue":') == 25,
        )

    def _check(self, word: str) -> Callable[[bytes], bool]:
        escaped = json.dumps(word).strip('"').encode()

        def check(answer: bytes) -> bool:
            found = [int(key) for key in re.findall(rb'"id": ?(\d+), ?"priority"', answer)]
            if word:
                return len(found) > 0 and escaped in answer
            return len(found) == 25 and found[0] > self.rows  # newest first: those created in this run lead

        return check

    def count(self) -> int:
        return int(self.cluster.psql("SELECT count(*) FROM helpdesk_ticket", DATABASE))
