// Errors become the SDK's own classes, and nobody's retries multiply.

import assert from 'node:assert/strict';
import OpenAI from 'openai';

import { ask, calls, check, client, rejected, upstreamCalls } from './harness.mjs';

// refused returns the error that body gets, which costs so many upstream calls.
function refused(kind, body, wantCalls) {
  return upstreamCalls(wantCalls, () => rejected(kind, () => client().chat.completions.create(body)));
}

check('errors/400 names the parameter', async () => {
  const error = await refused(OpenAI.BadRequestError, ask('bad', 'Too hot?', { temperature: 9 }), 1);
  assert.deepEqual([error.status, error.param, error.code], [400, 'temperature', 'decimal_above_max_value']);
  assert.equal(error.type, 'invalid_request_error');
  assert.match(error.message, /temperature/);
});

check('errors/401, 403 and 404 are the provider\'s', async () => {
  for (const [model, kind, code] of [
    ['locked', OpenAI.AuthenticationError, 'invalid_api_key'],
    ['forbidden', OpenAI.PermissionDeniedError, 'region_not_supported'],
    ['no-such-model', OpenAI.NotFoundError, 'model_not_found'],
  ]) {
    for (const stream of [false, true]) {
      const error = await refused(kind, ask('typed', 'Hello?', { model, stream }), 1);
      assert.equal(error.code, code);
    }
  }
});

check('errors/a storm of 429 is not multiplied', async () => {
  for (const stream of [false, true]) {
    // The service tries twice; the SDK would make six of that.
    const error = await refused(OpenAI.RateLimitError, ask('storm', 'Is this a storm of refusals?', { stream }), 2);
    assert.deepEqual([error.status, error.code, error.type], [429, 'rate_limit_exceeded', 'requests']);
    assert.match(error.message, /3 requests a minute/);
    assert.equal(error.headers.get('x-should-retry'), 'false');
  }
});

check('errors/one 429 is retried out of the caller\'s sight', async () => {
  const body = ask('one refusal', 'Just one refusal, please.');
  const answer = await upstreamCalls(2, () => client({ maxRetries: 0 }).chat.completions.create(body));
  assert.equal(answer.choices[0].finish_reason, 'stop');
});

check('errors/a used-up quota is asked once', async () => {
  const error = await refused(OpenAI.RateLimitError, ask('quota', 'Do you have an empty purse?'), 1);
  assert.equal(error.code, 'insufficient_quota');
});

check('errors/500 of the provider', async () => {
  const error = await refused(OpenAI.InternalServerError, ask('broken', 'Is this a failing server?'), 2);
  assert.equal(error.status, 500);
  assert.match(error.message, /It broke/);
});

check('errors/a stream that breaks off is an error and not kept', async () => {
  const body = ask('broken stream', 'Please break off once.');
  const before = await calls();
  let whole = false;
  try {
    for await (const chunk of await client({ maxRetries: 0 }).chat.completions.create({ ...body, stream: true })) {
      whole ||= Boolean(chunk.choices[0]?.finish_reason);
    }
    whole = true; // it ended as a whole one does
  } catch (error) {
    assert.ok(!(error instanceof assert.AssertionError));
  }
  assert.equal(whole, false, 'the broken stream looked whole');
  const answer = await client().chat.completions.create(body);
  assert.equal(answer.choices[0].finish_reason, 'stop');
  assert.equal((await calls()) - before, 2, 'calls of the provider');
});

check('errors/a directive out of shape is refused by name', async () => {
  const ask400 = () =>
    client().chat.completions.create(ask('directive', 'Hello?'), { headers: { 'Askonce-Namespace': 'not / this' } });
  const error = await upstreamCalls(0, () => rejected(OpenAI.BadRequestError, ask400));
  assert.match(error.message, /askonce-namespace/i);
});

check('errors/only-if-cached is 504 at once', async () => {
  const only = { headers: { 'Cache-Control': 'only-if-cached' } };
  const ask504 = () => client().chat.completions.create(ask('only', 'Do you remember?'), only);
  const error = await upstreamCalls(0, () => rejected(OpenAI.InternalServerError, ask504));
  assert.equal(error.status, 504);
});
