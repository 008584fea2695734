"""Every file a stranger may send: what is taken comes out clean, what is not is refused in bounded time and memory."""

import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from PIL import Image

from documents import reasons
from documents.inspection import Inspection, bounds, cage, inspect
from tests.documents import samples


@pytest.fixture
def judge(tmp_path: Path) -> Callable[..., Inspection]:
    def judge(content: bytes, declared: str = "", **limits: float) -> Inspection:
        source = tmp_path / "file"
        source.write_bytes(content)
        return inspect(source, tmp_path / "out", declared_type=declared, **limits)  # type: ignore[arg-type]

    return judge


def opened(path: Path) -> Image.Image:
    return Image.open(BytesIO(path.read_bytes()))


# What is taken


def test_a_phones_photo_stands_upright_and_has_forgotten_where_it_was_taken(judge):
    found = judge(samples.camera_jpeg(), "image/jpeg")

    picture = opened(found.copy)
    assert (found.verdict, found.kind, found.copy_type, found.notes) == ("ok", "image/jpeg", "image/jpeg", [])
    assert picture.size == (found.width, found.height) == (3024, 4032)
    assert picture.getpixel((3000, 20))[0] > 180 and picture.getpixel((3000, 20))[1] < 80  # the red corner
    assert not picture.getexif() and set(picture.info) <= {
        "jfif",
        "jfif_version",
        "jfif_unit",
        "jfif_density",
    }


@pytest.mark.parametrize("turn", range(1, 9))
def test_each_way_a_camera_can_be_held_comes_out_upright(judge, turn):
    upright = samples.passport_picture((320, 200))
    back = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}
    stored = upright.transpose(Image.Transpose(back[turn])) if turn in back else upright
    exif = Image.Exif()
    exif[0x0112] = turn
    out = BytesIO()
    stored.save(out, "JPEG", exif=exif)

    found = judge(out.getvalue())

    picture = opened(found.copy)
    assert picture.size == (320, 200)
    assert picture.getpixel((5, 5))[0] > 180 and picture.getpixel((5, 5))[1] < 90


@pytest.mark.parametrize(
    ("sample", "declared", "kind", "copy_type"),
    [
        (samples.heic, "image/heic", "image/heic", "image/jpeg"),
        (samples.heic, "image/heif", "image/heic", "image/jpeg"),
        (samples.webp, "image/webp", "image/webp", "image/jpeg"),
        (samples.png, "image/png", "image/png", "image/png"),
    ],
)
def test_every_kind_of_picture_becomes_one_every_browser_shows(judge, sample, declared, kind, copy_type):
    found = judge(sample(), declared)

    assert (found.verdict, found.kind, found.copy_type, found.notes) == ("ok", kind, copy_type, [])
    assert opened(found.copy).format == {"image/jpeg": "JPEG", "image/png": "PNG"}[copy_type]
    assert b"Exif" not in found.copy.read_bytes()
    assert [opened(page).format for page in found.previews] == ["JPEG"]


def test_a_scan_becomes_a_new_pdf_of_its_drawn_pages(judge):
    found = judge(samples.scan_pdf(3), "application/pdf")

    assert (found.verdict, found.pages, len(found.previews)) == ("ok", 3, 3)
    with pikepdf.open(found.copy) as copy:
        assert len(copy.pages) == 3
        assert "/Info" not in copy.trailer
        assert b"Business licence" not in found.copy.read_bytes()
    assert opened(found.previews[0]).size == (1241, 1754)


@pytest.mark.parametrize(
    "picture",
    [
        Image.new("I;16", (700, 700), 40_000),
        Image.new("LA", (700, 700)),
        Image.new("1", (700, 700)),
        Image.new("P", (700, 700)),
    ],
    ids=lambda picture: picture.mode,
)
def test_pictures_of_odd_depth_are_taken(judge, picture):
    out = BytesIO()
    picture.save(out, "PNG")

    found = judge(out.getvalue())

    assert found.verdict == "ok"
    if picture.mode == "I;16":
        assert opened(found.copy).getpixel((9, 9)) == 156


