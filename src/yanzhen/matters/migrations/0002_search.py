"""The search table of matters, made on either database."""

from django.db import migrations

from yanzhen.kernel.search.api import CreateSearchTable


class Migration(migrations.Migration):
    dependencies = [("matters", "0001_initial")]

    operations = [CreateSearchTable("matter_words")]
