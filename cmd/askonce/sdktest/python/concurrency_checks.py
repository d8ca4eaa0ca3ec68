"""Callers who come together, come late, or leave early."""

import asyncio

from forms import check_equal, collect
from harness import EMBEDDINGS, ask, async_client, check, client, equal, essence, eventually, calls, true, upstream_calls

CROWD = 20


async def document(c, body):
    return essence(await c.chat.completions.create(**body))


async def stream(c, body, include_usage=False):
    options = {"stream_options": {"include_usage": True}} if include_usage else {}
    chunks = [chunk async for chunk in await c.chat.completions.create(**body, stream=True, **options)]
    return collect(chunks, include_usage)


def all_equal(answers):
    for answer in answers[1:]:
        check_equal(answer, answers[0], "the answer of another caller")


@check("async/document, stream, helper and embeddings")
async def async_forms():
    async with async_client() as c:
        body = ask("async", "Does it wait?")
        with upstream_calls(1):
            answers = [await stream(c, body, include_usage=True), await document(c, body), await stream(c, body)]
            async with c.chat.completions.stream(**body) as events:
                answers.append(essence(await events.get_final_completion()))
        all_equal(answers)
        with upstream_calls(1, EMBEDDINGS):
            for _ in range(2):
                await c.embeddings.create(model="text-embedding-3-small", input=["asynchronous"])


@check("together/20 documents make one upstream call")
async def documents_together():
    async with async_client() as c:
        with upstream_calls(1):
            answers = await asyncio.gather(*[document(c, ask("documents", "Please take your time.")) for _ in range(CROWD)])
    all_equal(answers)


@check("together/20 streams make one upstream call")
async def streams_together():
    async with async_client() as c:
        with upstream_calls(1):
            answers = await asyncio.gather(*[stream(c, ask("streams", "Please take your time."), n % 2 == 0) for n in range(CROWD)])
    all_equal(answers)


@check("together/both forms share one upstream call")
async def both_together():
    async with async_client() as c:
        for first, second in ((document, stream), (stream, document)):
            body = ask("both " + first.__name__, "Please take your time.")
            with upstream_calls(1):
                answers = await asyncio.gather(first(c, body), *[f(c, body) for _ in range(5) for f in (second, first)])
            all_equal(answers)


@check("together/different questions do not wait for each other's answer")
async def different_together():
    async with async_client() as c:
        with upstream_calls(CROWD):
            answers = await asyncio.gather(*[document(c, ask(f"crowd {n}", "Please take your time.")) for n in range(CROWD)])
    equal(len({answer["id"] for answer in answers}), CROWD, "different answers")


@check("late/a second caller gets what has come so far, then the rest")
async def late_joiner():
    async with async_client() as c:
        body = ask("late", "Tell me a long story.")
        with upstream_calls(1):
            running = await c.chat.completions.create(**body, stream=True)
            early = [await anext(running) for _ in range(3)]
            late = asyncio.create_task(stream(c, body))
            early += [chunk async for chunk in running]
            check_equal(await late, collect(early, include_usage=False), "the late caller's answer")


@check("leaving/a caller who hangs up does not break the others")
async def hang_up():
    async with async_client() as c:
        body = ask("hang up", "Tell me a long story.")
        with upstream_calls(1):
            leaving = await c.chat.completions.create(**body, stream=True)
            await anext(leaving)
            others = [asyncio.create_task(f(c, body)) for f in (stream, document, stream)]
            await anext(leaving)
            await leaving.close()
            answers = await asyncio.gather(*others)
            answers.append(await document(c, body))
    all_equal(answers)
    true(answers[0]["choices"][0]["content"].endswith("always the same one."), answers[0]["choices"][0]["content"])


@check("leaving/the service goes on after a caller alone hung up")
async def hang_up_alone():
    async with async_client() as c:
        body = ask("alone", "Tell me a long story.")
        leaving = await c.chat.completions.create(**body, stream=True)
        await anext(leaving)
        await leaving.close()
        answer = await document(c, body)
    equal(answer["choices"][0]["finish_reason"], "stop", "finish reason")
