"""Responses, and Anthropic's messages through its own SDK: every form as a
miss, then every form as a hit."""

import functools

import anthropic
import openai

from harness import DEFAULTS, SERVICE, check, client, equal, true, upstream_calls

MESSAGES = "/v1/messages"
RESPONSES = "/v1/responses"
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}


@functools.cache
def claude(**options):
    options = {**DEFAULTS, "base_url": SERVICE.removesuffix("/v1"), "api_key": "sk-ant-python", **options}
    return anthropic.Anthropic(**options)


def message_document(body):
    return claude().messages.create(**body).to_dict()


def message_stream(body):
    """The raw events, added up by the SDK's own accumulator."""
    with claude().messages.stream(**body) as stream:
        kinds = [event.type for event in stream]
        message = stream.get_final_message()
    equal((kinds[0], kinds[-1]), ("message_start", "message_stop"), "first and last event")
    return message.to_dict()


def response_document(body):
    return client().responses.create(**body).to_dict()


def response_stream(body):
    with client().responses.stream(**body) as stream:
        kinds = [event.type for event in stream]
        response = stream.get_final_response()
    equal((kinds[0], kinds[-1]), ("response.created", "response.completed"), "first and last event")
    return response.to_dict()


def plain(value):
    """Without what the SDKs add: nulls, and their parsed copies."""
    if isinstance(value, dict):
        added = ("parsed", "parsed_output", "parsed_arguments")
        return {key: plain(item) for key, item in value.items() if item is not None and key not in added}
    return [plain(item) for item in value] if isinstance(value, list) else value


def every_pair(name, path, forms, body):
    for miss in forms:
        for hit in forms:
            full = f"{name}/{miss} then {hit}"

            def run(full=full, miss=miss, hit=hit):
                own = {**body, "system" if path == MESSAGES else "instructions": f"You answer the check {full}."}
                with upstream_calls(1, path):
                    first, second = forms[miss](own), forms[hit](own)
                equal(plain(second), plain(first), "the answer of the hit")

            check(full)(run)


MESSAGE_FORMS = {"document": message_document, "stream": message_stream}
RESPONSE_FORMS = {"document": response_document, "stream": response_stream}


def claude_asks(text, **more):
    return {"model": "claude-sonnet-4-5", "max_tokens": 500, "messages": [{"role": "user", "content": text}], **more}


every_pair("messages/text", MESSAGES, MESSAGE_FORMS, claude_asks("Which day comes after Tuesday?"))
every_pair("messages/thinking", MESSAGES, MESSAGE_FORMS, claude_asks("Why?", thinking={"type": "enabled", "budget_tokens": 1024}))
every_pair("messages/tool", MESSAGES, MESSAGE_FORMS, claude_asks(
    "The weather?", tools=[{"name": "weather", "input_schema": SCHEMA}], tool_choice={"type": "any"}))
every_pair("responses/text", RESPONSES, RESPONSE_FORMS, {"model": "gpt-4o", "input": "Which day comes after Tuesday?"})
every_pair("responses/reasoning", RESPONSES, RESPONSE_FORMS, {"model": "gpt-4o", "input": "Why?", "reasoning": {"effort": "low"}})
every_pair("responses/tool", RESPONSES, RESPONSE_FORMS, {
    "model": "gpt-4o", "input": "The weather?", "tool_choice": "required",
    "tools": [{"type": "function", "name": "weather", "parameters": SCHEMA, "strict": False}]})


@check("messages/errors are the SDK's own")
def errors():
    try:
        claude().messages.create(**claude_asks("Hello?"), extra_headers={"Askonce-Mode": "fuzzy"})
    except anthropic.BadRequestError as error:
        true("Askonce-Mode" in error.message, error.message)
        equal(error.body["error"]["type"], "invalid_request_error", "type")
    else:
        raise AssertionError("no error was raised")
    try:
        claude().messages.create(**claude_asks("Never asked"), extra_headers={"Cache-Control": "only-if-cached"})
    except anthropic.APIStatusError as error:
        equal((error.status_code, error.body["error"]["type"]), (504, "timeout_error"), "the error")
    else:
        raise AssertionError("no error was raised")


@check("messages/tokens are counted by the provider")
def count():
    body = claude_asks("How long is this?")
    del body["max_tokens"]
    true(claude().messages.count_tokens(**body).input_tokens > 0, "no tokens")


@check("responses/errors are the SDK's own")
def response_errors():
    try:
        client().responses.create(model="gpt-4o", input="Too hot?", temperature=9)
    except openai.BadRequestError as error:
        equal(error.param, "temperature", "param")
    else:
        raise AssertionError("no error was raised")
