"""The measure of all pages: the same rows asked by prepared statements and put between tags, and nothing else.

No sign-in, no roles by request, no language, no templates; a server that does less than this shows no cases.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable
from datetime import datetime
from html import escape

import psycopg
from psycopg.rows import dict_row

LIST = """SELECT c.id, c.reference, k.reference AS client_reference, k.name, k.name_zh, u.name AS manager, u.email,
    c.domain_name, c.stage, c.round, c.waiting_on, c.waiting_since, c.due_at, c.on_hold, c.hold_until, c.moved_at,
    c.provider, c.province, c.icp_number, c.psb_number, c.licence_number
FROM cases_case c JOIN clients_client k ON k.id = c.client_id LEFT JOIN clients_user u ON u.id = c.account_manager_id
WHERE c.taken_back_at IS NULL ORDER BY c.due_at, c.id LIMIT 51"""
CASE = """SELECT c.id, c.reference, c.stage, c.round, c.version, c.domain_name, c.provider, c.province, c.filing_kind,
    c.service, c.photo_way, c.platform_email, c.waiting_on, c.waiting_since, c.due_at, c.on_hold, c.hold_until,
    c.hold_note, c.photo_done_on, c.icp_number, c.licensed_on, c.psb_handed_in_on, c.psb_number, c.filed_on,
    c.application_handed_in_on, c.licence_number, c.granted_on, c.created_at, c.moved_at, k.name AS client_name,
    k.name_zh AS client_name_zh, u.name AS manager, s.name AS subject_name, s.name_zh AS subject_name_zh,
    s.kind AS subject_kind, s.id_kind, s.id_number_tail, s.certificate_address, s.contact_address, s.licence_status,
    d.name AS domain, d.owner, d.registrar, d.verified, v.service_number, v.instance, v.location,
    w.name AS site_name, w.languages, w.content, w.revenue, w.note AS site_note
FROM cases_case c JOIN clients_client k ON k.id = c.client_id LEFT JOIN clients_user u ON u.id = c.account_manager_id
JOIN cases_subject s ON s.case_id = c.id JOIN cases_domain d ON d.case_id = c.id
JOIN cases_server v ON v.case_id = c.id JOIN cases_site w ON w.case_id = c.id WHERE c.reference = %s"""
PEOPLE = "SELECT * FROM cases_person WHERE case_id = %s ORDER BY part"
PAPERS = """SELECT r.*, u.name AS changed_by FROM cases_requirement r LEFT JOIN clients_user u ON u.id = r.changed_by_id
WHERE r.case_id = %s AND r.dropped_at IS NULL ORDER BY r.place, r.id"""
CLOCKS = "SELECT * FROM cases_deadline WHERE case_id = %s ORDER BY due_at, id"
OPENED = "SELECT * FROM cases_reopening WHERE case_id = %s ORDER BY id"
MOVES = "SELECT * FROM cases_caseevent WHERE case_id = %s AND kind = 'case.moved' ORDER BY id"
EVENTS = """SELECT e.*, u.name AS by_name FROM cases_caseevent e LEFT JOIN clients_user u ON u.id = e.by_id
WHERE e.case_id = %s ORDER BY e.id DESC LIMIT 31"""

_own = threading.local()


def _line() -> psycopg.Connection:
    if not hasattr(_own, "line"):
        line = psycopg.connect(
            os.environ["DATABASE_URL"], autocommit=True, row_factory=dict_row, prepare_threshold=0
        )
        line.execute("SET ROLE portal_all")
        _own.line = line
    return _own.line


def _rows(sql: str, *values: object) -> list[dict]:
    return _line().execute(sql, values, prepare=True).fetchall()  # type: ignore[call-overload]


def _day(at: datetime | None) -> str:
    return f"{at:%d %b}" if at else "—"


def _page(title: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>'
        f"<body><main>{body}</main></body></html>"
    )


def case_list() -> str:
    """Fifty rows."""
    rows = "".join(
        f'<tr><td><time datetime="{row["due_at"]}">{_day(row["due_at"])}</time></td>'
        f'<td><a href="/cases/{row["reference"]}/">{escape(row["name"])} <span lang="zh-Hans">{escape(row["name_zh"])}'
        f"</span></a></td><td>{escape(row['domain_name'])}</td>"
        f'<td><span class="stage" data-stage="{row["stage"]}">{row["stage"]}</span></td><td>{row["waiting_on"]}</td>'
        f"<td>{row['waiting_since']:%d %b}</td><td>{row['provider']} · {row['province']}</td>"
        f"<td>{escape(row['manager'] or row['email'] or '')}</td><td>{row['reference']}</td></tr>"
        for row in _rows(LIST)[:50]
    )
    return _page("Cases", f"<h1>Cases</h1><table><tbody>{rows}</tbody></table>")


def case_detail(reference: str) -> str:
    """One case and what hangs on it."""
    case = _rows(CASE, reference)[0]
    key = case["id"]
    facts = "".join(f"<dt>{name}</dt><dd>{escape(str(value))}</dd>" for name, value in case.items() if value)
    people = "".join(
        "".join(f"<dt>{name}</dt><dd>{escape(str(value))}</dd>" for name, value in one.items() if value)
        for one in _rows(PEOPLE, key)
    )
    papers = "".join(
        f"<tr><th>{one['kind']}</th><td>{one['of']}</td><td>{one['state']}</td><td>{one['changed_at']:%d %b}</td>"
        f"<td>{one['changed_by'] or '—'}</td></tr>"
        for one in _rows(PAPERS, key)
    )
    clocks = "".join(f"<li>{one['kind']} {one['due_at']:%d %b}</li>" for one in _rows(CLOCKS, key))
    opened = "".join(f"<li>{one['path']}</li>" for one in _rows(OPENED, key))
    moves = "".join(f"<li>{one['to_stage']} {one['at']:%d %b}</li>" for one in _rows(MOVES, key))
    events = "".join(
        f"<li>{one['at']:%d %b %H:%M} {one['kind']} {escape(one['note'])} {one['by_name'] or ''}</li>"
        for one in _rows(EVENTS, key)[:30]
    )
    return _page(
        reference,
        f"<h1>{escape(case['client_name'])}</h1><ol>{moves}</ol><table>{papers}</table><dl>{facts}{people}</dl>"
        f"<ul>{clocks}{opened}</ul><ol>{events}</ol>",
    )


def application(environ: dict, start_response: Callable) -> Iterable[bytes]:
    """`/cases/` and `/cases/REFERENCE/`."""
    reference = environ["PATH_INFO"].removeprefix("/cases/").rstrip("/")
    body = (case_detail(reference) if reference else case_list()).encode()
    start_response(
        "200 OK", [("Content-Type", "text/html; charset=utf-8"), ("Content-Length", str(len(body)))]
    )
    return [body]
