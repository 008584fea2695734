"""A machine reads what stands on a paper and tells it beside the facts; what it read is kept nowhere."""

from __future__ import annotations

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from cases.services import changing
from clients import sight
from documents import machine, reading, services, storage, tasks
from documents.demo import pictures
from documents.models import DEATHS, STALE, Document, Reading, ReadingQuerySet
from documents.services.reading import _claim
from tests.documents import samples
from tests.documents.cast import checked, fresh, paper, send
from trade.printed import Found, found_on

ZONE = ("P<UTOEXAMPLE<<ADA<<<<<<<<<<<<<<<<<<<<<<<<<<<", "T123456787UTO9001011F3001019<<<<<<<<<<<<<<04")
LINES = ("PASSPORT", "EXAMPLE, ADA", "Passport no. T12345678", "Date of expiry", "01 JAN 2030", *ZONE)
RIGHT = {"id_number": "T12345678", "id_valid_until": "2030-01-01"}


def page(*lines: str, blur: float = 0, turn: int = 0, font: Path | None = None) -> bytes:
    """A printed page, as a phone's camera would send it."""
    face = ImageFont.truetype(font, 40) if font else ImageFont.load_default(size=40)
    picture = Image.new("RGB", (1200, 850), (240, 238, 230))
    pen = ImageDraw.Draw(picture)
    for place, line in enumerate(lines):
        pen.text((40, 40 + place * 105), line, fill=(20, 20, 40), font=face)
    out = BytesIO()
    picture.filter(ImageFilter.GaussianBlur(blur)).rotate(turn, expand=True).save(out, "JPEG", quality=88)
    return out.getvalue()


@pytest.fixture
def on(settings):
    settings.READING = True


@pytest.fixture
def as_if_read(monkeypatch):
    """The child's answer, for all that is not about reading itself."""

    def answer(*lines: str, verdict: str = "ok", score: float = 0.99):
        found = reading.Read(verdict, [(line, score) for line in lines])
        monkeypatch.setattr(reading, "read", lambda *_pages, **_more: found)

    return answer


def told(document: Document) -> dict[str, tuple[str, str]]:
    document = fresh(document)
    return {row.label: (row.value, row.mark) for row in machine.seen_on(document)}


def head_is(cast, **facts):
    changing.change_facts(cast.case, {"head": facts}, by=cast.mei)


# ── Read for real ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_passport_is_read_and_held_against_the_facts_as_they_are_now(cast, on):
    head_is(cast, **RIGHT)
    document = checked(send(cast.passport, page(*LINES), by=cast.ada))
    assert told(document) == {"Number and expiry": ("being read; look again in a minute", "")}

    assert services.read_next()

    assert told(document) == {
        "Readable": ("well", "agrees"),
        "Number": ("on the paper as in the facts", "agrees"),
        "Expires": ("2030-01-01, as in the facts", "agrees"),
        "Check digits": ("right", "agrees"),
    }
    head_is(cast, id_number="T87654321", id_valid_until="2031-01-01")
    assert told(document)["Number"] == ("another number of this kind stands on it", "differs")
    assert told(document)["Expires"] == ("2030-01-01; the facts say 2031-01-01", "differs")


def test_only_a_licence_without_a_day_agrees_with_a_paper_without_end(cast, on, as_if_read):
    as_if_read("营业期限 2016年01月01日至无固定期限")
    licence = checked(send(cast.licence, page("a licence"), by=cast.ada))
    passport = checked(send(cast.passport, page("a page"), by=cast.ada))
    assert services.read_next() and services.read_next()

    assert told(licence)["Expires"] == ("without end (长期), as in the facts", "agrees")
    assert told(passport)["Expires"] == ("without end (长期); the facts say nothing", "")

    head_is(cast, id_valid_until="2030-01-01")
    changing.change_facts(cast.case, {"subject": {"licence_valid_until": "2030-01-01"}}, by=cast.mei)
    for document in (licence, passport):
        assert told(document)["Expires"] == ("without end (长期); the facts say 2030-01-01", "differs")


def test_a_blurred_page_is_hardly_readable_and_says_nothing(cast, on):
    head_is(cast, **RIGHT)
    document = checked(send(cast.passport, page(*LINES, blur=14), by=cast.ada))

    assert services.read_next()

    assert told(document) == {
        "Readable": ("hardly; a sharper picture may be needed", "unsure"),
        "Number": ("not found on the paper; look closely", "unsure"),
        "Expires": ("not found on the paper; look closely", "unsure"),
    }


