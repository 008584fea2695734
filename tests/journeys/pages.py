"""Every page of the portal: what it is about, and who gets it by which method. A new one fails until it stands here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.urls import URLResolver, get_resolver

DESK = {"root", "mei", "wen", "lim"}
MANAGERS = {"root", "mei"}
OWN = DESK | {"ada"}
PARTY = OWN | {"ann"}
ALL = PARTY | {"bo"}
PUBLIC = ALL | {"nobody"}
NONE: set[str] = set()


@dataclass(frozen=True)
class Page:
    """Whoever is in neither `get` nor `post` is answered 404, or 405 where nobody is."""

    get: set[str] = field(default_factory=set)
    post: set[str] = field(default_factory=set)
    of: str = ""  # what its address names
    refused: set[str] = field(default_factory=set)  # see it, may not do it: 403
    data: dict[str, str] = field(default_factory=dict)


PAGES: dict[str, Page] = {
    "": Page(get=ALL),
    "as/<str:place>/": Page(get=DESK, post=DESK, of="place"),
    "as/<str:place>/<path:rest>": Page(get=DESK, post=DESK, of="place"),
    "as/<str:place>/ending/": Page(post=DESK, of="place"),
    "clients/<str:reference>/sights/": Page(get=DESK, of="client"),
    "clients/<str:reference>/members/<str:place>/sight/": Page(post=DESK, of="client"),
    "aside/": Page(get=ALL),
    "audit/": Page(get={"root", "mei"}),
    "calendar/": Page(get=DESK),
    "bulk/": Page(post=DESK),
    "bulk/<str:reference>/return/": Page(post=MANAGERS, of="run"),
    "bulk/<str:reference>/": Page(get=DESK, post=DESK, of="run"),
    "cases/": Page(get=DESK),
    "cases/aftercare/": Page(get=DESK),
    "cases/new/": Page(get=DESK, post=DESK),
    "cases/views/": Page(get=DESK, post=DESK),
    "cases/views/first/": Page(post=DESK),
    "cases/views/<str:reference>/": Page(post=DESK, of="view"),
    "cases/views/<str:reference>/removal/": Page(post=DESK, of="view"),
    "cases/<str:reference>/": Page(get=PARTY, of="case"),
    "cases/<str:reference>/call/": Page(get=PARTY, post=PARTY, of="case"),
    "cases/<str:reference>/changes/": Page(get=OWN, post=OWN, of="case"),
    "cases/<str:reference>/checks/": Page(get=DESK, post=DESK, of="case"),
    "cases/<str:reference>/commercial/": Page(get=DESK, of="case"),
    "cases/<str:reference>/commercial/<slug:act>/": Page(post=DESK, of="case"),
    "cases/<str:reference>/footer/": Page(get=DESK, post=DESK, of="case"),
    "cases/<str:reference>/facts/": Page(get=DESK, post=DESK, of="case"),
    "cases/<str:reference>/facts/<slug:thing>/": Page(get=OWN, post=OWN, of="case"),
    "cases/<str:reference>/facts/<slug:thing>/earlier/": Page(post=OWN, of="case"),
    "cases/<str:reference>/filing-kind/": Page(get=DESK, post=DESK, of="case"),
    "cases/<str:reference>/findings/<slug:code>/waiver/": Page(post=DESK, of="case"),
    "cases/<str:reference>/here/": Page(get=DESK, of="case"),
    "cases/<str:reference>/letters/": Page(get=OWN, post=OWN, of="case"),
    "cases/<str:reference>/message/": Page(get=PARTY, post=PARTY, of="case"),
    "cases/<str:reference>/licence-application/": Page(get=OWN, post=OWN, of="case"),
    "cases/<str:reference>/manager/": Page(post=DESK, of="case"),
    "cases/<slug:reference>/messages/": Page(get=DESK, of="case"),
    "cases/<str:reference>/mobiles/<slug:part>/": Page(get=PARTY, post=PARTY, of="case"),
    "cases/<str:reference>/mobiles/<slug:part>/code/": Page(post=PARTY, of="case"),
    "cases/<str:reference>/moves/<slug:move>/": Page(get=DESK, post=DESK, of="case"),
    "cases/<str:reference>/notes/<slug:audience>/": Page(get=DESK, post=DESK, of="case"),
    "cases/<str:reference>/pack/": Page(get=DESK, post=DESK, of="case"),
    "cases/<str:reference>/pack/archive/": Page(post=DESK, of="case"),
    "cases/<str:reference>/people/<slug:part>/": Page(get=DESK, post=DESK, of="case"),
    "cases/<str:reference>/phones/<slug:part>/": Page(get=DESK, post=DESK, of="case"),
    "cases/<str:reference>/phones/<slug:part>/confirmation/": Page(post=DESK, of="case"),
    "cases/<str:reference>/photo/<slug:way>/": Page(get=DESK, post=DESK, of="case"),
    "cases/<str:reference>/preflight/": Page(get=DESK, post=DESK, of="case"),
    "cases/<str:reference>/psb-filing/": Page(get=OWN, post=OWN, of="case"),
    "cases/<str:reference>/reveals/": Page(get=DESK, post=DESK, of="case"),
    "cases/<str:reference>/sms-codes/": Page(get=PARTY, post=PARTY, of="case"),
    "cases/<str:reference>/stage/": Page(post=DESK, of="case"),
    "cases/<str:reference>/steps/call/": Page(get=DESK, post=DESK, of="case"),
    "cases/<str:reference>/steps/<slug:step>/": Page(get=DESK, post=DESK, of="case"),
    "cases/<str:reference>/watch/": Page(get=DESK, post=DESK, of="case"),
    "cases/<str:reference>/watch/looks/": Page(post=DESK, of="case"),
    "cases/<str:reference>/withdrawal/": Page(get=OWN, post=OWN, of="case"),
    "clients/": Page(get=DESK, post=DESK - {"lim"}, refused={"lim"}),
    "clients/<str:reference>/": Page(get=DESK, of="client"),
    "clients/<str:reference>/invitations/": Page(post=DESK, of="client"),
    "clients/<str:reference>/notes/": Page(get=DESK, post=DESK, of="client"),
    "clients/<str:reference>/name/": Page(
        post=DESK - {"lim"},
        of="client",
        refused={"lim"},
        data={"client-name": "Called Otherwise Ltd"},
    ),
    "clients/<str:reference>/members/<str:place>/replacement/": Page(post=DESK, of="client"),
    "certificates/<str:reference>/": Page(),  # of what is destroyed: tests/documents/test_destroying.py
    "certificates/<str:reference>/list/": Page(),  # the same
    "clients/<str:reference>/holds/": Page(get=MANAGERS, post=MANAGERS, of="client"),
    "clients/<str:reference>/release/": Page(post=MANAGERS, of="client"),
    "destroying/": Page(get=MANAGERS),
    "holds/<str:reference>/ending/": Page(),  # of one that stands: tests/documents/test_destroying.py
    "documents/<slug:reference>/content/": Page(get=PARTY, of="document"),
    "documents/<slug:reference>/state/": Page(get=PARTY, of="document"),
    "documents/<slug:reference>/thumbnail/": Page(get={"ada"}, of="document"),
    "documents/<slug:reference>/withdrawal/": Page(post={"ada"}, of="document", refused=DESK | {"ann"}),
    "documents/<str:reference>/acceptance/": Page(post=DESK, of="document"),
    "documents/<str:reference>/return/": Page(post=DESK, of="document"),
    "documents/<str:reference>/review/": Page(get=DESK, of="document"),
    "duties/<str:reference>/": Page(get=DESK, post=DESK, of="duty"),
    "duties/<str:reference>/waiver/": Page(post=DESK, of="duty"),
    "handouts/<slug:reference>/content/": Page(get=OWN, of="handout"),
    "handouts/<slug:reference>/state/": Page(get=OWN, of="handout"),
    "exports/": Page(post=DESK),
    "exports/<slug:reference>/": Page(get=DESK, of="export"),
    "exports/<slug:reference>/content/": Page(get=DESK, of="export"),
    "exports/<slug:reference>/state/": Page(get=DESK, of="export"),
    "imports/": Page(get=MANAGERS, post=MANAGERS),
    "imports/<slug:reference>/": Page(get=MANAGERS, of="incoming"),
    "imports/<slug:reference>/arrival/": Page(post=MANAGERS, of="incoming"),
    "imports/<slug:reference>/columns/": Page(post=MANAGERS, of="incoming"),
    "imports/<slug:reference>/confirmation/": Page(post=MANAGERS, of="incoming"),
    "imports/<slug:reference>/invitations/": Page(post=MANAGERS, of="incoming"),
    "imports/<slug:reference>/table/": Page(get=MANAGERS, of="incoming"),
    "imports/<slug:reference>/withdrawal/": Page(post=MANAGERS, of="incoming"),
    "feeds/<str:secret>.ics": Page(),  # for whoever holds the secret: tests/house/test_feeds.py
    "eligibility/": Page(get=PUBLIC, post=PUBLIC),
    "healthz": Page(get=PUBLIC),
    "invitations/": Page(get=ALL, post=ALL),
    "invitations/<str:reference>/renewal/": Page(post=DESK, of="invitation"),
    "invitations/<str:reference>/revocation/": Page(post=DESK, of="invitation"),
    "invitations/<str:token>/": Page(),  # for whoever holds the token: tests/clients/test_invitations.py
    "language/": Page(post=PUBLIC, data={"language": "en"}),
    "letters/": Page(get=DESK),
    "letters/<str:reference>/": Page(get=DESK, of="letter"),
    "letters/<str:reference>/discarding/": Page(post=DESK, of="letter"),
    "letters/<str:reference>/filing/": Page(post=DESK, of="letter"),
    "letters/files/<str:reference>/dropping/": Page(post=DESK, of="letter_file"),
    "letters/files/<str:reference>/paper/": Page(post=DESK, of="letter_file"),
    "livez": Page(get=PUBLIC),
    "metrics": Page(),  # for whoever brings the token: tests/house/test_health.py
    "logo/<slug:digest>/": Page(),  # for everybody, once there is one: tests/clients/test_logo.py
    "mail/<slug:provider>/inbound/": Page(),  # for whoever brings the secret: tests/letterbox/test_letters.py
    "mail/<slug:provider>/tracking/": Page(),  # the same: tests/notifications/test_tracking.py
    "me/": Page(get=ALL, post=ALL),
    "me/calendar/": Page(get=ALL, post=ALL),
    "me/calendar/ending/": Page(post=ALL),
    "me/data/": Page(get=ALL),
    "me/data/consents/<slug:reference>/": Page(post={"ada", "ann"}, of="client"),
    "me/data/consents/<slug:reference>/withdrawal/": Page(post={"ada", "ann"}, of="client"),
    "me/data/erasures/": Page(get=ALL - DESK, post=ALL - DESK),
    "me/data/erasures/<slug:reference>/withdrawal/": Page(),  # of one that waits: tests/rights/test_erasure.py
    "erasures/": Page(get={"root"}),
    "erasures/<slug:reference>/": Page(),  # of one that was asked for: tests/rights/test_erasure.py
    "erasures/<slug:reference>/decision/": Page(),  # the same
    "me/data/copies/": Page(post=ALL),
    "me/data/copies/<slug:reference>/content/": Page(get=ALL, of="own_copy"),
    "me/data/copies/<slug:reference>/state/": Page(get=ALL, of="own_copy"),
    "members/<str:reference>/ending/": Page(post=DESK, of="place"),
    "members/<str:reference>/role/": Page(post=DESK, of="place", data={"role": "responsible"}),
    "me/ways/": Page(get=ALL, post=ALL),
    "messages/": Page(get=DESK),
    "messages/read/": Page(get=DESK, post=DESK),
    "messages/<slug:reference>/sendings/": Page(post=DESK, of="message"),
    "notifications/": Page(get=ALL),
    "notifications/reading/": Page(post=ALL),
    "offline/": Page(get=PUBLIC),
    "people/<str:reference>/clients/": Page(get={"root", "mei"}, post={"root", "mei"}, of="limited"),
    "people/<str:reference>/cover/": Page(
        get=DESK, post={"root", "lim"}, of="limited", refused={"mei", "wen"}
    ),
    "people/<str:reference>/cover/ending/": Page(post={"root", "lim"}, of="limited", refused={"mei", "wen"}),
    "people/<str:reference>/handover/": Page(get=MANAGERS, post=MANAGERS, of="limited"),
    "people/<str:reference>/return/": Page(post={"root"}, of="person", refused={"mei", "wen", "lim"}),
    "proposals/<str:reference>/": Page(get=DESK, of="proposal"),
    "proposals/<str:reference>/dismissal/": Page(post=DESK, of="proposal"),
    "requirements/<slug:reference>/consent/": Page(post=PARTY, of="requirement"),
    "requirements/<slug:reference>/form/": Page(post=OWN, of="requirement", refused={"ann"}),
    "requirements/<slug:reference>/uploads/": Page(post=PARTY, of="requirement"),
    "requirements/<slug:reference>/uploads/plain/": Page(post=PARTY, of="requirement"),
    "reports/": Page(get={"root", "mei"}),
    "requirements/<str:reference>/report/": Page(post=PARTY, of="requirement"),
    "requirements/<str:reference>/settlement/": Page(post=DESK, of="requirement"),
    "requirements/<str:reference>/waiver/": Page(get=DESK, post=DESK, of="requirement"),
    "seen/": Page(get=ALL),
    "settings/": Page(get=DESK, post={"root"}, refused={"mei", "wen", "lim"}),
    "settings/channels/": Page(get={"root"}, post={"root"}),
    "settings/channels/<slug:reference>/ending/": Page(),  # of a robot: tests/notifications/test_rooms.py
    "settings/channels/<slug:reference>/tests/": Page(),  # the same
    "settings/health/": Page(get={"root"}),
    "settings/hooks/": Page(get={"root"}, post={"root"}),
    "settings/hooks/deliveries/<str:reference>/sendings/": Page(post={"root"}, of="delivery"),
    "settings/hooks/<str:reference>/": Page(get={"root"}, post={"root"}, of="hook"),
    "settings/hooks/<str:reference>/pause/": Page(post={"root"}, of="hook"),
    "settings/hooks/<str:reference>/removal/": Page(post={"root"}, of="hook"),
    "settings/hooks/<str:reference>/resumption/": Page(post={"root"}, of="hook"),
    "settings/hooks/<str:reference>/secret/": Page(post={"root"}, of="hook"),
    "settings/hooks/<str:reference>/tests/": Page(post={"root"}, of="hook"),
    "settings/people/": Page(get=DESK, post={"root", "mei"}, refused={"wen", "lim"}),
    "settings/rules/": Page(get=DESK),
    # For a row of the rules, by whom it may be read and changed: tests/rulebook/test_pages.py
    "settings/rules/<str:kind>/": Page(),
    "settings/rules/<str:kind>/additions/": Page(),
    "settings/rules/<str:kind>/<str:code>/<str:term>/": Page(),
    "settings/rules/<str:kind>/<str:code>/<str:term>/checks/": Page(),
    "settings/texts/": Page(get={"root"}),
    "settings/texts/own/": Page(get={"root"}, post={"root"}),
    # For a message that there is: tests/notifications/test_texts.py
    "settings/texts/<str:code>/": Page(),
    "settings/texts/<str:code>/shipped/": Page(),
    "settings/texts/<str:code>/withdrawal/": Page(),
    "settings/tokens/": Page(get=ALL, post=ALL),
    "settings/tokens/<str:reference>/revocation/": Page(post=ALL, of="token"),
    "sw.js": Page(get=PUBLIC),
    "styleguide/": Page(get={"root"}, post={"root"}),
    "tasks/<slug:reference>/": Page(get=PARTY, of="requirement"),
    "tasks/<slug:reference>/earlier/": Page(post=PARTY, of="requirement"),
    "unsubscribe/<str:signed>/": Page(),  # for whoever holds the link: tests/notifications/test_pages.py
    "uploads/<slug:reference>/": Page(get=PARTY, of="upload"),
    "uploads/<slug:reference>/cancellation/": Page(post=PARTY, of="upload"),
    "uploads/<slug:reference>/completion/": Page(post=PARTY, of="upload"),
    "uploads/<slug:reference>/sent/": Page(get=PARTY, of="upload"),
}
WORDS = {
    "code": "nothing_such",
    "kind": "nothing_such",
    "term": "2020-08-17",
    "digest": "0" * 64,
    "provider": "postmark",
    "thing": "site",
    "part": "head",
    "move": "submit",
    "audience": "client",
    "way": "curtain",
    "step": "footer",
    "rest": "seen/",
    "act": "checklist",
    "token": "nobodys-token",
    "secret": "nobodys-secret",
    "signed": "nobodys-link",
    "pk": "1",
}


def routes(resolver: URLResolver | None = None, prefix: str = "") -> Iterator[str]:
    """Every address of the router, the API aside, whose calls have a table of their own."""
    for one in (resolver or get_resolver()).url_patterns:
        route = f"{prefix}{one.pattern}"
        if isinstance(one, URLResolver):
            yield from routes(one, route)
        elif not route.startswith("api/v1/"):
            yield route


def address(route: str, named: str = "", place: str = "") -> str:
    """The route with these references in it."""
    found = re.sub(r"<\w+:reference>", named, route).replace("<str:place>", place)
    return "/" + re.sub(r"<\w+:(\w+)>", lambda one: WORDS[one[1]], found).removeprefix("^").removesuffix("$")
