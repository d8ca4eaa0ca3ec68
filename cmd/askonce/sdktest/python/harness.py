"""What every check needs: clients, the provider's own counts, and comparing."""

import contextlib
import functools
import json
import os
import time
import urllib.request

import openai

SERVICE = os.environ["ASKONCE_URL"]  # with /v1
PROVIDER = os.environ["PROVIDER_URL"]  # without
CHAT = "/v1/chat/completions"
COMPLETIONS = "/v1/completions"
EMBEDDINGS = "/v1/embeddings"

# A service that hangs is to fail its check, not to hold up the others.
DEFAULTS = {"base_url": SERVICE, "api_key": "sk-python-sdk", "timeout": 60}

CHECKS = []


def check(name):
    """Registers a check; it fails by raising. Coroutine functions may be checks."""

    def register(function):
        CHECKS.append((name, function))
        return function

    return register


@functools.cache  # making one takes longer than most checks
def client(**options):
    return openai.OpenAI(**{**DEFAULTS, **options})


def async_client(**options):
    return openai.AsyncOpenAI(**{**DEFAULTS, **options})


def ask(name, text, **more):
    """A chat request of its own scope: the system text names the check."""
    messages = [
        {"role": "system", "content": f"You answer the check {name}."},
        {"role": "user", "content": text},
    ]
    return {"model": "gpt-4o-mini", "messages": messages, **more}


def fetch(path):
    with urllib.request.urlopen(PROVIDER + path) as answer:
        return json.load(answer)


def calls(path):
    """How often the provider was asked on a path."""
    return fetch("/simulator/stats")["calls"].get(path, 0)


@contextlib.contextmanager
def upstream_calls(want, path=CHAT):
    """Fails unless the block makes this many calls of the provider."""
    before = calls(path)
    yield
    equal(calls(path) - before, want, "calls of the provider")


@contextlib.contextmanager
def recorded(into):
    """Collects what reached the provider during the block."""
    before = len(fetch("/recorded"))
    yield
    into.extend(fetch("/recorded")[before:])


def eventually(condition, what, seconds=10):
    """Waits for something that happens on its own."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {seconds} s")
        time.sleep(0.01)


def remembered(client, body):
    """The raw answer of the cache alone. A question's vector is written behind
    its answer, so that the first moments of a rewording are misses."""
    answers = []

    def answered():
        try:
            raw = client.chat.completions.with_raw_response
            answers.append(raw.create(**body, extra_headers={"Cache-Control": "only-if-cached"}))
        except openai.InternalServerError as error:
            equal(error.status_code, 504, "status")
        return bool(answers)

    eventually(answered, "an answer from the cache")
    return answers[0]


def equal(got, want, what):
    if got != want:
        raise AssertionError(f"{what}: got {short(got)}, want {short(want)}")


def true(condition, what):
    if not condition:
        raise AssertionError(what)


def short(value):
    text = json.dumps(value, default=str, sort_keys=True)
    return text if len(text) < 1500 else text[:1500] + "..."


def raises(kind, call):
    """The error that call raises, which must be of exactly this class."""
    try:
        call()
    except openai.OpenAIError as error:
        equal(type(error).__name__, kind.__name__, f"class of {error}")
        return error
    raise AssertionError(f"no {kind.__name__} was raised")


def essence(completion):
    """What a caller sees of a chat completion, however it came."""
    doc = completion.to_dict()
    return {
        **{key: doc.get(key) for key in ("id", "created", "model", "system_fingerprint", "service_tier", "usage")},
        "choices": [choice_essence(choice) for choice in doc["choices"]],
    }


def choice_essence(choice):
    message = choice["message"]
    calls = [
        (call["id"], call["type"], call["function"]["name"], call["function"]["arguments"])
        for call in message.get("tool_calls") or []
    ]
    return {
        "index": choice["index"],
        "finish_reason": choice["finish_reason"],
        "role": message["role"],
        "content": message.get("content") or None,
        "refusal": message.get("refusal"),
        "tool_calls": calls,
        "logprobs": logprobs_essence(choice.get("logprobs")),
    }


def logprobs_essence(logprobs):
    """Accumulators make an empty object of what was null throughout."""
    content = (logprobs or {}).get("content") or []
    return [
        (item["token"], item["logprob"], item.get("bytes"), [(top["token"], top["logprob"]) for top in item["top_logprobs"]])
        for item in content
    ]


def without(doc, *keys):
    return {key: value for key, value in doc.items() if key not in keys}
