// Runs every check against the service at ASKONCE_URL and prints one JSON
// object for each: {name, ok, ms, error}; the last line is {done: N}.

import './chat.mjs';
import './text.mjs';
import './errors.mjs';
import './callers.mjs';
import './dialects.mjs';
import { checks } from './harness.mjs';

for (const { name, run } of checks) {
  const start = performance.now();
  let error = null;
  try {
    await run();
  } catch (failure) {
    error = String(failure?.stack ?? failure).slice(0, 2000);
  }
  console.log(JSON.stringify({ name, ok: error === null, ms: Math.round(performance.now() - start), error }));
}
console.log(JSON.stringify({ done: checks.length }));
