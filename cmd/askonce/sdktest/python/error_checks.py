"""Errors become the SDK's own exceptions, and nobody's retries multiply."""

import openai

from harness import CHAT, ask, calls, check, client, equal, raises, true, upstream_calls

STREAMED = ({}, {"stream": True})


def refused(kind, body, want_calls, **options):
    """The error that body gets, and that it costs so many upstream calls."""
    with upstream_calls(want_calls):
        return raises(kind, lambda: client(**options).chat.completions.create(**body))


@check("errors/400 names the parameter")
def bad_request():
    for more in STREAMED:
        error = refused(openai.BadRequestError, ask("bad", "Too hot?", temperature=9, **more), 1)
        equal((error.status_code, error.param, error.code, error.type),
              (400, "temperature", "decimal_above_max_value", "invalid_request_error"), "the error")
        true("temperature" in error.message, error.message)


@check("errors/401, 403 and 404 are the provider's")
def typed():
    for more in STREAMED:
        error = refused(openai.AuthenticationError, ask("locked", "Hello?", **more) | {"model": "locked"}, 1)
        equal((error.code, "The key is not a known one." in error.message), ("invalid_api_key", True), "the 401")
        error = refused(openai.PermissionDeniedError, ask("forbidden", "Hello?", **more) | {"model": "forbidden"}, 1)
        equal(error.code, "region_not_supported", "code of the 403")
        error = refused(openai.NotFoundError, ask("gone", "Hello?", **more) | {"model": "no-such-model"}, 1)
        equal((error.code, error.param), ("model_not_found", "model"), "the 404")


@check("errors/an unknown model of the list")
def unknown_model():
    raises(openai.NotFoundError, lambda: client().models.retrieve("no-such-model"))


@check("errors/a storm of 429 is not multiplied")
def storm():
    for more in STREAMED:
        # The service tries twice; the SDK would make six of that.
        error = refused(openai.RateLimitError, ask("storm", "Is this a storm of refusals?", **more), 2, max_retries=2)
        equal((error.status_code, error.code, error.type), (429, "rate_limit_exceeded", "requests"), "the error")
        true("3 requests a minute" in error.message, error.message)
        equal(error.response.headers["x-should-retry"], "false", "x-should-retry")


@check("errors/one 429 is retried out of the caller's sight")
def one_refusal():
    with upstream_calls(2):
        answer = client(max_retries=0).chat.completions.create(**ask("one refusal", "Just one refusal, please."))
    equal(answer.choices[0].finish_reason, "stop", "finish reason")


@check("errors/a used-up quota is asked once")
def quota():
    error = refused(openai.RateLimitError, ask("quota", "Do you have an empty purse?"), 1)
    equal(error.code, "insufficient_quota", "code")


@check("errors/500 of the provider")
def server_error():
    error = refused(openai.InternalServerError, ask("broken", "Is this a failing server?"), 2)
    equal(error.status_code, 500, "status")
    true("It broke." in error.message, error.message)


@check("errors/none is kept")
def none_kept():
    body = ask("none kept", "Hello?") | {"model": "locked"}
    with upstream_calls(3):
        for _ in range(3):
            raises(openai.AuthenticationError, lambda: client().chat.completions.create(**body))


@check("errors/a stream that breaks off is an error and not kept")
def broken_stream():
    body = ask("broken stream", "Please break off once.")
    before = calls(CHAT)
    try:
        chunks = list(client(max_retries=0).chat.completions.create(**body, stream=True))
        whole = any(chunk.choices and chunk.choices[0].finish_reason for chunk in chunks)
    except Exception:  # the transport's own error: the SDK passes it on
        whole = False
    true(not whole, "the broken stream looked whole")
    answer = client().chat.completions.create(**body)
    equal(answer.choices[0].finish_reason, "stop", "finish reason of the second try")
    equal(calls(CHAT) - before, 2, "calls of the provider")


@check("errors/a directive out of shape is refused by name")
def bad_directive():
    body = ask("directive", "Hello?")
    for header in ("Askonce-Namespace", "Askonce-Threshold", "Askonce-TTL", "Askonce-Mode"):
        with upstream_calls(0):
            error = raises(
                openai.BadRequestError,
                lambda: client().chat.completions.create(**body, extra_headers={header: "not / this"}),
            )
        true(header.lower() in error.message.lower(), f"{header}: {error.message}")
        equal(error.type, "invalid_request_error", "type")


@check("errors/only-if-cached is 504 at once, and a hit afterwards")
def only_if_cached():
    body, c = ask("only if cached", "Do you remember?"), client()
    only = {"Cache-Control": "only-if-cached"}
    with upstream_calls(0):
        error = raises(openai.InternalServerError, lambda: c.chat.completions.create(**body, extra_headers=only))
    equal(error.status_code, 504, "status")
    first = c.chat.completions.create(**body)
    again = c.chat.completions.create(**body, extra_headers=only)
    equal(again.id, first.id, "id")
