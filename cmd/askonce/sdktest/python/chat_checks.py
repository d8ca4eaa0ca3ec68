"""Chat completions: every form as a miss, then every form as a hit."""

import base64
import random

import pydantic

import harness
from forms import FORMS, as_document, check_equal, collect
from harness import ask, check, client, equal, essence, remembered, true, upstream_calls

TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "get_weather",
            "description": "The weather of a city.",
            "parameters": {
                "type": "object",
                "properties": {"city": {"type": "string"}, "unit": {"type": "string"}},
                "required": ["city"],
            },
        },
    }
]


def every_pair(name, text, **more):
    """Registers a check for each form of the miss and each form of the hit."""
    for miss in FORMS:
        for hit in FORMS:
            full = f"{name}/{miss} then {hit}"
            check(full)(lambda full=full, miss=miss, hit=hit: replay(ask(full, text, **more), miss, hit))


def replay(body, miss, hit):
    c = client()
    with upstream_calls(1):
        first = FORMS[miss](c, body)
        second = FORMS[hit](c, body)
    check_equal(second, first, "the answer of the hit")
    true(first["id"].startswith("chatcmpl-"), f"the id is {first['id']}")
    return first


every_pair("text", "Which day comes after Tuesday?")
every_pair("tool call", "Tell me the weather in Oslo.", tools=TOOLS)
every_pair("two choices", "Name a colour.", n=2)


@check("text/what is said")
def what_is_said():
    answer = replay(ask("what is said", "Where does the sun rise?"), "stream", "document")
    true("Where does the sun rise?" in answer["choices"][0]["content"], answer["choices"][0]["content"])
    equal(answer["choices"][0]["finish_reason"], "stop", "finish reason")


@check("text/a repeated document is the same in every member")
def every_member():
    body, c = ask("members", "Which members has an answer?"), client()
    first, second = (c.chat.completions.with_raw_response.create(**body) for _ in range(2))
    equal(second.parse().to_dict(), first.parse().to_dict(), "the document")
    equal(second.headers["content-type"], first.headers["content-type"], "content type")


@check("tool call/arguments are kept to the letter")
def arguments_kept():
    want = '{"city":"Oslo","unit":"celsius","days":[1,2,3],"note":"\\u00e6\\u00f8\\u00e5 \\"quoted\\""}'
    for miss, hit in (("document", "stream helper"), ("stream", "document")):
        answer = replay(ask("arguments " + miss, "Tell me the weather in Oslo.", tools=TOOLS), miss, hit)
        call = answer["choices"][0]["tool_calls"][0]
        equal(call[1:], ("function", "get_weather", want), "the call")
        equal(answer["choices"][0]["finish_reason"], "tool_calls", "finish reason")


@check("tool call/two in one answer")
def two_calls():
    for model, miss in (("canned-document", "document"), ("canned-stream", "stream with usage")):
        for hit in FORMS:
            body = ask("two calls " + hit, "Call two tools.", tools=TOOLS) | {"model": model}
            answer = replay(body, miss, hit)
            arguments = [(call[0], call[3]) for call in answer["choices"][0]["tool_calls"]]
            equal(arguments, [("call_a", '{"city":"Oslo"}'), ("call_b", '{"city":"Turku"}')], "the calls")


@check("tool call/a conversation with its result")
def tool_conversation():
    body = ask("conversation", "Tell me the weather in Oslo.", tools=TOOLS)
    c = client()
    message = c.chat.completions.create(**body).choices[0].message
    result = {"role": "tool", "tool_call_id": message.tool_calls[0].id, "content": "12 degrees"}
    body["messages"] = [*body["messages"], message, result]
    body["messages"].append({"role": "user", "content": "So do I need a coat?"})
    replay(body, "stream", "document")


@check("logprobs")
def logprobs():
    for model, miss in (("canned-document", "document"), ("canned-stream", "stream with usage")):
        for hit in FORMS:
            body = ask("logprobs " + hit, "And how sure are you?", logprobs=True, top_logprobs=2) | {"model": model}
            got = replay(body, miss, hit)["choices"][0]["logprobs"]
            equal([token[:2] for token in got], [("Quite", -0.25), (" sure", -0.0001)], "logprobs")
            equal(got[0][3], [("Quite", -0.25), ("Very", -1.75)], "top logprobs")


