"""The description of the API against the API: what schemathesis makes up meets no 500 and no undescribed answer."""

from __future__ import annotations

import json
import os

import pytest
from django.core.cache import cache
from django.core.handlers.wsgi import WSGIHandler

schemathesis = pytest.importorskip("schemathesis")

from hypothesis import HealthCheck, Phase, settings  # noqa: E402
from schemathesis.checks import not_a_server_error  # noqa: E402
from schemathesis.specs.openapi.checks import (  # noqa: E402
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from icp_portal.api import api  # noqa: E402

pytestmark = pytest.mark.long
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    unsupported_method,
]


def described():
    """As `openapi.json` gives it: JSON has no numbers as keys."""
    return json.loads(json.dumps(api.get_openapi_schema(path_prefix="/api/v1/"), default=str))


schema = schemathesis.openapi.from_dict(described())
schema.app = WSGIHandler()


@pytest.fixture
def cast(transactional_db, request, as_api, case, neighbour, store):
    """Tokens of a manager and a contact, and names of things that are there."""
    from clients import sight

    tokens = [as_api(request.getfixturevalue(name)).token for name in ("mei", "ada")]
    with sight.every_client():
        names = {"reference": case.reference, "requirement": case.requirements.first().reference}
    return tokens, names


@schema.parametrize()
@settings(
    max_examples=int(os.environ.get("PORTAL_FUZZ", "15")),
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@pytest.mark.timeout(1200)
def test_no_call_breaks_what_is_described(case, cast):
    tokens, names = cast
    tokens.reverse()  # the manager and the contact by turns
    cache.clear()
    for name, value in names.items():
        if name in case.path_parameters:
            case.path_parameters[name] = value
    answer = case.call(headers={"Authorization": f"Bearer {tokens[0]}"})
    case.validate_response(answer, checks=CHECKS)
