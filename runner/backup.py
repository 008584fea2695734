"""`make backup` and `make restore`: the database, the files, and the keys apart.

A backup is made while the portal works. Everything in it is sealed by age (https://age-encryption.org) for one
recipient, whose identity lies with the keys and not with the backup: either half alone opens nothing.

    INTO/20261125T101500Z/portal.json     what is in it, with a hash of each part; written last, so it marks a whole one
                          database.age    pg_dump, custom format
                          objects.age     a line of JSON for each object: where it lay, its size, its sealed file
    INTO/objects/ab/….age                 the objects; those that an earlier backup holds are not copied again
    KEYS/identity.txt                     opens all of it, by this command or by `age` itself
    KEYS/20261125T101500Z.json            the keys by which the portal sealed numbers and originals
    KEYS/destroyed/2026-11.jsonl          the list of what was destroyed: no restore brings it back
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import hashlib
import io
import json
import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any
from urllib.parse import unquote, urlsplit

import pyrage
from botocore.exceptions import BotoCoreError, ClientError

from runner import buckets
from runner.keeper import Keeper, Stop
from runner.keys import write_private
from runner.parts import plain_environment
from runner.portal import Portal
from runner.postgres import binaries
from runner.words import Terminal, Trouble, gist

FORM = 1
AT_ONCE = 4
PIECE = 1024 * 1024
# What data was written with: without these a restored row or paper stays shut.
PORTAL_KEYS = ("secret_key", "number_keys", "hash_key")


# ── The two commands ────────────────────────────────────────────────────────────────────────────────────────────────


def backup(into: str, keys: str, environ: Mapping[str, str]) -> int:
    """Everything the portal holds, into a folder; what opens it, into another."""
    target, safe = _apart(into, keys)
    terminal = Terminal()
    portal = Portal(environ, terminal)
    with _servers(portal, terminal):
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        for folder in (target / "objects", safe):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        recipient = _identity(safe).to_public()
        room = target / stamp
        room.mkdir(mode=0o700)
        with terminal.step("keys"):
            held = {name: portal.environ.get(name.upper()) or portal.keys[name] for name in PORTAL_KEYS}
            write_private(safe / f"{stamp}.json", json.dumps(held, indent=1))
            _merge_destroyed([portal.destroyed], safe / "destroyed")
        # The database first: what it names is then in the store already, and papers are never overwritten.
        with terminal.step("database"):
            _dump(portal, room / "database.age", recipient)
        with terminal.step("files") as told:
            objects = _copy_objects(portal, target / "objects", recipient)
            _seal(
                io.BytesIO("".join(json.dumps(one) + "\n" for one in objects).encode()),
                room / "objects.age",
                recipient,
            )
            told.append(str(len(objects)))
        note = {
            "form": FORM,
            "made_at": stamp,
            "objects": len(objects),
            "parts": {name: _hash(room / name) for name in ("database.age", "objects.age")},
        }
        write_private(room / "portal.json", json.dumps(note, indent=1))
    terminal.say(f"\n  The backup is in {room}")
    terminal.say(
        f"  What opens it is in {safe}: keep that on another machine, a dump beside its keys is clear.\n"
    )
    return 0


def restore(source: str, keys: str, destroyed: str, environ: Mapping[str, str]) -> int:
    """A backup into a data folder that holds nothing yet; refused before anything is touched where it is not whole.

    What was destroyed since is not brought back: by the list beside the keys, the one that lies in the data folder
    already, and the newest, where it is named.
    """
    room, safe = Path(source).expanduser().absolute(), Path(keys).expanduser().absolute()
    terminal = Terminal()
    note = _whole(room)
    identity = _identity(safe, must_be_there=True)
    held = _read_json(safe / f"{note['made_at']}.json", "the portal's keys of that day")
    portal = Portal(environ, terminal)
    if (portal.data / "postgres").exists() or (portal.data / "s3").exists():
        raise Trouble(
            f"{portal.data} holds a portal already. Name a new folder: PORTAL_DATA=… make restore …"
        )
    with terminal.step("files of the backup"):
        objects = [json.loads(line) for line in _open(room / "objects.age", identity).splitlines()]
        lost = [one["file"] for one in objects if not (room.parent / "objects" / one["file"]).exists()]
        if lost:
            raise Trouble(
                f"{len(lost)} files are missing below {room.parent / 'objects'}, such as {lost[0]}."
            )
    newest = Path(destroyed).expanduser().absolute() if destroyed else None
    if newest is not None and not newest.is_dir():
        raise Trouble(f"{newest} is not there: name the folder of the list of the destroyed, or none.")
    portal.open_folder()
    gone = _merge_destroyed(
        [safe / "destroyed", portal.destroyed, *([newest] if newest else [])], portal.destroyed
    )
    for name in PORTAL_KEYS:
        portal.keys.folder.mkdir(mode=0o700, exist_ok=True)
        write_private(portal.keys.folder / name, held[name])
    with _servers(portal, terminal):
        with terminal.step("database"):
            _load(portal, room / "database.age", identity)
        with terminal.step("files") as told:
            stay = [one for one in objects if not _is_of(one["key"], gone)]
            moved = _write_objects(portal, room.parent / "objects", stay, identity)
            _tell_versions(portal, moved)
            told.append(str(len(stay)))
        portal.demo_is_there()
    if len(stay) < len(objects):
        gone_since = len(objects) - len(stay)
        terminal.say(
            f"\n  {gone_since} files were destroyed since and stay so; the next start says it in the rows."
        )
    elif newest is None:
        terminal.say(
            "\n  Was anything destroyed after this backup? Then restore with destroyed=THE-OLD-PORTAL_DATA/destroyed"
        )
    terminal.say(
        f"\n  The portal of {note['made_at']} stands in {portal.data}: PORTAL_DATA={portal.data} make run\n"
    )
    return 0


def _merge_destroyed(sources: list[Path], target: Path) -> set[str]:
    """All lines of these lists in one, each once; the tokens of what is gone."""
    months: dict[str, dict[str, None]] = {}
    for source in sources:
        for path in sorted(source.glob("*.jsonl")):
            months.setdefault(path.name, {}).update(dict.fromkeys(path.read_text().splitlines()))
    if months:
        target.mkdir(mode=0o700, parents=True, exist_ok=True)
    tokens: set[str] = set()
    for name, lines in months.items():
        write_private(target / name, "".join(f"{line}\n" for line in lines))
        for line in lines:
            with contextlib.suppress(ValueError, KeyError):
                tokens.add(json.loads(line)["token"])
    return tokens


def _is_of(key: str, tokens: set[str]) -> bool:
    """Whether an object is one of these papers, or a page of one."""
    return key.rpartition("/")[2].partition("-")[0] in tokens


def _apart(into: str, keys: str) -> tuple[Path, Path]:
    target = Path(into).expanduser().absolute()
    safe = Path(keys).expanduser().absolute()
    if safe.is_relative_to(target) or target.is_relative_to(safe):
        raise Trouble("Backup and keys belong apart: name two folders of which neither holds the other.")
    return target, safe


@contextlib.contextmanager
def _servers(portal: Portal, terminal: Terminal) -> Iterator[None]:
    """Those of the run that is up, else started for as long as it takes."""
    portal.open_folder()
    if not portal.lock.take("manage"):
        note = portal.remembered()
        if not note.get("up"):
            raise Trouble(
                f"{portal.data} is in use by a portal that is starting or stopping. Try again in a minute."
            )
        portal.join(note)
        yield
        return
    try:
        with Keeper(portal.data, terminal) as keeper:
            portal.start_servers(keeper)
            if portal.embeds("postgres"):
                portal.postgres.set_roles()
            portal.prepare_store(keeper)
            yield
    except Stop:
        raise Trouble("Stopped before it was whole; what is there of it may be deleted.") from None


def _whole(room: Path) -> dict[str, Any]:
    note = _read_json(room / "portal.json", "a whole backup (portal.json is written last)")
    if note.get("form") != FORM:
        raise Trouble(f"{room} was made by another version of this command (form {note.get('form')}).")
    for name, known in note["parts"].items():
        if not (room / name).exists() or _hash(room / name) != known:
            raise Trouble(
                f"{room / name} is damaged: it is not the file that was written. Take an earlier backup."
            )
    return note


def _read_json(path: Path, what: str) -> dict[str, Any]:
    try:
        return json.loads(path.read_text())
    except OSError:
        raise Trouble(f"{path} is not there: this is not {what}.") from None
    except ValueError:
        raise Trouble(f"{path} is damaged.") from None


# ── Sealing ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _identity(safe: Path, *, must_be_there: bool = False) -> pyrage.x25519.Identity:
    path = safe / "identity.txt"
    if not path.exists():
        if must_be_there:
            raise Trouble(f"{path} is not there; without it nobody opens the backup. Name its folder: keys=…")
        write_private(path, str(pyrage.x25519.Identity.generate()) + "\n")
    try:
        return pyrage.x25519.Identity.from_str(path.read_text().strip())
    except pyrage.IdentityError:
        raise Trouble(f"{path} holds no key of age.") from None


def _seal(plain: IO[bytes], path: Path, recipient: pyrage.x25519.Recipient) -> None:
    """Whole or not at all."""
    draft = path.with_suffix(".new")
    with draft.open("wb") as file:
        pyrage.encrypt_io(plain, file, [recipient])
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _open(path: Path, identity: pyrage.x25519.Identity) -> bytes:
    try:
        return pyrage.decrypt(path.read_bytes(), [identity])
    except pyrage.DecryptError:
        raise Trouble(f"{path} was not sealed for this key, or is damaged.") from None


def _hash(path: Path) -> str:
    told = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            told.update(piece)
    return told.hexdigest()


# ── The database ────────────────────────────────────────────────────────────────────────────────────────────────────


def _as_backup_role(portal: Portal) -> tuple[list[str], dict[str, str]]:
    """Where and as whom: row-level security binds all but this role. The password goes by the environment."""
    url = (
        portal.postgres.url("postgres", "postgres_password")
        if portal.embeds("postgres")
        else portal.environ.get("DATABASE_BACKUP_URL", "")
    )
    parts = urlsplit(url)
    if not parts.hostname:
        raise Trouble(
            "Name the role that may read every row: DATABASE_BACKUP_URL=postgres://… (docs/deploy.md)."
        )
    where = ["-h", parts.hostname, "-p", str(parts.port or 5432), "-U", unquote(parts.username or "")]
    return (
        [*where, "-d", parts.path.lstrip("/")],
        plain_environment() | {"PGPASSWORD": unquote(parts.password or "")},
    )


def _dump(portal: Portal, path: Path, recipient: pyrage.x25519.Recipient) -> None:
    where, env = _as_backup_role(portal)
    with subprocess.Popen(
        [str(binaries() / "pg_dump"), "--format=custom", *where],
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as dump:
        assert dump.stdout
        assert dump.stderr
        _seal(dump.stdout, path, recipient)
        said = dump.stderr.read().decode(errors="replace")
    if dump.returncode:
        path.unlink()
        raise Trouble(f"The database could not be dumped: {gist(said)}")


def _load(portal: Portal, path: Path, identity: pyrage.x25519.Identity) -> None:
    where, env = _as_backup_role(portal)
    with subprocess.Popen(
        # All or nothing, and what the roles made beforehand (extensions) out of the way.
        [str(binaries() / "pg_restore"), "--single-transaction", "--clean", "--if-exists", *where],
        env=env,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    ) as load:
        assert load.stdin
        assert load.stderr
        with contextlib.suppress(BrokenPipeError), path.open("rb") as file:
            pyrage.decrypt_io(file, load.stdin, [identity])
        with contextlib.suppress(BrokenPipeError):
            load.stdin.close()
        said = load.stderr.read().decode(errors="replace")
    if load.returncode:
        raise Trouble(f"The database could not be restored: {gist(said)}")
    _sql(portal, "ANALYZE;")


def _sql(portal: Portal, words: str) -> str:
    where, env = _as_backup_role(portal)
    done = subprocess.run(
        [str(binaries() / "psql"), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", *where],
        env=env,
        input=words,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise Trouble(f"The database refused: {gist(done.stderr)}")
    return done.stdout


# ── The files ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _store(portal: Portal) -> Any:
    env = dict(portal.environ)
    if portal.embeds("store"):
        env |= {
            "S3_ENDPOINT_URL": portal.store.url,
            "S3_ACCESS_KEY_ID": portal.keys["store_admin_id"],
            "S3_SECRET_ACCESS_KEY": portal.keys["store_admin_key"],
        }
    else:
        own = {name: env.get(f"S3_WORKER_{name}") for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY")}
        env |= {f"S3_{name}": value for name, value in own.items() if value}
    return buckets.client(env, retries={"max_attempts": 3, "mode": "standard"}, max_pool_connections=AT_ONCE)


def _buckets(portal: Portal) -> list[str]:
    env = portal.environ
    return [env.get("S3_PAPERS_BUCKET", "papers"), env.get("S3_QUARANTINE_BUCKET", "quarantine")]


def _copy_objects(portal: Portal, folder: Path, recipient: pyrage.x25519.Recipient) -> list[dict[str, Any]]:
    """Every version of every object, oldest first; one that a former backup holds is only named."""
    store = _store(portal)

    def copy(bucket: str, one: dict[str, Any]) -> dict[str, Any] | None:
        version = one["VersionId"] if one.get("VersionId", "null") != "null" else ""
        name = hashlib.sha256(f"{bucket}\0{one['Key']}\0{version}\0{one['ETag']}".encode()).hexdigest()
        path = folder / name[:2] / f"{name}.age"
        asked = {"Bucket": bucket, "Key": one["Key"]} | ({"VersionId": version} if version else {})
        try:
            if path.exists():
                answer = store.head_object(**asked)
            else:
                answer = store.get_object(**asked)
                path.parent.mkdir(mode=0o700, exist_ok=True)
                _seal(answer["Body"], path, recipient)
        except ClientError as error:
            if error.response["Error"]["Code"] in {"NoSuchKey", "NoSuchVersion", "404"}:
                return None  # swept while we looked
            raise
        return {
            "bucket": bucket,
            "key": one["Key"],
            "version": version,
            "etag": one["ETag"],
            "type": answer.get("ContentType", ""),
            "sse": answer.get("ServerSideEncryption", ""),
            "size": answer["ContentLength"],
            "at": one["LastModified"].isoformat(),
            "file": f"{name[:2]}/{name}.age",
        }

    copied: list[dict[str, Any]] = []
    try:
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            for bucket in _buckets(portal):
                for page in store.get_paginator("list_object_versions").paginate(Bucket=bucket):
                    asked = [pool.submit(copy, bucket, one) for one in page.get("Versions", [])]
                    copied += filter(None, (one.result() for one in asked))
    except (BotoCoreError, ClientError) as error:
        raise Trouble(f"The store does not give its files: {error}") from None
    return sorted(copied, key=lambda one: (one["at"], one["key"], one["version"]))


def _write_objects(
    portal: Portal, folder: Path, objects: list[dict[str, Any]], identity: pyrage.x25519.Identity
) -> list[tuple[str, str, str]]:
    """Put each back under its key; the store names versions anew: (old version, new version, new etag)."""
    store = _store(portal)
    by_key: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for one in objects:
        by_key.setdefault((one["bucket"], one["key"]), []).append(one)

    def write(versions: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
        """In their order: the newest version of a key is the last."""
        written = []
        for one in versions:
            body = _open(folder / one["file"], identity)
            # age proves each byte of a file; this proves that it is the right one.
            if len(body) != one["size"]:
                raise Trouble(f"{folder / one['file']} does not hold what was put into it.")
            extra = {"ServerSideEncryption": one["sse"]} if one["sse"] else {}
            answer = store.put_object(
                Bucket=one["bucket"], Key=one["key"], Body=body, ContentType=one["type"], **extra
            )
            if one["version"]:
                written.append((one["version"], answer.get("VersionId", ""), answer.get("ETag", "")))
        return written

    try:
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            return [moved for written in pool.map(write, by_key.values()) for moved in written]
    except (BotoCoreError, ClientError) as error:
        raise Trouble(f"The store does not take its files: {error}") from None


def _tell_versions(portal: Portal, moved: list[tuple[str, str, str]]) -> None:
    """The rows that name a version of an object (columns `version`, `…_version`, their `…_etag`) name the new one."""
    if not moved:
        return
    if not all(re.fullmatch(r"[\w\".+/=:-]*", word) for words in moved for word in words):
        raise Trouble("The store names versions in a way that this command does not know.")
    _sql(portal, NEW_VERSIONS.replace("ROWS", "\n".join("\t".join(words) for words in moved)))


# Read by psql: the catalogue knows the columns, each UPDATE is made by format() and run by \gexec.
NEW_VERSIONS = r"""
BEGIN;
CREATE TEMPORARY TABLE moved (old text, new text, etag text) ON COMMIT DROP;
COPY moved FROM stdin;
ROWS
\.
SELECT format('UPDATE %I SET %I = moved.new', c.table_name, c.column_name)
       || CASE WHEN e.column_name IS NULL THEN '' ELSE format(', %I = moved.etag', e.column_name) END
       || format(' FROM moved WHERE %I = moved.old', c.column_name)
  FROM information_schema.columns c
  JOIN information_schema.tables t USING (table_schema, table_name)
  LEFT JOIN information_schema.columns e
    ON (e.table_schema, e.table_name) = (c.table_schema, c.table_name)
   AND e.column_name = regexp_replace(c.column_name, 'version$', 'etag')
   AND e.column_name <> c.column_name
 WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE' AND c.data_type = 'character varying'
   AND c.column_name ~ '(^|_)version$'
\gexec
COMMIT;
"""
