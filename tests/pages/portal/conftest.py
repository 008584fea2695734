"""Harbour's case and one of Lotus's that could leak; Ada's browser. Imports wait until the settings stand."""

from __future__ import annotations

import pytest

PHONE = {"viewport": {"width": 360, "height": 740}}


@pytest.fixture
def empty(agency, harbour, mei):
    """Harbour's case as the agency opens it: a domain and nothing else."""
    from cases.services.opening import open_case
    from clients import sight

    with sight.every_client():
        return open_case(harbour, by=mei, given={"domain": {"name": "harbour.example"}})


@pytest.fixture
def case(agency, harbour, mei):
    """Harbour's case in draft with all facts, no paper sent; Ann is its head."""
    from tests.api.filings import make_case

    return make_case(harbour, mei)


@pytest.fixture
def lotus_case(agency, lotus, mei):
    from tests.api.filings import make_case

    return make_case(lotus, mei, name="lotus.example")


@pytest.fixture
def ada_page(agency, ada, as_page):
    return as_page(ada)


@pytest.fixture
def ann_page(agency, ann, as_page):
    return as_page(ann)


@pytest.fixture
def paper():
    """`paper(case, "passport")` is that line of its checklist."""
    from cases.models import Requirement
    from clients import sight

    def find(case, kind):
        with sight.every_client():
            return Requirement.objects.select_related("case", "client").get(case=case, kind=kind)

    return find


@pytest.fixture
def enter(transactional_db, agency, ada, as_page, live_server, new_page):
    """`enter(locale="zh-CN")` is a phone in which Ada is signed in."""

    def open_page(**options):
        page = new_page(**PHONE | options)
        cookie = next(iter(as_page(ada).cookies.values()))
        page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])
        return page

    return open_page