def test_the_reader_sits_in_the_cage_and_is_bounded():
    assert reading.read([page(*LINES)], wall_seconds=0.2).verdict == "too_heavy"
    assert reading.read([page(*LINES)], memory=1024 * 1024).verdict == "died"
    assert reading.read([b"no picture"]) == reading.Read("ok", [], open_doors=[])


@pytest.mark.long
@pytest.mark.parametrize(
    ("kind", "number", "until"),
    [
        ("passport", "T12345678", date(2031, 1, 1)),
        ("id_card_front", "110000190001010012", None),
        ("id_card_back", None, date(2031, 1, 1)),
        ("business_licence", "91310000MATE5T017D", None),
    ],
)
def test_the_papers_of_the_demo_are_read_as_they_are_drawn(kind, number, until):
    draw, _name, _type = pictures.PAPERS[kind]
    found = read_as(kind, draw())

    assert (next(iter(found.numbers), None), found.until) == (number, until)
    assert (found.zone is not None and found.zone.is_right) == (kind == "passport")


@pytest.mark.long
@pytest.mark.parametrize("turn", [0, 90])
def test_chinese_papers_are_read_lying_on_their_side_too(turn):
    front = ("姓名  样本", "住址  样本市样本路1号", "公民身份号码  110000190001010012")
    back = ("签发机关  样本市公安局", "有效期限  2016.01.01-长期")
    font = next(
        path for path in Path("/usr/share/fonts").rglob("*.tt[cf]") if re.search("CJK|wqy", path.name)
    )

    assert read_as("id_card_front", page(*front, font=font, turn=turn)).numbers == ("110000190001010012",)
    assert read_as("id_card_back", page(*back, font=font, turn=turn)).is_without_end


def read_as(kind: str, picture: bytes) -> Found:
    found = reading.read([picture])
    assert found.verdict == "ok" and found.is_clear
    return found_on(kind, [line for line, _score in found.lines])


# ── What is kept ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_nothing_of_the_text_is_in_a_row_or_a_log(cast, on, as_if_read, caplog, capsys):
    document = checked(send(cast.passport, page("a page"), by=cast.ada))
    as_if_read(*LINES)

    services.read_next()

    row = Reading.objects.get()
    kept = str(list(Reading.objects.values())) + caplog.text + "".join(capsys.readouterr())
    assert document.reference in kept and row.read_at
    assert not [word for word in ("T12345678", "EXAMPLE", "ADA<", "900101") if word in kept]
    assert fresh(document).case.head.hash_of("T12345678") not in row.numbers, "not the facts' own hash"


def test_the_same_number_leaves_another_hash_on_another_paper(cast, on, as_if_read):
    as_if_read(*LINES)
    for place in range(2):
        checked(send(cast.passport, samples.small_jpeg((320 + place, 200)), by=cast.ada))
        services.read_next()

    first, second = Reading.objects.all()

    assert first.numbers and not set(first.numbers) & set(second.numbers)


def test_what_is_taken_back_leaves_no_reading(cast, on, as_if_read):
    as_if_read(*LINES)
    document = checked(send(cast.passport, page("a page"), by=cast.ada))
    services.read_next()

    services.withdraw_document(document, by=cast.ada)
    services.destroy_withdrawn(document.pk)

    assert not Reading.objects.exists()


def test_what_is_destroyed_leaves_no_reading(cast, on, as_if_read):
    as_if_read(*LINES)
    document = checked(send(cast.passport, page("a page"), by=cast.ada))
    services.read_next()
    now = timezone.now()

    services.claim_for("E-1", [document.pk], now=now)
    assert services.destroy_due(now=now + timedelta(minutes=1)) == 1

    assert not Reading.objects.exists()


def test_what_is_destroyed_while_it_is_read_stays_destroyed(cast, on, monkeypatch):
    document = checked(send(cast.passport, page("a page"), by=cast.ada))

    def meanwhile(_pages):
        Reading.objects.of(document).delete()
        return reading.Read("ok", [(line, 0.99) for line in LINES])

    monkeypatch.setattr(reading, "read", meanwhile)
    services.read_next()

    assert not Reading.objects.exists()


# ── It holds up nobody ──────────────────────────────────────────────────────────────────────────────────────────────


def test_off_nothing_is_asked_and_the_page_says_nothing(cast):
    document = checked(send(cast.passport, page("a page"), by=cast.ada))
    tasks.check_waiting()

    assert not Reading.objects.exists() and not services.read_next()
    assert told(document) == {}


