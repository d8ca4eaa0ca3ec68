// Chat completions: every form as a miss, then every form as a hit.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';

import { forms } from './forms.mjs';
import { ask, check, client, recorded, remembered, sameAnswer, upstreamCalls } from './harness.mjs';

const tools = [
  {
    type: 'function',
    function: {
      name: 'get_weather',
      description: 'The weather of a city.',
      parameters: {
        type: 'object',
        properties: { city: { type: 'string' }, unit: { type: 'string' } },
        required: ['city'],
      },
    },
  },
];

function everyPair(name, text, more = {}) {
  for (const miss of Object.keys(forms)) {
    for (const hit of Object.keys(forms)) {
      const full = `${name}/${miss} then ${hit}`;
      check(full, () => replay(ask(full, text, more), miss, hit));
    }
  }
}

async function replay(body, miss, hit) {
  const c = client();
  return upstreamCalls(1, async () => {
    const first = await forms[miss](c, body);
    const second = await forms[hit](c, body);
    sameAnswer(second, first);
    assert.match(first.id, /^chatcmpl-/);
    return first;
  });
}

everyPair('text', 'Which day comes after Tuesday?');
everyPair('tool call', 'Tell me the weather in Oslo.', { tools });
everyPair('two choices', 'Name a colour.', { n: 2 });

check('tool call/arguments are kept to the letter', async () => {
  const want = String.raw`{"city":"Oslo","unit":"celsius","days":[1,2,3],"note":"\u00e6\u00f8\u00e5 \"quoted\""}`;
  const [choice] = (await replay(ask('letter', 'Tell me the weather in Oslo.', { tools }), 'stream', 'document')).choices;
  assert.deepEqual(choice.toolCalls[0].slice(1), ['function', 'get_weather', want]);
  assert.equal(choice.finish_reason, 'tool_calls');
});

check('tool call/two in one answer', async () => {
  for (const [model, miss] of [['canned-document', 'document'], ['canned-stream', 'stream with usage']]) {
    for (const hit of Object.keys(forms)) {
      const body = ask(`two calls ${hit}`, 'Call two tools.', { tools, model });
      const [choice] = (await replay(body, miss, hit)).choices;
      assert.deepEqual(choice.toolCalls.map((call) => [call[0], call[3]]), [
        ['call_a', '{"city":"Oslo"}'],
        ['call_b', '{"city":"Turku"}'],
      ]);
    }
  }
});

// The SDK's loop of calls and results, whole from the provider, then whole
// from the cache.
for (const stream of [false, true]) {
  check(`tool call/runTools${stream ? ', streamed' : ''}`, async () => {
    const c = client();
    const loop = async () => {
      let asked = [];
      const runner = c.chat.completions.runTools({
        ...ask(`loop ${stream}`, `Tell me the weather, as a loop${stream ? ' of streams' : ''}.`),
        stream,
        tools: [
          {
            type: 'function',
            function: {
              name: 'get_weather',
              parameters: tools[0].function.parameters,
              parse: JSON.parse,
              function: (args) => {
                asked.push(args);
                return '12 degrees';
              },
            },
          },
        ],
      });
      return { text: await runner.finalContent(), asked, messages: runner.messages };
    };
    // The script plays the tool call for the first call of its question only.
    const first = stream ? null : await upstreamCalls(2, loop);
    if (first) {
      assert.deepEqual(first.asked, [{ city: 'Oslo', unit: 'celsius' }]);
      assert.deepEqual(await upstreamCalls(0, loop), first);
      return;
    }
    const streamed = await loop();
    assert.deepEqual(await upstreamCalls(0, loop), streamed);
  });
}

check('logprobs', async () => {
  for (const [model, miss] of [['canned-document', 'document'], ['canned-stream', 'stream with usage']]) {
    for (const hit of Object.keys(forms)) {
      const body = ask(`logprobs ${hit}`, 'And how sure are you?', { logprobs: true, top_logprobs: 2, model });
      const [{ logprobs }] = (await replay(body, miss, hit)).choices;
      assert.deepEqual(logprobs.map((item) => [item.token, item.logprob]), [['Quite', -0.25], [' sure', -0.0001]]);
      assert.deepEqual(logprobs[0].top_logprobs.map((item) => item.token), ['Quite', 'Very']);
    }
  }
});

check('image/a megabyte in the message', async () => {
  const noise = createHash('shake256', { outputLength: 1 << 20 }).update('picture').digest('base64');
  const body = ask('image', [
    { type: 'text', text: 'What is in this picture?' },
    { type: 'image_url', image_url: { url: `data:image/png;base64,${noise}`, detail: 'low' } },
  ]);
  const seen = await recorded(() => replay(body, 'stream', 'document'));
  assert.ok(seen[0].length > noise.length, `${seen[0].length} bytes went upstream`);
});

check('unknown fields/reach the provider and tell answers apart', async () => {
  const c = client();
  const ids = [];
  const seen = await recorded(async () => {
    for (const x_new of [{ b: 1, a: [2] }, { a: [2], b: 1 }, { b: 1, a: [3] }]) {
      ids.push((await c.chat.completions.create(ask('unknown', 'Say it.', { x_new }))).id);
    }
  });
  assert.equal(ids[1], ids[0]);
  assert.notEqual(ids[2], ids[0]);
  assert.deepEqual(seen.map((call) => call.body.x_new), [{ b: 1, a: [2] }, { b: 1, a: [3] }]);
});

check('a cut answer is not kept', async () => {
  const body = ask('length', 'Tell me more.', { max_tokens: 2 });
  await upstreamCalls(2, async () => {
    for (let i = 0; i < 2; i++) {
      const answer = await client().chat.completions.create(body);
      assert.equal(answer.choices[0].finish_reason, 'length');
    }
  });
});

check('a stream ends with [DONE]', async () => {
  for (const what of ['miss', 'hit']) {
    const answer = await client().chat.completions.create(ask('done', 'Is this the end?', { stream: true })).asResponse();
    const lines = (await answer.text()).split('\n').filter(Boolean);
    assert.equal(lines.at(-1), 'data: [DONE]', what);
    assert.ok(lines.every((line) => line.startsWith('data: ')), what);
    assert.match(answer.headers.get('content-type'), /^text\/event-stream/);
  }
});

check('a reworded question is answered from the cache', async () => {
  const c = client();
  await upstreamCalls(1, async () => {
    const first = await c.chat.completions.create(ask('semantic', 'How do I reset my password?'));
    const { data, response } = await remembered(c, ask('semantic', 'How can I reset my password?'));
    assert.equal(data.id, first.id);
    assert.ok(Number(response.headers.get('askonce-similarity')) >= 0.95);
  });
});
