"""Days and waits, as a person would say them."""

import datetime as dt

import pytest
import time_machine
from django.utils import translation

from clients.templatetags import look

NOON = dt.datetime(2026, 11, 24, 12, 0, tzinfo=look.BEIJING)  # a Tuesday


@pytest.fixture(autouse=True)
def _tuesday():
    with time_machine.travel(NOON, tick=False), translation.override("en"):
        yield


def at(day: int, hour: int = 23, minute: int = 59, second: int = 59, month: int = 11) -> dt.datetime:
    return dt.datetime(2026, month, day, hour, minute, second, tzinfo=look.BEIJING)


@pytest.mark.parametrize(
    ("due", "words", "state"),
    [
        (at(24), "", "soon"),
        (at(25), "tomorrow", "soon"),
        (at(27), "in 3 working days", "ok"),
        (at(29), "in 3 working days", "ok"),  # a Sunday
        (at(20), "2 working days late", "late"),
        (at(23), "1 working day late", "late"),
        (at(25, 5, 30, 0), "17 h 30 min left", "soon"),
        (at(24, 11, 18, 0), "42 min late", "late"),
        (dt.date(2026, 12, 8), "in 10 working days", "ok"),
    ],
)
def test_a_due_date_tells_its_distance(due, words, state):
    assert look.due_words(due) == words
    assert look.due_state(due) == state


def test_a_day_over_the_make_up_saturday_counts_it():
    with time_machine.travel(dt.datetime(2026, 2, 13, 9, tzinfo=look.BEIJING), tick=False):
        assert look.due_words(dt.date(2026, 2, 24)) == "in 2 working days"  # Sat 14 Feb works, 15–23 rest


def test_a_stopped_clock_is_neither_late_nor_soon():
    assert look.due_state(at(20), held=True) == "held"
    assert "clock stopped" in look.due(at(20), held=True)


def test_a_day_is_said_in_both_languages():
    assert look.day(at(8, month=12)) == "Tue 8 Dec"
    assert look.day(dt.date(2027, 1, 12)) == "Tue 12 Jan 2027"
    with translation.override("zh-hans"):
        assert look.day(at(8, month=12)) == "12月8日 周二"
        assert look.due_words(at(27)) == "还有 3 个工作日"


def test_the_exact_time_is_that_of_beijing():
    assert look.exact(dt.datetime(2026, 12, 8, 15, 59, tzinfo=dt.UTC)) == "2026-12-08 23:59 Beijing time"


@pytest.mark.parametrize(
    ("then", "words"),
    [
        (NOON - dt.timedelta(seconds=20), "just now"),
        (NOON - dt.timedelta(minutes=12), "12 min ago"),
        (NOON - dt.timedelta(hours=3), "3 h ago"),
        (at(23, 9), "yesterday"),
        (at(3, 9), "15 working days ago"),
    ],
)
def test_what_happened_is_so_long_ago(then, words):
    assert look.ago(then) == words


def test_a_masked_number_shows_four_signs():
    assert look.mask("T12345678") == "****5678"
    assert look.mask("") == ""


def test_a_name_in_a_due_date_is_no_markup():
    assert "<b>" not in look.when(NOON) and look.file_size(8_400_000) == "8.4 MB"


def test_each_reads_a_client_by_their_own_languages_name_first():
    with translation.override("zh-hans"):
        assert look.named("Tea & Co", "茶叶公司") == '茶叶公司 <span lang="en">Tea &amp; Co</span>'
        assert look.named("Tea & Co", "") == "Tea &amp; Co"
    with translation.override("en"):
        assert look.named("Tea & Co", "茶叶公司") == 'Tea &amp; Co <span lang="zh-Hans">茶叶公司</span>'
