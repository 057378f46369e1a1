"""MiniStack, with what AWS does and its version 1.5.33 does not. Nothing of it makes the emulator check less."""

import json

from ministack.core import iam_actions
from ministack.services import apigateway, dynamodb, lambda_svc

known_resource_arn = iam_actions.extract_resource_arn
known_dynamodb_context = iam_actions.dynamodb_service_context
known_request_context = iam_actions.request_tag_context
known_preflight = apigateway._cors_preflight_response
known_cors_headers = apigateway._cors_response_headers
known_execute = lambda_svc._execute_function_with_config_scope


def extract_resource_arn(service, method, path, headers, body, *rest):
    """A new schedule is looked for in the group that the request names, not in `default`."""
    arn = known_resource_arn(service, method, path, headers, body, *rest)
    if service != "scheduler" or ":schedule/default/" not in arn or not body:
        return arn
    group = json.loads(body).get("GroupName", "default")
    return arn.replace(":schedule/default/", f":schedule/{group}/")


def dynamodb_service_context(body):
    """`dynamodb:LeadingKeys`: the partition keys that a request names."""
    context = known_dynamodb_context(body)
    request = json.loads(body or b"{}")
    keys = list(leading_keys(request, request.get("TableName")))
    for table, part in request.get("RequestItems", {}).items():
        for key in part.get("Keys", []) if isinstance(part, dict) else []:
            keys.extend(leading_keys({"Key": key}, table))
    if keys:
        context["dynamodb:LeadingKeys"] = keys
    return context


def leading_keys(request, table):
    known = dynamodb._tables.get(table)
    if known is None:
        return
    name = known["pk_name"]
    for member in ("Key", "Item"):
        if name in request.get(member, {}):
            yield from request[member][name].values()
    for condition in request.get("KeyConditionExpression", "").split(" AND "):
        left, _, right = condition.partition(" = ")
        if request.get("ExpressionAttributeNames", {}).get(left, left) == name:
            yield from request["ExpressionAttributeValues"][right].values()


def request_context(service, action, body, *rest):
    """`kms:EncryptionContext:<name>`: the pairs that a request to KMS names."""
    context = known_request_context(service, action, body, *rest)
    if service != "kms":
        return context
    named = json.loads(body or b"{}").get("EncryptionContext") or {}
    return {**context, **{f"kms:EncryptionContext:{name}": value for name, value in named.items()}}


def execute(record, event, *rest, **options):
    """An HTTP API hands over the cookies of a request as a list, which takes the place of the header."""
    if isinstance(event, dict) and event.get("version") == "2.0" and "cookie" in event.get("headers", {}):
        headers = dict(event["headers"])
        event = {**event, "headers": headers, "cookies": headers.pop("cookie").split("; ")}
    return known_execute(record, event, *rest, **options)


def as_in_the_api(settings):
    """CloudFormation writes the members of a CORS configuration with a capital letter."""
    return {name[0].lower() + name[1:]: value for name, value in (settings or {}).items()}


iam_actions.extract_resource_arn = extract_resource_arn
iam_actions.dynamodb_service_context = dynamodb_service_context
iam_actions.request_tag_context = request_context
lambda_svc._execute_function_with_config_scope = execute
apigateway._cors_preflight_response = lambda settings, origin: known_preflight(as_in_the_api(settings), origin)
apigateway._cors_response_headers = lambda settings, origin: known_cors_headers(as_in_the_api(settings), origin)

from ministack.app import app  # noqa: E402, F401
