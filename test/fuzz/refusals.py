"""What a request that fits the document may still be refused for, since no schema can say it."""

import schemathesis

REASONS = {
    # Which cursors there are depends on the list, and the largest page on whether profiles are asked for.
    "listFollowers": ["cursor_unknown", "With profiles, limit is at most 1000."],
    # Which origins are allowed is a setting of the account.
    "getJssdkConfig": ["url_not_allowed"],
    "authorize": ["return_to_not_allowed"],
    # Which attempts there are depends on the browser.
    "callback": ["state_unknown"],
}


@schemathesis.check
def refused_for_a_known_reason(ctx, response, case):
    """Holds each 400 to a request that fits the document against the reasons above."""
    fits = case.meta is not None and case.meta.generation.mode.is_positive
    if not fits or response.status_code != 400:
        return
    reasons = REASONS.get(case.operation.definition.raw["operationId"], [])
    assert any(reason in response.text for reason in reasons), f"400 for none of the reasons {reasons}"
