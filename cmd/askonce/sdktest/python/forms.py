"""The forms in which one chat completion can be asked for."""

from openai.lib.streaming.chat import ChatCompletionStreamState

from harness import equal, essence, true


def as_document(client, body):
    return essence(client.chat.completions.create(**body))


def as_stream(client, body):
    return collect(list(client.chat.completions.create(**body, stream=True)), include_usage=False)


def as_stream_with_usage(client, body):
    chunks = list(client.chat.completions.create(**body, stream=True, stream_options={"include_usage": True}))
    return collect(chunks, include_usage=True)


def through_helper(client, body):
    """The SDK's own accumulator, which parses as the events come."""
    events = []
    with client.chat.completions.stream(**body, stream_options={"include_usage": True}) as stream:
        events.extend(stream)
        completion = stream.get_final_completion()
    true(any(event.type == "chunk" for event in events), "the helper saw no chunk")
    return essence(completion)


FORMS = {
    "document": as_document,
    "stream": as_stream,
    "stream with usage": as_stream_with_usage,
    "stream helper": through_helper,
}


def collect(chunks, include_usage):
    """Checks the shape of a stream and returns what it adds up to."""
    check_heads(chunks)
    check_usage(chunks, include_usage)
    check_choices(chunks)
    state = ChatCompletionStreamState()
    for chunk in chunks:
        state.handle_chunk(chunk)
    return essence(state.get_final_completion())


def check_heads(chunks):
    true(len(chunks) >= 3, f"a stream of {len(chunks)} chunks")
    first = chunks[0]
    for chunk in chunks:
        equal(chunk.object, "chat.completion.chunk", "object of a chunk")
        for field in ("id", "created", "model", "system_fingerprint"):
            equal(getattr(chunk, field), getattr(first, field), f"{field} of a later chunk")


def check_usage(chunks, include_usage):
    """Usage comes in a last chunk of its own, if it was asked for, or not at all."""
    with_choices = chunks[:-1] if include_usage else chunks
    for chunk in with_choices:
        equal(chunk.usage, None, "usage of a chunk with choices")
        equal(len(chunk.choices), 1, "choices of a chunk")
    if include_usage:
        equal(chunks[-1].choices, [], "choices of the last chunk")
        true(chunks[-1].usage is not None, "the last chunk has no usage")
        usage = chunks[-1].usage
        equal(usage.total_tokens, usage.prompt_tokens + usage.completion_tokens, "sum of the tokens")


def check_choices(chunks):
    """Each choice begins with its role and ends with its finish reason."""
    by_index = {}
    for chunk in chunks:
        for choice in chunk.choices:
            by_index.setdefault(choice.index, []).append(choice)
    for index, choices in by_index.items():
        equal(choices[0].delta.role, "assistant", f"role in the first chunk of choice {index}")
        reasons = [choice.finish_reason for choice in choices]
        equal(set(reasons[:-1]), {None}, f"finish reasons before the last chunk of choice {index}")
        true(reasons[-1], f"no finish reason in the last chunk of choice {index}")


def check_equal(got, want, what):
    """Compares two essences; usage counts where both forms carry it."""
    if got["usage"] is None or want["usage"] is None:
        got, want = {**got, "usage": None}, {**want, "usage": None}
    equal(got, want, what)