def test_papers_that_say_nothing_to_compare_are_not_read(cast, on):
    checked(send(paper(cast.case, "domain_certificate"), samples.small_jpeg(), by=cast.ada))

    assert not Reading.objects.exists()


def test_a_reader_that_dies_is_tried_three_times_and_the_paper_can_be_judged(cast, on, as_if_read):
    document = checked(send(cast.passport, page("a page"), by=cast.ada))
    as_if_read(verdict="died")
    times = 0
    while services.read_next():
        times += 1

    assert times == DEATHS + 1 and Reading.objects.get().problem == "died"
    assert told(document) == {"Number and expiry": ("not read", "")}
    services.open_document(document, by=cast.mei)
    assert services.accept_document(fresh(document), by=cast.mei).state == "accepted"


def test_a_killed_workers_claim_is_taken_when_it_is_stale(cast, on, as_if_read):
    checked(send(cast.passport, page("a page"), by=cast.ada))
    checked(send(cast.licence, page("another page"), by=cast.ada))
    as_if_read(*LINES)
    now = timezone.now()
    Reading.objects.filter(paper="passport").update(claimed_at=now, tries=1)

    assert not services.read_next(now=now), "one at a time"
    assert services.read_next(now=now + STALE * 2) and services.read_next(now=now + STALE * 2)

    assert Reading.objects.filter(read_at__isnull=False).count() == 2


def test_of_two_rings_at_once_one_takes_a_paper(lasting_cast, monkeypatch):
    """The second looks while nothing is under way, and goes on when the first has taken its paper."""
    with sight.every_client():
        for paper in ("passport", "business_licence"):
            Reading.objects.create(client=lasting_cast.harbour, token=f"of the {paper}", paper=paper)
    looked, taken = threading.Event(), threading.Event()
    under_way = ReadingQuerySet.under_way

    def slowly(rows, now):
        found = under_way(rows, now)
        if threading.current_thread() is not threading.main_thread():
            list(found)
            looked.set()
            taken.wait(1)
        return found

    def second():
        try:
            return _claim(timezone.now())
        finally:
            connection.close()

    monkeypatch.setattr(ReadingQuerySet, "under_way", slowly)
    with ThreadPoolExecutor(1) as other:
        seconds = other.submit(second)
        assert looked.wait(20)
        first = _claim(timezone.now())
        taken.set()

    assert [first, seconds.result()].count(None) == 1


def test_a_store_that_is_away_delays_it(cast, on, as_if_read, monkeypatch):
    checked(send(cast.passport, page("a page"), by=cast.ada))
    as_if_read(*LINES)

    def away(*_words, **_more):
        raise storage.StorageAway("gone")

    with monkeypatch.context() as patched:
        patched.setattr(storage, "get", away)
        assert not services.read_next()
    assert Reading.objects.get().tries == 0

    assert services.read_next() and not services.read_next()


def test_other_bytes_behind_the_portal_are_not_read(cast, on, as_if_read):
    document = checked(send(cast.passport, page("a page"), by=cast.ada))
    as_if_read(*LINES)
    storage.put(document.preview_key(1), samples.small_jpeg(), content_type="image/jpeg")
    document.previews.update(version="")

    services.read_next()

    assert Reading.objects.get().problem == "lost"


def test_a_paper_that_was_taken_over_has_its_reading_with_it(cast, on, as_if_read):
    as_if_read(*LINES)
    head_is(cast, **RIGHT)
    document = checked(send(cast.passport, page("a page"), by=cast.ada))
    services.read_next()
    Document.objects.filter(pk=document.pk).update(state="superseded")
    again = Document.objects.get(pk=document.pk)
    again.pk, again.reference, again.version, again.upload, again._state.adding = None, "D-2", 2, None, True
    again.save()

    assert told(again)["Number"] == ("on the paper as in the facts", "agrees")


# ── Whose ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_nobody_of_another_client_sees_it_and_no_page_writes_it(cast, on):
    checked(send(cast.passport, page("a page"), by=cast.ada))

    with sight.sight_of(cast.bo):
        assert not Reading.objects.exists()
    with sight.sight_of(cast.ada):
        assert Reading.objects.count() == 1
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT has_table_privilege(current_user, 'documents_reading', 'UPDATE, INSERT, DELETE')"
            )
            assert cursor.fetchone() == (False,)
