// Legacy completions, embeddings and models.

import assert from 'node:assert/strict';
import OpenAI from 'openai';

import { COMPLETIONS, EMBEDDINGS, check, client, recorded, rejected, upstreamCalls } from './harness.mjs';

const completionForms = {
  document: async (body) => {
    const { id, created, model, choices, usage } = await client().completions.create(body);
    return { id, created, model, usage, choices: choices.map((c) => [c.index, c.text, c.finish_reason]) };
  },
  stream: async (body) => {
    const chunks = [];
    const options = { stream: true, stream_options: { include_usage: true } };
    for await (const chunk of await client().completions.create({ ...body, ...options })) chunks.push(chunk);
    const choices = [];
    for (const choice of chunks.flatMap((chunk) => chunk.choices)) {
      const so_far = (choices[choice.index] ??= [choice.index, '', null]);
      so_far[1] += choice.text;
      so_far[2] = choice.finish_reason ?? so_far[2];
    }
    const { id, created, model } = chunks[0];
    assert.ok(chunks.every((chunk) => chunk.id === id), 'ids of the chunks');
    assert.deepEqual(chunks.at(-1).choices, [], 'choices of the last chunk');
    return { id, created, model, usage: chunks.at(-1).usage, choices };
  },
};

for (const miss of Object.keys(completionForms)) {
  for (const hit of Object.keys(completionForms)) {
    check(`completions/${miss} then ${hit}`, async () => {
      for (const prompt of ['Once upon a time', ['One.', 'Two.']]) {
        const body = { model: 'gpt-3.5-turbo-instruct', prompt, suffix: miss + hit, max_tokens: 200 };
        const ask = async () => assert.deepEqual(await completionForms[miss](body), await completionForms[hit](body));
        await upstreamCalls(1, ask, COMPLETIONS);
      }
    });
  }
}

async function vectors(input, more = {}) {
  const answer = await client().embeddings.create({ model: 'text-embedding-3-small', input, ...more });
  assert.deepEqual(answer.data.map((item) => item.index), answer.data.map((_, i) => i), 'indexes');
  return answer.data.map((item) => item.embedding);
}

check('embeddings/floats and base64 say the same', async () => {
  const [byDefault] = await vectors('an encoded text'); // the SDK asks for base64 and decodes it
  const [floats] = await vectors('an encoded text', { encoding_format: 'float' });
  const [base64] = await vectors('an encoded text', { encoding_format: 'base64' });
  assert.equal(floats.length, 1536);
  assert.equal(typeof base64, 'string');
  assert.ok(floats.every((x, i) => Math.abs(x - byDefault[i]) < 1e-6), 'components');
  assert.deepEqual(await vectors('an encoded text', { encoding_format: 'float' }), [floats]);
  assert.deepEqual(await vectors('an encoded text'), [byDefault]);
});

check('embeddings/only what is not known is asked for', async () => {
  let first, second;
  const seen = await recorded(async () => {
    first = await vectors(['alpha one', 'beta two', 'gamma three']);
    second = await vectors(['gamma three', 'delta four', 'alpha one', 'epsilon five']);
  });
  assert.deepEqual(seen.map((call) => call.body.input), [
    ['alpha one', 'beta two', 'gamma three'],
    ['delta four', 'epsilon five'],
  ]);
  assert.deepEqual([second[0], second[2]], [first[2], first[0]]);
  assert.notDeepEqual(second[1], second[3]);
});

check('embeddings/token lists and dimensions', async () => {
  assert.equal((await vectors('a short one', { dimensions: 8 }))[0].length, 8);
  const ask = async () => {
    const [one, two] = await vectors([[1, 2, 3], [4, 5]]);
    assert.deepEqual(await vectors([[4, 5], [1, 2, 3]]), [two, one]);
  };
  await upstreamCalls(1, ask, EMBEDDINGS);
});

check('models/list and retrieve', async () => {
  const ids = [];
  for await (const model of client().models.list()) ids.push(model.id);
  assert.ok(ids.includes('gpt-4o'), `${ids}`);
  assert.equal((await client().models.retrieve('gpt-4o')).id, 'gpt-4o');
  await rejected(OpenAI.NotFoundError, () => client().models.retrieve('no-such-model'));
});
