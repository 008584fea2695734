"""The drill: what was backed up stands again elsewhere, row by row and byte by byte, and opens with its keys only."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from runner import ROOT, backup
from runner import portal as house
from runner.parts import plain_environment
from runner.words import Terminal, Trouble
from tests.portal import Portal, portal_in

# One portal is backed up for all of them.
pytestmark = [pytest.mark.long, pytest.mark.timeout(900), pytest.mark.xdist_group("drill")]

# Rows as text, without the names that the store gives to versions: those are new after a restore.
ROWS = r"""
SELECT format(
  $$SELECT %L, count(*), md5(coalesce(string_agg(row, E'\n' ORDER BY row), ''))
      FROM (SELECT (to_jsonb(t) - %L::text[])::text AS row FROM %I t) rows;$$,
  table_name, '{version,sealed_version,copy_version,copy_etag,thumb_version}', table_name)
  FROM information_schema.tables
 WHERE table_schema = 'public' AND table_type = 'BASE TABLE' ORDER BY table_name
\gexec
"""


def runner(data: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "runner", *words],
        cwd=ROOT,
        env=plain_environment() | {"PORTAL_DATA": str(data)},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


def holdings(data: Path) -> tuple[dict[str, str], dict[str, str], set[str], set[str]]:
    """What a data folder holds: a hash per table, a hash per object, the versions that rows name, and which of these
    are not there."""
    terminal = Terminal(quiet=True)
    portal = house.Portal({"PORTAL_DATA": str(data)}, terminal)
    with backup._servers(portal, terminal):
        tables = dict(line.split("|", 1) for line in backup._sql(portal, ROWS).splitlines())
        store = backup._store(portal)
        objects = {}
        for bucket in backup._buckets(portal):
            for one in store.list_object_versions(Bucket=bucket).get("Versions", []):
                body = store.get_object(Bucket=bucket, Key=one["Key"])["Body"].read()
                objects[f"{bucket}/{one['Key']}"] = hashlib.sha256(body).hexdigest()
        named = backup._sql(portal, "SELECT copy_version FROM documents_document WHERE copy_version <> '';")
        there = {one["VersionId"] for one in store.list_object_versions(Bucket="papers").get("Versions", [])}
        return tables, objects, set(named.split()), set(named.split()) - there


@pytest.fixture(scope="module")
def drill(tmp_path_factory):
    """A portal with the demo, its backup taken while it was up, and its data folder afterwards."""
    room = tmp_path_factory.mktemp("drill")
    with portal_in() as portal:
        portal.stop("beat")
        portal.stop("worker")
        for name in ("first", "second"):
            made = runner(portal.data, "backup", str(room / "backup"), str(room / "keys"))
            assert made.returncode == 0, made.stderr
            written = {
                str(path): path.stat().st_mtime_ns for path in (room / "backup" / "objects").rglob("*.age")
            }
            (room / f"{name}.json").write_text(json.dumps(written, sort_keys=True))
        portal.last_night = holdings(portal.data)
        portal.gone = int(portal.manage(f"shell -v 0 -c '{DESTROY}'").split()[-1])
        portal.down()
        yield room, portal


# A year later the day of every licensed filing's papers has come.
DESTROY = (
    "from datetime import timedelta; from django.utils import timezone; from documents import services; "
    "print(services.destroy_due(now=timezone.now() + timedelta(days=400)))"
)


def folder(room: Path) -> Path:
    return max(path for path in (room / "backup").iterdir() if path.name != "objects")


def test_what_was_backed_up_stands_again_row_by_row_and_byte_by_byte(drill, tmp_path):
    room, portal = drill
    tables, objects, versions, lost = portal.last_night
    today = holdings(portal.data)[1]
    assert len(objects) > 100
    assert tables["cases_case"].split("|")[0] >= "40"
    assert portal.gone > 5 and len(today) < len(objects) and not lost

    listed = str(portal.data / "destroyed")
    done = runner(tmp_path / "again", "restore", str(folder(room)), str(room / "keys"), listed)

    assert done.returncode == 0, done.stderr
    again = holdings(tmp_path / "again")
    assert again[0] == tables
    assert again[1] == today  # what was destroyed since that night does not come back
    assert len(again[2]) == len(versions) and 0 < len(again[3]) <= portal.gone

    restored = Portal(tmp_path / "again").up()
    try:
        restored.healed()
        still, gone = restored.sql(
            "SELECT count(*) FILTER"
            " (WHERE destroying_at IS NULL AND r.kind = 'passport' AND c.licensed_on IS NOT NULL),"
            " count(*) FILTER (WHERE destroyed_at IS NOT NULL) FROM documents_document d"
            " JOIN cases_requirement r ON r.id = d.requirement_id JOIN cases_case c ON c.id = d.case_id"
            " WHERE copy_sha256 <> ''"
        )[0]
        assert (still, gone) == (0, portal.gone)
        assert restored.sql("SELECT count(*) FROM documents_destruction WHERE replayed_at IS NULL") == [(0,)]
        token = restored.token("manager@agency.example")
        status, answer = restored.get("/api/v1/cases", Authorization=f"Bearer {token}")
        assert status == 200
        assert json.loads(answer)["items"]
        reference, sha256 = restored.sql(
            "SELECT reference, copy_sha256 FROM documents_document WHERE state = 'accepted'"
            " AND destroyed_at IS NULL LIMIT 1"
        )[0]
        status, paper = restored.get(
            f"/api/v1/documents/{reference}/content", Authorization=f"Bearer {token}"
        )
        assert status == 200
        assert hashlib.sha256(paper).hexdigest() == sha256
    finally:
        restored.down()


def test_nothing_of_it_is_in_clear_and_no_key_lies_beside_it(drill):
    room, portal = drill
    everything = b"".join(path.read_bytes() for path in (room / "backup").rglob("*") if path.is_file())

    assert b"harbour" not in everything
    assert b"AGE-SECRET-KEY" not in everything
    for name in ("number_keys", "hash_key", "secret_key"):
        assert portal.secret(name).encode() not in everything


def test_a_damaged_a_half_and_a_foreign_backup_are_refused_before_anything_is_touched(drill, tmp_path):
    room, _portal = drill
    half = tmp_path / "half"
    half.mkdir()
    whole = folder(room)
    (half / "database.age").write_bytes((whole / "database.age").read_bytes()[:-100])
    (half / "objects.age").write_bytes((whole / "objects.age").read_bytes())

    unfinished = runner(tmp_path / "new", "restore", str(half), str(room / "keys"))
    (half / "portal.json").write_text((whole / "portal.json").read_text())
    damaged = runner(tmp_path / "new", "restore", str(half), str(room / "keys"))
    foreign = runner(tmp_path / "new", "restore", str(whole), str(tmp_path))

    assert "written last" in unfinished.stderr
    assert "damaged" in damaged.stderr
    assert "keys=" in foreign.stderr
    assert all("Traceback" not in one.stderr for one in (unfinished, damaged, foreign))
    assert not (tmp_path / "new").exists()


def test_a_folder_that_holds_a_portal_is_not_restored_into(drill):
    room, portal = drill

    refused = runner(portal.data, "restore", str(folder(room)), str(room / "keys"))

    assert refused.returncode == 1
    assert "holds a portal already" in refused.stderr


def test_keys_beside_the_backup_are_refused(tmp_path):
    with pytest.raises(Trouble, match="apart"):
        backup.backup(str(tmp_path), str(tmp_path / "keys"), {})


def test_a_second_backup_copies_only_what_is_new(drill):
    room, _portal = drill

    assert (room / "first.json").read_text() == (room / "second.json").read_text()
    assert len([path for path in (room / "backup").iterdir() if path.name != "objects"]) == 2
