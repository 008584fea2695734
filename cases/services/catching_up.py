"""Changes of the rules that reach running cases: batch by batch, each case once, wherever a kill left it."""

from __future__ import annotations

from cases.models import Case


def adopt(edition: int) -> int:
    """Cases from before the rules were rows are promised the first edition that says what they began with."""
    return Case.objects.filter(rules_edition=0).update(rules_edition=edition, rules_reached=edition)
