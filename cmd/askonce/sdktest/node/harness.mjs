// What every check needs: clients, the provider's own counts, and comparing.

import assert from 'node:assert/strict';
import { setTimeout } from 'node:timers/promises';
import OpenAI from 'openai';

const service = process.env.ASKONCE_URL; // with /v1
const provider = process.env.PROVIDER_URL; // without

export const CHAT = '/v1/chat/completions';
export const COMPLETIONS = '/v1/completions';
export const EMBEDDINGS = '/v1/embeddings';

export const checks = [];

// check registers a check; it fails by throwing.
export function check(name, run) {
  checks.push({ name, run });
}

export function client(options = {}) {
  // A service that hangs is to fail its check, not to hold up the others.
  return new OpenAI({ baseURL: service, apiKey: 'sk-node-sdk', timeout: 60_000, ...options });
}

// ask makes a chat request of its own scope: the system text names the check.
export function ask(name, text, more = {}) {
  return {
    model: 'gpt-4o-mini',
    messages: [
      { role: 'system', content: `You answer the check ${name}.` },
      { role: 'user', content: text },
    ],
    ...more,
  };
}

async function fetchJSON(path) {
  const answer = await fetch(provider + path);
  return answer.json();
}

// calls tells how often the provider was asked on a path.
export async function calls(path = CHAT) {
  return (await fetchJSON('/simulator/stats')).calls[path] ?? 0;
}

// upstreamCalls fails unless run makes this many calls of the provider.
export async function upstreamCalls(want, run, path = CHAT) {
  const before = await calls(path);
  const result = await run();
  assert.equal((await calls(path)) - before, want, 'calls of the provider');
  return result;
}

// recorded returns what reached the provider during run.
export async function recorded(run) {
  const before = (await fetchJSON('/recorded')).length;
  await run();
  return (await fetchJSON('/recorded')).slice(before);
}

// rejected returns the error of run, which must be of this class.
export async function rejected(kind, run) {
  try {
    await run();
  } catch (error) {
    assert.ok(error instanceof kind, `a ${error?.constructor?.name} instead of a ${kind.name}: ${error?.message}`);
    return error;
  }
  throw new assert.AssertionError({ message: `no ${kind.name} was thrown` });
}

// remembered waits for an answer of the cache alone. A question's vector is
// written behind its answer, so that the first moments of a rewording are misses.
export async function remembered(c, body) {
  const only = { headers: { 'Cache-Control': 'only-if-cached' } };
  for (const deadline = performance.now() + 10_000; ; await setTimeout(10)) {
    try {
      return await c.chat.completions.create(body, only).withResponse();
    } catch (error) {
      if (error.status !== 504 || performance.now() > deadline) throw error;
    }
  }
}

// essence is what a caller sees of a chat completion, however it came.
export function essence(completion) {
  const { id, created, model, usage } = completion;
  return {
    id,
    created,
    model,
    fingerprint: completion.system_fingerprint,
    tier: completion.service_tier,
    usage: usage ?? null,
    choices: completion.choices.map(choiceEssence),
  };
}

function choiceEssence({ index, finish_reason, message, logprobs }) {
  return {
    index,
    finish_reason,
    role: message.role,
    content: message.content || null,
    refusal: message.refusal ?? null,
    toolCalls: (message.tool_calls ?? []).map((call) => [
      call.id,
      call.type,
      call.function.name,
      call.function.arguments,
    ]),
    logprobs: logprobs?.content ?? [],
  };
}

// sameAnswer compares two essences; usage counts where both forms carry it.
export function sameAnswer(got, want) {
  const leave = got.usage === null || want.usage === null ? { usage: null } : {};
  assert.deepEqual({ ...got, ...leave }, { ...want, ...leave });
}
