// The forms in which one chat completion can be asked for.

import assert from 'node:assert/strict';
import { ChatCompletionStream } from 'openai/lib/ChatCompletionStream';

import { essence } from './harness.mjs';

export const forms = {
  document: async (c, body) => essence(await c.chat.completions.create(body)),
  stream: (c, body) => streamed(c, body, false),
  'stream with usage': (c, body) => streamed(c, body, true),
  'stream helper': throughHelper,
};

async function streamed(c, body, includeUsage) {
  const options = includeUsage ? { stream_options: { include_usage: true } } : {};
  const chunks = [];
  for await (const chunk of await c.chat.completions.create({ ...body, ...options, stream: true })) {
    chunks.push(chunk);
  }
  return collect(chunks, includeUsage);
}

// throughHelper uses the SDK's own accumulator as the events come.
async function throughHelper(c, body) {
  const stream = c.chat.completions.stream({ ...body, stream_options: { include_usage: true } });
  let text = '';
  stream.on('content', (delta) => (text += delta));
  const completion = await stream.finalChatCompletion();
  if (completion.choices.length === 1) {
    assert.equal(text, completion.choices[0].message.content ?? '', 'the deltas of the helper');
  }
  return essence(completion);
}

// collect checks the shape of a stream and returns what it adds up to.
export async function collect(chunks, includeUsage) {
  checkHeads(chunks);
  checkUsage(chunks, includeUsage);
  checkChoices(chunks);
  const lines = chunks.map((chunk) => JSON.stringify(chunk) + '\n').join('');
  const stream = ChatCompletionStream.fromReadableStream(new Blob([lines]).stream());
  return essence(await stream.finalChatCompletion());
}

function checkHeads(chunks) {
  assert.ok(chunks.length >= 3, `a stream of ${chunks.length} chunks`);
  for (const chunk of chunks) {
    assert.equal(chunk.object, 'chat.completion.chunk');
    for (const field of ['id', 'created', 'model', 'system_fingerprint']) {
      assert.equal(chunk[field], chunks[0][field], `${field} of a later chunk`);
    }
  }
}

// checkUsage: usage comes in a last chunk of its own, if it was asked for.
function checkUsage(chunks, includeUsage) {
  const withChoices = includeUsage ? chunks.slice(0, -1) : chunks;
  for (const chunk of withChoices) {
    assert.equal(chunk.usage ?? null, null, 'usage of a chunk with choices');
    assert.equal(chunk.choices.length, 1, 'choices of a chunk');
  }
  if (includeUsage) {
    const last = chunks.at(-1);
    assert.deepEqual(last.choices, [], 'choices of the last chunk');
    assert.equal(last.usage.total_tokens, last.usage.prompt_tokens + last.usage.completion_tokens);
  }
}

// checkChoices: each begins with its role and ends with its finish reason.
function checkChoices(chunks) {
  const groups = new Map();
  for (const choice of chunks.flatMap((chunk) => chunk.choices)) {
    groups.set(choice.index, [...(groups.get(choice.index) ?? []), choice]);
  }
  for (const [index, choices] of groups) {
    assert.equal(choices[0].delta.role, 'assistant', `role in the first chunk of choice ${index}`);
    const reasons = choices.map((choice) => choice.finish_reason);
    assert.ok(reasons.at(-1), `no finish reason in the last chunk of choice ${index}`);
    assert.ok(reasons.slice(0, -1).every((reason) => reason === null), `early finish reasons of choice ${index}`);
  }
}
