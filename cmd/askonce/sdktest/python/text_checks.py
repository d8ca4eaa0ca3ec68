"""Legacy completions, embeddings and models."""

import harness
from harness import COMPLETIONS, EMBEDDINGS, check, client, equal, true, upstream_calls

EMBEDDER = "text-embedding-3-small"


def completion_document(body):
    answer = client().completions.create(**body)
    choices = [(c.index, c.text, c.finish_reason) for c in answer.choices]
    return answer.id, answer.created, answer.model, choices, answer.usage.to_dict()


def completion_stream(body):
    chunks = list(client().completions.create(**body, stream=True, stream_options={"include_usage": True}))
    equal({chunk.id for chunk in chunks}, {chunks[0].id}, "ids of the chunks")
    equal(chunks[-1].choices, [], "choices of the last chunk")
    texts, reasons = {}, {}
    for chunk in chunks[:-1]:
        for choice in chunk.choices:
            texts[choice.index] = texts.get(choice.index, "") + choice.text
            reasons[choice.index] = choice.finish_reason or reasons.get(choice.index)
    choices = [(index, texts[index], reasons[index]) for index in sorted(texts)]
    return chunks[0].id, chunks[0].created, chunks[0].model, choices, chunks[-1].usage.to_dict()


COMPLETION_FORMS = {"document": completion_document, "stream": completion_stream}


def completion_pair(miss, hit):
    @check(f"completions/{miss} then {hit}")
    def pair():
        for prompt in ("Once upon a time", ["One.", "Two."]):
            body = {"model": "gpt-3.5-turbo-instruct", "prompt": prompt, "suffix": miss + hit, "max_tokens": 200}
            with upstream_calls(1, COMPLETIONS):
                first = COMPLETION_FORMS[miss](body)
                second = COMPLETION_FORMS[hit](body)
            equal(second, first, "the answer of the hit")


for first_form in COMPLETION_FORMS:
    for second_form in COMPLETION_FORMS:
        completion_pair(first_form, second_form)


def vectors(**body):
    answer = client().embeddings.create(model=EMBEDDER, **body)
    equal([item.index for item in answer.data], list(range(len(answer.data))), "indexes")
    return [item.embedding for item in answer.data], answer.usage.prompt_tokens


@check("embeddings/one text, again from the cache")
def one_text():
    with upstream_calls(1, EMBEDDINGS):
        first = vectors(input="a single text")
        again = vectors(input="a single text")
    equal(again, first, "vector and usage")
    equal(len(first[0][0]), 1536, "components")


@check("embeddings/floats and base64 say the same")
def encodings():
    by_default, _ = vectors(input="an encoded text")
    floats, _ = vectors(input="an encoded text", encoding_format="float")
    farthest = max(abs(x - y) for x, y in zip(floats[0], by_default[0], strict=True))
    true(farthest < 1e-6, f"components differ by up to {farthest}")
    raw, _ = vectors(input="an encoded text", encoding_format="base64")
    true(isinstance(raw[0], str), "base64 was asked for and not given")
    for _ in range(2):
        equal(vectors(input="an encoded text", encoding_format="float")[0], floats, "floats of the hit")


@check("embeddings/only what is not known is asked for")
def partly_known():
    seen = []
    with harness.recorded(seen):
        first, used = vectors(input=["alpha one", "beta two", "gamma three"])
        second, _ = vectors(input=["gamma three", "delta four", "alpha one", "delta four", "epsilon five"])
        third, _ = vectors(input="beta two")
        whole, used_again = vectors(input=["alpha one", "beta two", "gamma three"])
    inputs = [call["body"]["input"] for call in seen]
    equal(len(inputs), 2, "calls of the provider")
    true(set(inputs[1]) == {"delta four", "epsilon five"}, f"the second call asked for {inputs[1]}")
    equal([second[0], second[2], third[0]], [first[2], first[0], first[1]], "known vectors")
    equal(second[1], second[3], "the same text twice")
    true(second[1] not in (first[0], first[1], first[2], second[4]), "different texts have one vector")
    equal((whole, used_again), (first, used), "the whole from the cache")


@check("embeddings/dimensions and token lists")
def shapes():
    short, _ = vectors(input="a short one", dimensions=8)
    equal(len(short[0]), 8, "components")
    with upstream_calls(1, EMBEDDINGS):
        first, _ = vectors(input=[[1, 2, 3], [4, 5]])
        again, _ = vectors(input=[[4, 5], [1, 2, 3]])
        single, _ = vectors(input=[4, 5])
    equal(again, first[::-1], "vectors of token lists")
    equal(single[0], first[1], "one list of tokens by itself")


@check("models/list and retrieve")
def models():
    c = client()
    ids = [model.id for model in c.models.list()]
    true("gpt-4o" in ids, f"the models are {ids}")
    equal(c.models.retrieve("gpt-4o").id, "gpt-4o", "id")