def test_a_single_pixel_is_taken_and_said_to_be_small(judge):
    assert judge(samples.small_jpeg((1, 1))).notes == ["small"]


def test_a_wrong_name_for_an_honest_picture_is_only_noted(judge):
    found = judge(samples.png(), "image/jpeg")

    assert (found.verdict, found.kind, found.notes) == ("ok", "image/png", ["type_differs"])


def test_what_is_shown_was_encoded_anew(judge):
    comment = samples.HTML
    content = samples.camera_jpeg((1600, 1200), comment=comment)
    assert comment in content and b"Phone 1" in content

    found = judge(content)

    for shown in (found.copy, *found.previews):
        assert not any(
            word in shown.read_bytes() for word in (comment, b"<script", b"Phone 1", b"Exif", b"ICC_")
        )
        assert shown.read_bytes().endswith(b"\xff\xd9")


def test_the_second_picture_a_phone_puts_behind_the_first_is_left_out(judge):
    found = judge(samples.small_jpeg() + samples.small_jpeg((400, 300)))

    assert (found.verdict, found.width) == ("ok", 320)
    assert found.copy.read_bytes().count(b"\xff\xd8\xff") == 1


@pytest.mark.parametrize("sample", [samples.twin_jpeg, samples.motion_jpeg])
def test_what_phones_put_behind_a_photo_is_no_offence(judge, sample):
    found = judge(sample(), "image/jpeg")

    assert (found.verdict, found.width, found.height, found.notes) == ("ok", 800, 600, [])
    assert b"ftyp" not in found.copy.read_bytes()


# What is refused

