"""What a kill leaves behind in the middle of the migrations, the next start takes up."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from tests.conftest import _log_in

# A list of words is told with its casts inside or outside, by how the database came to know it.
CASTS = re.compile(r"::(?:text|character varying)(?:\[\])?|[()]")


def schema() -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 'index', indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' UNION ALL"
            " SELECT table_name, column_name, concat_ws(' ', data_type, is_nullable, column_default)"
            " FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, 2"
        )
        return [(kind, name, CASTS.sub("", told)) for kind, name, told in cursor.fetchall()]


@pytest.mark.django_db(transaction=True)
def test_steps_that_are_no_one_transaction_may_be_taken_again():
    """Where nothing is undone by a kill, each step is begun once more upon what it has done already."""
    ours = {one.label for one in apps.get_app_configs() if Path(one.path).parent == Path(settings.BASE_DIR)}
    before = schema()
    try:
        _log_in("DATABASE_OWNER_URL")
        loader = MigrationLoader(connection)
        stepwise = [
            one for (app, _), one in sorted(loader.disk_migrations.items()) if app in ours and not one.atomic
        ]
        for migration in stepwise:
            state = loader.project_state(migration.dependencies)
            with connection.schema_editor(atomic=False) as editor:
                migration.apply(state, editor)
    finally:
        _log_in("DATABASE_URL")

    assert stepwise
    assert schema() == before
