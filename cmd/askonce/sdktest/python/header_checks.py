"""What the headers say, and which of the caller's reach the provider."""

import openai

import harness
from harness import ask, check, client, equal, raises, remembered, true, upstream_calls


def raw(c, body, **headers):
    return c.chat.completions.with_raw_response.create(**body, extra_headers={k.replace("_", "-"): v for k, v in headers.items()})


@check("headers/of a miss and of a hit")
def of_both():
    body, c = ask("headers", "What do the headers say?"), client()
    miss, hit = raw(c, body), raw(c, body)
    true(miss.headers["cache-status"].startswith("askonce; fwd="), miss.headers["cache-status"])
    true(hit.headers["cache-status"].startswith("askonce; hit"), hit.headers["cache-status"])
    true("age" not in miss.headers, "a miss has an Age")
    true(0 <= int(hit.headers["age"]) < 60, hit.headers["age"])
    true(len(hit.headers["askonce-entry"]) == 64, hit.headers["askonce-entry"])
    for answer in (miss, hit):
        true(answer.headers["askonce-receipt"], "no receipt")
        said = " ".join(f"{name}: {value}" for name, value in answer.headers.items())
        true("What do the headers" not in said, "a header holds the prompt")
        true("sk-python-sdk" not in said, "a header holds the credential")


@check("headers/a streamed hit has them too")
def of_streams():
    body, c = ask("stream headers", "And those of a stream?"), client()
    for want in ("askonce; fwd=", "askonce; hit"):
        answer = raw(c, {**body, "stream": True})
        true(answer.headers["cache-status"].startswith(want), answer.headers["cache-status"])
        list(answer.parse())


@check("headers/of embeddings")
def of_embeddings():
    for want in ("askonce; fwd=", "askonce; hit"):
        answer = client().embeddings.with_raw_response.create(model="text-embedding-3-small", input="with headers")
        true(answer.headers["cache-status"].startswith(want), answer.headers["cache-status"])


@check("headers/no-cache asks again, and its answer replaces the old one")
def no_cache():
    body, c = ask("no-cache", "What is new?"), client()
    with upstream_calls(2):
        first = raw(c, body).parse()
        second = raw(c, body, Cache_Control="no-cache").parse()
        third = raw(c, body).parse()
    true(second.id != first.id, "no-cache got the old answer")
    equal(third.id, second.id, "id after no-cache")


@check("headers/no-store keeps nothing")
def no_store():
    body, c = ask("no-store", "Can you keep a secret?"), client()
    with upstream_calls(2):
        raw(c, body, Cache_Control="no-store")
        raw(c, body)


@check("headers/mode off and mode exact")
def modes():
    body, c = ask("modes", "How do I reset my password?"), client()
    with upstream_calls(2):
        raw(c, body, Askonce_Mode="off")
        raw(c, body, Askonce_Mode="off")
    raw(c, body)
    rewording = ask("modes", "How can I reset my password?")
    remembered(c, rewording)
    with upstream_calls(1):
        raw(c, rewording, Askonce_Mode="exact")


@check("headers/namespaces keep answers apart")
def namespaces():
    body, c = ask("namespaces", "Whose answer is this?"), client()
    with upstream_calls(2):
        ids = [raw(c, body, Askonce_Namespace=name).parse().id for name in ("left", "right", "left")]
    equal((ids[0] == ids[2], ids[0] == ids[1]), (True, False), "the same answer")


@check("credentials/go upstream unchanged and share no entry")
def credentials():
    body, seen = ask("credentials", "Who am I?"), []
    with harness.recorded(seen):
        ids = [
            client(api_key=key, organization="org-1", project="proj-1").chat.completions.create(**body).id
            for key in ("sk-first.caller_A", "sk-second.caller-B", "sk-first.caller_A")
        ]
    equal([call["headers"]["Authorization"] for call in seen],
          ["Bearer sk-first.caller_A", "Bearer sk-second.caller-B"], "credentials at the provider")
    equal((ids[0] == ids[2], ids[0] == ids[1]), (True, False), "the same answer")
    equal((seen[0]["headers"]["Openai-Organization"], seen[0]["headers"]["Openai-Project"]),
          ("org-1", "proj-1"), "organization and project")


@check("credentials/share no embedding and no reworded answer")
def credentials_elsewhere():
    first, second = client(api_key="sk-first"), client(api_key="sk-second")
    with upstream_calls(2, harness.EMBEDDINGS):
        for c in (first, second, first):
            c.embeddings.create(model="text-embedding-3-small", input="whose vector")
    rewording = ask("rewording", "How can I cancel my order?")
    mine = first.chat.completions.create(**ask("rewording", "How do I cancel my order?"))
    equal(remembered(first, rewording).parse().id, mine.id, "id")
    with upstream_calls(1):
        other = second.chat.completions.create(**rewording)
    true(other.id != mine.id, "another caller got the same answer")


@check("headers/steering stays here, the SDK's own goes upstream")
def forwarded():
    seen = []
    with harness.recorded(seen):
        raw(client(), ask("forwarded", "What arrives?"), Askonce_Tags="a,b", Askonce_TTL="60", X_Caller="kept")
    headers = seen[0]["headers"]
    equal([name for name in headers if name.startswith("Askonce-")], [], "steering headers at the provider")
    equal(headers["X-Caller"], "kept", "a header of the caller's")
    equal(headers["X-Stainless-Lang"], "python", "a header of the SDK's")


@check("headers/a path that is not cached passes through")
def passthrough():
    seen = []
    with harness.recorded(seen):
        error = raises(openai.NotFoundError, lambda: client().files.list())
    equal(error.code, "unknown_url", "code")
    equal([(call["method"], call["path"]) for call in seen], [("GET", "/v1/files")], "calls of the provider")