REFUSED = {
    "nothing": (lambda: b"", "empty"),
    "blank": (lambda: b"\0" * 5000, "empty"),
    "too large": (lambda: samples.small_jpeg() + b"\0" * bounds.MAX_BYTES, "too_large"),
    "words": (lambda: b"My passport is in the other bag.", "unknown_type"),
    "windows program": (samples.windows_program, "executable"),
    "linux program": (samples.elf_program, "executable"),
    "shell script": (lambda: samples.SCRIPT, "executable"),
    "svg": (lambda: samples.SVG, "svg"),
    "html": (lambda: samples.HTML, "web_page"),
    "zip": (samples.zip_of, "archive"),
    "docx": (samples.docx, "office"),
    "gif": (samples.gif, "other_picture"),
    "tiff": (samples.tiff, "other_picture"),
    "psd": (samples.psd, "other_picture"),
    "avif": (samples.avif, "other_picture"),
    "bmp": (samples.bmp, "other_picture"),
    "web page inside a pdf": (samples.page_in_pdf, "holds_another"),
    "web page behind a motion photo": (lambda: samples.motion_jpeg() + samples.HTML, "holds_another"),
    "web page signed like a samsung": (
        lambda: samples.small_jpeg() + samples.HTML + b"SEFT",
        "holds_another",
    ),
    "fits": (samples.fits, "unknown_type"),
    "eps": (samples.eps, "unknown_type"),
    "truncated jpeg": (samples.truncated_jpeg, "truncated"),
    "truncated heic": (samples.truncated_heic, "truncated"),
    "truncated png": (lambda: samples.png()[:-500], "truncated"),
    "truncated webp": (lambda: samples.webp()[:-500], "truncated"),
    "truncated pdf": (lambda: samples.scan_pdf()[:-3000], "truncated"),
    "flipped png": (lambda: samples.png()[:5000] + b"?" + samples.png()[5001:], "damaged"),
    "jpeg without a picture": (lambda: b"\xff\xd8\xff\xd9", "damaged"),
    "jpeg and zip": (lambda: samples.small_jpeg() + samples.zip_of(), "holds_another"),
    "jpeg and rar": (lambda: samples.small_jpeg() + b"Rar!\x1a\x07\0" + samples.noise(400), "holds_another"),
    "jpeg and pdf": (lambda: samples.small_jpeg() + samples.plain_pdf(), "holds_another"),
    "jpeg in whose comment a pdf begins": (
        lambda: samples.small_jpeg(comment=samples.plain_pdf()),
        "holds_another",
    ),
    "jpeg and page": (lambda: samples.small_jpeg() + samples.HTML, "holds_another"),
    "jpeg and noise": (lambda: samples.small_jpeg() + samples.noise(3000), "holds_another"),
    "jpeg and program": (lambda: samples.small_jpeg() + samples.windows_program(), "malware"),
    "two jpegs and zip": (lambda: samples.small_jpeg() * 2 + samples.zip_of(), "holds_another"),
    "gif and jar": (lambda: samples.gif() + samples.zip_of(), "other_picture"),
    "png and zip": (lambda: samples.png() + samples.zip_of(), "holds_another"),
    "png and page": (lambda: samples.png() + samples.HTML, "holds_another"),
    "heic and zip": (lambda: samples.heic() + samples.zip_of(), "holds_another"),
    "heic and page": (lambda: samples.heic() + samples.HTML, "holds_another"),
    "webp and pdf": (lambda: samples.webp() + samples.plain_pdf(), "holds_another"),
    "pdf and zip": (lambda: samples.plain_pdf() + samples.zip_of(), "holds_another"),
    "pdf and page": (lambda: samples.plain_pdf() + samples.HTML, "holds_another"),
    "words and pdf": (lambda: b"Dear Sirs,\n" + samples.plain_pdf(), "holds_another"),
    "virus in a jpeg": (lambda: samples.small_jpeg(comment=samples.EICAR), "malware"),
    "virus alone": (lambda: samples.EICAR, "malware"),
    "virus packed in a png": (samples.eicar_png, "malware"),
    "virus packed in a pdf": (samples.eicar_pdf, "malware"),
    "virus as a title of a pdf": (samples.eicar_string_pdf, "malware"),
    "pixel bomb": (samples.pixel_bomb_png, "too_many_pixels"),
    "scan bomb": (samples.scans_bomb_jpeg, "too_complex"),
    "locked pdf": (samples.encrypted_pdf, "pdf_encrypted"),
    "pdf locked against printing": (lambda: samples.encrypted_pdf(user=""), "pdf_encrypted"),
    "script pdf": (samples.script_pdf, "pdf_script"),
    "packed script pdf": (lambda: samples.script_pdf(packed=True), "pdf_script"),
    "hidden script pdf": (samples.hidden_script_pdf, "pdf_script"),
    "launch pdf": (samples.launch_pdf, "pdf_action"),
    "attachment pdf": (samples.attachment_pdf, "pdf_attachment"),
    "xfa pdf": (samples.form_pdf, "pdf_form"),
    "object bomb": (samples.objects_bomb_pdf, "too_complex"),
    "page bomb": (samples.pages_bomb_pdf, "too_complex"),
    "many pages": (samples.many_pages_pdf, "too_many_pages"),
    "huge page": (samples.huge_page_pdf, "page_too_large"),
    "huge unit": (samples.unit_page_pdf, "page_too_large"),
    "stream bomb": (samples.stream_bomb_pdf, "too_complex"),
    "bomb in a bomb": (samples.nested_bomb_pdf, "too_complex"),
    "bomb of runs": (samples.run_length_bomb_pdf, "too_complex"),
    "bomb of packed objects": (samples.object_stream_bomb_pdf, "too_complex"),
    "picture bomb in a pdf": (samples.picture_bomb_pdf, "too_many_pixels"),
    "nest": (samples.deep_pdf, "too_complex"),
    "trailer that names itself": (samples.self_referring_pdf, "damaged"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_no_paper_is_gets_refused_with_what_to_do_instead(judge, name):
    sample, reason = REFUSED[name]
    content = sample()
    started = time.monotonic()

    found = judge(content, "image/jpeg")

    assert (found.verdict, found.reason) == ("refused", reason)
    assert found.copy is None and not found.previews
    assert reason in reasons.REFUSALS
    assert time.monotonic() - started < 40  # a busy machine's seconds; a quiet one takes one


# The cage


def test_a_file_that_eats_memory_kills_its_child_and_nobody_else(judge):
    found = judge(samples.drawing_bomb_pdf(), memory=300_000_000)

    assert (found.verdict, found.reason) in {("died", ""), ("refused", "too_heavy")}
    assert judge(samples.small_jpeg()).verdict == "ok"


def test_time_is_bounded_too(judge):
    started = time.monotonic()

    found = judge(samples.drawing_bomb_pdf(), cpu_seconds=1, memory=4_000_000_000)

    assert (found.verdict, found.reason, found.notes) == ("refused", "too_heavy", ["time"])
    assert time.monotonic() - started < 40


def test_a_child_that_never_answers_is_ended(judge):
    assert judge(samples.drawing_bomb_pdf(), wall_seconds=0.05).verdict == "died"


PROBE = """
import os, socket, sys
sys.path.insert(0, sys.argv[1])
from documents.inspection import cage
held = []
print(cage.close(400_000_000, 5))
def tried(name, act):
    try:
        act()
        print(name, "open")
    except BaseException as error:
        print(name, "shut", type(error).__name__)
tried("socket", lambda: socket.socket())
tried("fork", os.fork)
tried("program", lambda: os.execv("/bin/true", ["true"]))
tried("memory", lambda: held.append(bytearray(800_000_000)))
tried("kill", lambda: os.kill(os.getppid(), 0))
tried("file", lambda: open(sys.argv[1] + "/pyproject.toml"))
tried("list", lambda: os.listdir("/etc"))
tried("write", lambda: open("/tmp/written", "w"))
import threading
thread = threading.Thread(target=lambda: print("thread runs"))
thread.start(); thread.join()
print("user", os.getuid(), "left", sorted(set(os.environ) - {"LC_CTYPE"}))
"""


def test_the_cage_holds_no_network_no_program_no_second_process(tmp_path):
    import subprocess
    import sys

    from documents.children import ROOT

    done = subprocess.run(
        [sys.executable, "-I", "-c", PROBE, str(ROOT)],
        check=False,
        cwd=tmp_path,
        env={},
        capture_output=True,
        text=True,
        timeout=30,
    )

    lines = done.stdout.splitlines()
    assert lines[0] == "[]", done.stderr
    assert [line.split()[1] for line in lines[1:9]] == ["shut"] * 8
    assert lines[9] == "thread runs"
    assert lines[10].endswith("left []") and not lines[10].startswith("user 0 ")


def test_the_child_is_given_no_secret(judge, monkeypatch):
    import subprocess

    seen = {}
    popen = subprocess.Popen

    def watching(*args, **kwargs):
        seen.update(kwargs)
        return popen(*args, **kwargs)

    monkeypatch.setenv("S3_SECRET_ACCESS_KEY", "not-for-the-child")
    monkeypatch.setattr(subprocess, "Popen", watching)

    judge(samples.small_jpeg())

    assert set(seen["env"]) == {"LANG", "PATH", "MALLOC_ARENA_MAX"}


def test_a_child_that_lies_about_what_it_left_is_not_believed(tmp_path):
    from documents.inspection import _taken

    (tmp_path / "copy.jpg").symlink_to("/etc/passwd")
    answer = {"copy_type": "image/jpeg", "pages": 1, "kind": "image/jpeg"}

    assert _taken(answer, tmp_path, "0", 1, []).verdict == "died"
    assert _taken({**answer, "copy_type": "text/html"}, tmp_path, "0", 1, []).verdict == "died"


def test_the_cage_knows_this_machine():
    import platform

    assert platform.machine() in cage._CALLS
