// Responses, and Anthropic's messages through its own SDK: every form as a
// miss, then every form as a hit.

import assert from 'node:assert/strict';
import Anthropic from '@anthropic-ai/sdk';

import { check, client, rejected, upstreamCalls } from './harness.mjs';

const service = process.env.ASKONCE_URL.replace(/\/v1$/, ''); // the SDK adds /v1 itself
const claude = new Anthropic({ baseURL: service, apiKey: 'sk-ant-node', timeout: 60_000 });
const schema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };

const messages = {
  path: '/v1/messages',
  scope: 'system',
  forms: {
    document: (body) => claude.messages.create(body),
    stream: (body) => claude.messages.stream(body).finalMessage(),
  },
};

const responses = {
  path: '/v1/responses',
  scope: 'instructions',
  forms: {
    document: (body) => client().responses.create(body),
    stream: (body) => client().responses.stream(body).finalResponse(),
  },
};

// plain leaves out what the SDKs add: nulls, and their parsed copies.
function plain(value) {
  const added = ['parsed', 'parsed_output', 'parsed_arguments', 'output_parsed', 'output_text'];
  return JSON.parse(JSON.stringify(value, (key, item) => (item === null || added.includes(key) ? undefined : item)));
}

function everyPair(name, { path, scope, forms }, body) {
  for (const miss of Object.keys(forms)) {
    for (const hit of Object.keys(forms)) {
      const full = `${name}/${miss} then ${hit}`;
      check(full, async () => {
        const own = { ...body, [scope]: `You answer the check ${full}.` };
        await upstreamCalls(1, async () => {
          const first = await forms[miss](own);
          assert.deepEqual(plain(await forms[hit](own)), plain(first));
        }, path);
      });
    }
  }
}

const claudeAsks = (content, more = {}) => ({
  model: 'claude-sonnet-4-5',
  max_tokens: 500,
  messages: [{ role: 'user', content }],
  ...more,
});

everyPair('messages/text', messages, claudeAsks('Which day comes after Tuesday?'));
everyPair('messages/thinking', messages, claudeAsks('Why?', { thinking: { type: 'enabled', budget_tokens: 1024 } }));
everyPair('messages/tool', messages, claudeAsks('The weather?', {
  tools: [{ name: 'weather', input_schema: schema }],
  tool_choice: { type: 'any' },
}));
everyPair('responses/text', responses, { model: 'gpt-4o', input: 'Which day comes after Tuesday?' });
everyPair('responses/reasoning', responses, { model: 'gpt-4o', input: 'Why?', reasoning: { effort: 'low' } });
everyPair('responses/tool', responses, {
  model: 'gpt-4o',
  input: 'The weather?',
  tool_choice: 'required',
  tools: [{ type: 'function', name: 'weather', parameters: schema, strict: false }],
});

check("messages/errors are the SDK's own", async () => {
  const only = { headers: { 'Cache-Control': 'only-if-cached' } };
  const error = await rejected(Anthropic.InternalServerError, () => claude.messages.create(claudeAsks('Never asked'), only));
  assert.deepEqual([error.status, error.error.error.type], [504, 'timeout_error']);
  const fuzzy = { headers: { 'Askonce-Mode': 'fuzzy' } };
  await rejected(Anthropic.BadRequestError, () => claude.messages.create(claudeAsks('Hello?'), fuzzy));
});
