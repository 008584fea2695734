"""The embedded S3 server: SeaweedFS, every port of it closed to whoever has no key."""

from __future__ import annotations

import json
import signal
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from runner import ROOT, VENV, ports
from runner.keys import Keys, write_private
from runner.parts import Part, plain_environment
from runner.words import Trouble, gist

PORTS = ("store", "store_master", "store_volume", "store_filer")
SECOND_PORTS = True  # each opens another, 10,000 above, for gRPC


def identities(keys: Keys, quarantines: Iterable[str], papers: Iterable[str]) -> dict:
    """Who may do what: web fills quarantine and shows papers, the worker does the rest, the admin makes buckets."""
    quarantines, papers = list(quarantines), list(papers)
    everything = ("Read", "Write", "List", "Tagging")

    def one(name: str, actions: list[str], *policies: str) -> dict:
        pair = {"accessKey": keys[f"store_{name}_id"], "secretKey": keys[f"store_{name}_key"]}
        return {"name": name, "credentials": [pair], "actions": actions, "policyNames": list(policies)}

    # `Write` alone brings deleting along, and a form's post is not taken on the strength of a policy alone: so both.
    def statement(effect: str, actions: list[str], *resources: str) -> dict:
        return {"Effect": effect, "Action": actions, "Resource": [f"arn:aws:s3:::{one}" for one in resources]}

    web_only = {
        "Version": "2012-10-17",
        "Statement": [
            # Beginning a file in parts, sending one and joining them are `PutObject`; what has come it may count.
            statement(
                "Allow",
                ["s3:PutObject", "s3:ListMultipartUploadParts"],
                *(f"{name}/*" for name in quarantines),
            ),
            statement("Allow", ["s3:GetObject", "s3:GetObjectVersion"], *(f"{name}/*" for name in papers)),
            statement("Deny", ["s3:DeleteObject", "s3:DeleteObjectVersion", "s3:AbortMultipartUpload"], "*"),
        ],
    }
    return {
        "identities": [
            one("admin", ["Admin", "Read", "Write", "List", "Tagging"]),
            one(
                "web",
                [*(f"Write:{name}" for name in quarantines), *(f"Read:{name}" for name in papers)],
                "web-only",
            ),
            one("worker", [f"{act}:{name}" for name in (*quarantines, *papers) for act in everything]),
        ],
        "policies": [{"name": "web-only", "content": json.dumps(web_only)}],
    }


class Store:
    """One server in `folder`; `port` has four numbers: S3 and, behind it, master, volume and filer."""

    def __init__(
        self,
        folder: Path,
        port: dict[str, int],
        keys: Keys,
        logs: Path,
        *,
        origins: Sequence[str],
        quarantines: Sequence[str] = ("quarantine",),
        papers: Sequence[str] = ("papers",),
    ) -> None:
        self.folder, self.port, self.keys, self.logs = folder, port, keys, logs
        self.origins, self.quarantines, self.papers = origins, quarantines, papers

    @property
    def url(self) -> str:
        """An address by number: cookies ignore ports, so the portal's `localhost` stays out of the store's logs."""
        return f"http://127.0.0.1:{self.port['store']}"

    def command(self, sockets: Path) -> list[str]:
        """The whole line; no secret stands on it."""
        return [
            str(VENV / "bin" / "weed"),
            "server",
            "-ip=127.0.0.1",
            "-ip.bind=127.0.0.1",
            f"-dir={self.folder}",
            f"-master.port={self.port['store_master']}",
            "-master.volumeSizeLimitMB=256",
            "-master.electionTimeout=300ms",  # one master alone: there is nobody to wait for
            "-master.telemetry=false",
            "-disableHttp",  # the master would hand out leave to write, and drop whole buckets, for anybody
            f"-volume.port={self.port['store_volume']}",
            "-volume.max=100",
            "-filer",
            f"-filer.port={self.port['store_filer']}",
            f"-filer.localSocket={sockets / 'filer.sock'}",
            "-filer.encryptVolumeData",
            "-filer.exposeDirectoryData=false",
            f"-filer.allowedOrigins={self.origins[0]}",
            "-s3",
            f"-s3.port={self.port['store']}",
            f"-s3.localSocket={sockets / 's3.sock'}",
            f"-s3.config={self.folder.parent / 'store.json'}",
            f"-s3.allowedOrigins={','.join(self.origins)}",
            "-s3.encryptVolumeData",
            "-s3.autoCreateBucket=false",
            "-s3.iam=false",
            "-s3.port.iceberg=0",
            "-s3.port.lance=0",
        ]

    def part(self) -> Part:
        """The server as the keeper keeps it: it never stops in time when asked, and loses nothing when killed."""
        sockets = Path(tempfile.gettempdir()) / f"icp-{self.port['store']}-{self.port['store_filer']}"
        if len(str(self.folder)) < 80:  # a socket's path may have 107 bytes
            sockets = self.folder.parent / "store.sockets"
        env = (
            plain_environment()
            | {
                "WEED_MASTER_VOLUME_GROWTH_COPY_1": "1",  # else a bucket takes seven volumes, and the third finds none
                "WEED_S3_SSE_KEK": self.keys["store_kek"],
                "WEED_JWT_SIGNING_KEY": self.keys["store_jwt_write"],
                "WEED_JWT_SIGNING_READ_KEY": self.keys["store_jwt_read"],
                "WEED_JWT_FILER_SIGNING_KEY": self.keys["store_jwt_filer_write"],
                "WEED_JWT_FILER_SIGNING_READ_KEY": self.keys["store_jwt_filer_read"],
                # It collects more often rather than grow. Its heap begins at 230 MB, little of it ever touched: a limit
                # below that has it collect without end, a sixth of a core while nothing is asked of it.
                "GOMEMLIMIT": "384MiB",
                "GOGC": "50",
            }
        )

        def prepare() -> None:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            sockets.mkdir(mode=0o700, exist_ok=True)
            self.clear_sockets(sockets)
            known = identities(self.keys, self.quarantines, self.papers)
            write_private(self.folder.parent / "store.json", json.dumps(known, indent=1))

        return Part(
            name="store",
            command=self.command(sockets),
            env=env,
            log=self.logs / "store.log",
            before=prepare,
            ready=lambda: ports.answers(self.port["store"]),
            told=self.url,
            death=signal.SIGKILL,
            grace=1,
            cwd=self.folder.parent,
        )

    def clear_sockets(self, folder: Path | None = None) -> None:
        """A killed server leaves them behind, named by port, some where no option of its can move them."""
        left = list(folder.iterdir()) if folder else []
        for name in PORTS:
            left += Path("/tmp").glob(f"seaweedfs-*grpc-{self.port[name] + ports.SECOND}.sock")  # noqa: S108
        for path in left:
            path.unlink(missing_ok=True)

    def make_buckets(self, patience: float = 60) -> None:
        """Buckets, versions, and a write into each: the port opens seconds before the first write works."""
        env = plain_environment() | {
            "S3_ENDPOINT_URL": self.url,
            "S3_ACCESS_KEY_ID": self.keys["store_admin_id"],
            "S3_SECRET_ACCESS_KEY": self.keys["store_admin_key"],
            "S3_QUARANTINE_BUCKETS": ",".join(self.quarantines),
            "S3_PAPERS_BUCKETS": ",".join(self.papers),
            "PATIENCE": str(patience),
        }
        done = subprocess.run(
            [VENV / "bin" / "python", "-m", "runner.buckets"],
            env=env,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise Trouble(f"The store does not take a write: {gist(done.stderr)}")