@check("image/a megabyte in the message")
def image():
    data = base64.b64encode(random.Random(7).randbytes(1 << 20)).decode()
    parts = [
        {"type": "text", "text": "What is in this picture?"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64," + data, "detail": "low"}},
    ]
    seen = []
    with harness.recorded(seen):
        replay(ask("image", parts), "document", "stream")
        other = [parts[0], {"type": "image_url", "image_url": {"url": "data:image/png;base64," + data[:-8] + "AAAAAAA="}}]
        as_document(client(), ask("image", other))
    equal(len(seen), 2, "calls of the provider for two pictures")
    true(seen[0]["length"] > len(data), f"{seen[0]['length']} bytes went upstream")


@check("unknown fields/reach the provider and tell answers apart")
def unknown_fields():
    c, seen = client(), []
    with harness.recorded(seen):
        first = c.chat.completions.create(**ask("unknown", "Say it."), extra_body={"x_new": {"b": 1, "a": [2]}})
        again = c.chat.completions.create(**ask("unknown", "Say it."), extra_body={"x_new": {"a": [2], "b": 1}})
        other = c.chat.completions.create(**ask("unknown", "Say it."), extra_body={"x_new": {"b": 1, "a": [3]}})
    equal(len(seen), 2, "calls of the provider")
    equal(again.id, first.id, "id of the same question with its members in another order")
    true(other.id != first.id, "another value got the same answer")
    equal(seen[0]["body"]["x_new"], {"b": 1, "a": [2]}, "the field at the provider")


@check("fields that cannot change the answer share it")
def shared():
    c = client()
    with upstream_calls(1):
        first = c.chat.completions.create(**ask("shared", "Is it raining?"), user="ann", metadata={"k": "v"})
        again = c.chat.completions.create(**ask("shared", "Is it raining?"), user="bob", prompt_cache_key="x")
    equal(again.id, first.id, "id")


@check("fields that can change the answer do not")
def apart():
    c = client()
    with upstream_calls(4):
        ids = {
            c.chat.completions.create(**ask("apart", "Is it snowing?"), **more).id
            for more in ({}, {"temperature": 0.5}, {"seed": 7}, {"max_tokens": 500})
        }
    equal(len(ids), 4, "different answers")


@check("a cut answer is not kept")
def length_not_kept():
    body, c = ask("length", "Tell me more.", max_tokens=2), client()
    with upstream_calls(2):
        document = c.chat.completions.create(**body)
        chunks = list(c.chat.completions.create(**body, stream=True))
    equal(document.choices[0].finish_reason, "length", "finish reason of the document")
    equal(chunks[-1].choices[0].finish_reason, "length", "finish reason of the stream")


class Verdict(pydantic.BaseModel):
    title: str
    score: int


@check("parsed answers")
def parsed():
    body = ask("parsed", "Judge this.") | {"response_format": Verdict}
    c = client()
    with upstream_calls(1):
        first = c.chat.completions.parse(**body)
        second = c.chat.completions.parse(**body)
        with c.chat.completions.stream(**body) as stream:
            third = stream.get_final_completion()
    true(isinstance(first.choices[0].message.parsed, Verdict), "nothing was parsed")
    for other in (second, third):
        equal(other.choices[0].message.parsed, first.choices[0].message.parsed, "the parsed hit")


@check("a stream ends with [DONE]")
def done():
    for what in ("miss", "hit"):
        with client().chat.completions.with_streaming_response.create(
            **ask("done", "Is this the end?"), stream=True
        ) as answer:
            lines = [line for line in answer.iter_lines() if line]
            true(answer.headers["content-type"].startswith("text/event-stream"), answer.headers["content-type"])
        equal(lines[-1], "data: [DONE]", f"last line of the {what}")
        true(all(line.startswith("data: ") for line in lines), f"other lines in the {what}")


@check("a reworded question is answered from the cache")
def semantic():
    c = client()
    with upstream_calls(1):
        first = c.chat.completions.create(**ask("semantic", "How do I reset my password?"))
        for more in ({}, {"stream": True}):
            raw = remembered(c, ask("semantic", "How can I reset my password?", **more))
            true(0.95 <= float(raw.headers["askonce-similarity"]) < 1, raw.headers["askonce-similarity"])
            answer = raw.parse()
            check_equal(collect(list(answer), False) if more else essence(answer), essence(first), "the answer")


@check("another system text is another question")
def scope():
    c = client()
    first = c.chat.completions.create(**ask("scope 1", "How do I get my money back?"))
    remembered(c, ask("scope 1", "How can I get my money back?"))
    with upstream_calls(1):
        other = c.chat.completions.create(**ask("scope 2", "How do I get my money back?"))
    true(other.id != first.id, "another scope got the same answer")
