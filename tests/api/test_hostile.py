"""Careless and hostile values in every field that the description of the API names: the field and a sentence, no 500.

The calls and their fields are found in the description itself, so that a new one is tried without a word here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.db import transaction

from clients import sight
from icp_portal.api import api
from tests.documents import samples
from tests.documents.cast import checked, send

pytestmark = pytest.mark.django_db

SCRIPT = "\"'><script>window.hit=1</script><img src=x onerror=window.hit=1>{{7*7}}{% debug %}${7*7}"
VALUES: dict[str, Any] = {
    "long": "长a" * 5000,
    "script": SCRIPT,
    "empty": "",
    "unknown": "no_such_choice",
    "signs": "a\u202eb\u0007c\u2066e\ufeff\u0085😀 שלום \x7f",
    "nul": "a\0b",
    "no day": "2026-02-30",
    "no hour": "2026-12-08T25:61:00+99:00",
    "less than nothing": -1,
    "many digits": 99999999999999999999,
    "a fraction": 1.5,
    "yes": True,
    "nothing": None,
    "a list": ["a", {"b": None}],
    "an object": {"a": ["b"]},
}
CHINESE = re.compile(r"[\u4e00-\u9fff]")
MANY = 20
NAMED = {
    "icp_number": "沪ICP备2026000001号-1",
    "psb_number": "沪公网安备31000002999901号",
    "code": "id_unclear",
}
OF = {"date": "2026-01-05", "date-time": "2026-01-05T10:00:00+08:00", "email": "new@harbour.example"}


def calls() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every call that takes a body, with what it takes."""
    described = json.loads(json.dumps(api.get_openapi_schema(path_prefix="/api/v1/"), default=str))
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            if taken := operation.get("requestBody"):
                yield method.upper(), path, taken["content"]["application/json"]["schema"]


def plain(schema: dict[str, Any]) -> dict[str, Any]:
    """One way of several: the one that is something."""
    ways = [one for one in schema.get("anyOf", []) if one.get("type") != "null"]
    return plain(ways[-1]) if ways else schema


def sample(schema: dict[str, Any]) -> Any:
    """A value that the description allows, with all that is required."""
    schema = plain(schema)
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type", "string")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object":
        fields = schema.get("properties", {})
        names = schema.get("required", [])
        return {name: NAMED.get(name) or sample(fields[name]) for name in names if name in fields}
    if kind == "array":
        return [sample(schema.get("items", {}))]
    return {"integer": 3, "boolean": True, "number": 3}.get(kind) or OF.get(
        schema.get("format", ""), "Harbour"
    )


def leaves(schema: dict[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Where a value can stand, objects and lists themselves among them."""
    schema = plain(schema)
    for name, one in schema.get("properties", {}).items():
        yield (*path, name)
        yield from leaves(one, (*path, name))


def put(body: dict[str, Any], path: tuple[str, ...], value: Any) -> dict[str, Any]:
    body = json.loads(json.dumps(body))
    inner = body
    for name in path[:-1]:
        inner = inner.setdefault(name, {})
    inner[path[-1]] = value
    return body


@pytest.fixture
def names(case, harbour, ada, store) -> dict[str, str]:
    """What stands in the addresses."""
    with sight.every_client():
        document = checked(send(case.requirements.get(kind="passport"), samples.small_jpeg(), by=ada))
        return {
            "reference": case.reference,
            "requirement": case.requirements.get(kind="business_licence").reference,
            "document": document.reference,
            "code": "order_in_progress",
            "client": harbour.reference,
        }


def problem_of(answer: Any, path: tuple[str, ...], language: str) -> str:
    """What is wrong with an answer; empty where it is as promised."""
    if answer.status_code >= 500:
        return f"broke with {answer.status_code}"
    if answer.status_code < 400:
        return ""
    told = answer.json()
    if not told.get("detail"):
        return f"{answer.status_code} without a sentence"
    chinese = len(CHINESE.findall(told["detail"]))
    if not chinese if language == "zh-hans" else chinese > len(told["detail"]) / 2:
        return f"{answer.status_code} in the wrong language: {told['detail']}"
    if any(sign in answer.content.decode() for sign in ("window.hit", "Traceback", "长a长a")):
        return f"{answer.status_code} echoes what was sent"
    if answer.status_code == 422 and told["code"] == "invalid" and "errors" in told:
        named = {one["field"].partition(".")[0] for one in told["errors"]}
        if path[0] not in named:
            return f"422 names {sorted(named)}"
    return ""


def attacked(caller: Any, names: dict[str, str], values: dict[str, Any]) -> list[str]:
    wrong = []
    for method, path, schema in calls():
        address = path
        for name, value in names.items():
            address = address.replace(f"{{{name}}}", value)
        assert "{" not in address, f"{path} names a thing that the test has not"
        base = {} if method == "PATCH" else sample(schema)
        fields = list(leaves(schema))
        if path == "/api/v1/cases":
            base |= {"client": names["client"], "domain": {"name": "second.example"}}  # PATCH tries the rest
            fields = [leaf for leaf in fields if leaf[0] in ("client", "account_manager", "domain")]
        for at, leaf in enumerate(fields):
            for turn, (what, value) in enumerate(values.items()):
                if len(fields) > MANY and len(values) > 1 and (at + turn) % 3:
                    continue  # of so many fields each kind meets every value all the same
                language = ("en", "zh-hans")[(at + turn // 3) % 2]
                cache.clear()
                with transaction.atomic():
                    answer = caller._call(method, address, put(base, leaf, value), Accept_Language=language)
                    transaction.set_rollback(True)
                if problem := problem_of(answer, leaf, language):
                    wrong.append(f"{method} {path} {'.'.join(leaf)} [{what}]: {problem}")
    return wrong


@pytest.mark.long
@pytest.mark.timeout(600)
def test_no_value_in_any_field_breaks_a_call(as_api, mei, names):
    wrong = attacked(as_api(mei), names, VALUES)

    assert not wrong, "\n".join(wrong)


def test_script_in_any_field_is_text_or_refused_by_its_name(as_api, ada, names):
    wrong = attacked(as_api(ada), names, {"script": SCRIPT})

    assert not wrong, "\n".join(wrong)
