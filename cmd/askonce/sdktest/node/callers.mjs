// Callers and their credentials, their headers, and their crowds.

import assert from 'node:assert/strict';
import OpenAI from 'openai';

import { forms } from './forms.mjs';
import { ask, check, client, recorded, rejected, sameAnswer, upstreamCalls } from './harness.mjs';

const crowd = Array.from({ length: 20 });

check('headers/of a miss and of a hit', async () => {
  const body = ask('headers', 'What do the headers say?');
  const miss = (await client().chat.completions.create(body).withResponse()).response.headers;
  const hit = (await client().chat.completions.create(body).withResponse()).response.headers;
  assert.match(miss.get('cache-status'), /^askonce; fwd=/);
  assert.match(hit.get('cache-status'), /^askonce; hit/);
  assert.equal(miss.get('age'), null);
  assert.ok(Number(hit.get('age')) >= 0);
  assert.match(hit.get('askonce-entry'), /^[0-9a-f]{64}$/);
  assert.ok(hit.get('askonce-receipt'));
});

check('credentials/go upstream unchanged and share no entry', async () => {
  const body = ask('credentials', 'Who am I?');
  const ids = [];
  const seen = await recorded(async () => {
    for (const apiKey of ['sk-first.caller_A', 'sk-second.caller-B', 'sk-first.caller_A']) {
      ids.push((await client({ apiKey, organization: 'org-1' }).chat.completions.create(body)).id);
    }
  });
  assert.deepEqual(seen.map((call) => call.headers.Authorization), [
    'Bearer sk-first.caller_A',
    'Bearer sk-second.caller-B',
  ]);
  assert.equal(seen[0].headers['Openai-Organization'], 'org-1');
  assert.equal(ids[2], ids[0]);
  assert.notEqual(ids[1], ids[0]);
});

check('headers/a path that is not cached passes through', async () => {
  const seen = await recorded(() => rejected(OpenAI.NotFoundError, () => client().files.list()));
  assert.deepEqual(seen.map((call) => [call.method, call.path]), [['GET', '/v1/files']]);
});

for (const [name, pick] of [
  ['20 documents', () => 'document'],
  ['20 streams', (n) => (n % 2 ? 'stream' : 'stream with usage')],
  ['both forms', (n) => Object.keys(forms)[n % 4]],
]) {
  check(`together/${name} make one upstream call`, async () => {
    const c = client();
    const body = ask(name, 'Please take your time.');
    const answers = await upstreamCalls(1, () => Promise.all(crowd.map((_, n) => forms[pick(n)](c, body))));
    for (const answer of answers) sameAnswer(answer, answers[0]);
  });
}

check('leaving/a caller who hangs up does not break the others', async () => {
  const c = client();
  const body = ask('hang up', 'Tell me a long story.');
  await upstreamCalls(1, async () => {
    const leaving = await c.chat.completions.create({ ...body, stream: true });
    let others;
    for await (const chunk of leaving) {
      assert.ok(chunk.id);
      others ??= ['stream', 'document', 'stream helper'].map((form) => forms[form](c, body));
      break; // which aborts the request
    }
    const answers = await Promise.all(others);
    for (const answer of answers) {
      sameAnswer(answer, answers[0]);
      assert.match(answer.choices[0].content, /always the same one\.$/);
    }
  });
});
