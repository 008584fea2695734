"""Clients from before are filed; those with Chinese names are marked, so that a task files their cases anew.

There may be a million cases, and a start does not wait for them: until the task has come to them they are found as
before. Whoever begins again after a kill finds those that are filed already.
"""

from django.db import migrations, transaction

from clients.spelling import HAN, filed

BATCH = 2000

READ = """SELECT id, name, name_zh FROM clients_client
    WHERE id > %s AND filed_under = '' ORDER BY id LIMIT %s FOR UPDATE"""
WRITE = """UPDATE clients_client
    SET filed_under = told.words, renamed_at = CASE WHEN told.is_chinese THEN now() ELSE renamed_at END
    FROM unnest(%s::bigint[], %s::text[], %s::bool[]) AS told (id, words, is_chinese)
    WHERE clients_client.id = told.id"""


def file_all(_apps, editor):
    """A batch a transaction."""
    last = 0
    while last is not None:
        with transaction.atomic(editor.connection.alias), editor.connection.cursor() as cursor:
            cursor.execute("SET LOCAL ROLE portal_all")
            cursor.execute(READ, [last, BATCH])
            rows = cursor.fetchall()
            ids = [row[0] for row in rows]
            words = [filed(*row[1:]) for row in rows]
            is_chinese = [HAN.search("".join(row[1:])) is not None for row in rows]
            cursor.execute(WRITE, [ids, words, is_chinese])
        last = ids[-1] if ids else None


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("clients", "0019_filed_under")]

    operations = [migrations.RunPython(file_all, migrations.RunPython.noop)]
