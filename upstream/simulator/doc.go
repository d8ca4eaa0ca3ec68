// Package simulator is a provider that costs nothing and fails on command: an
// OpenAI-compatible API whose answers follow from the request alone. It serves
// development, demonstrations, load tests and the tests of retries, limits and
// timeouts, in process (it is an [http.Handler]) or by itself:
//
//	askonce simulate-provider --listen 127.0.0.1:9090 --latency 300ms --token-interval 20ms --script faults.yaml
//
// # What it serves
//
//	POST /v1/chat/completions   JSON and SSE
//	POST /v1/completions        JSON and SSE
//	POST /v1/embeddings         float and base64, dimensions
//	POST /v1/responses          JSON and SSE
//	POST /v1/messages           JSON and SSE, Anthropic's
//	POST /v1/messages/count_tokens
//	GET  /v1/models, /v1/models/{id}
//	GET  /simulator/stats       what was asked so far
//	POST /simulator/reset       forget that and all that limits counted, and start the script again
//
// Anything else is a 404 in the shape of OpenAI's errors, or of Anthropic's below
// its own path. Requests are checked
// as the real API does it: a missing model, messages of the wrong shape, broken
// JSON or a bad key are refused in the same shape, naming the parameter. Members
// that the simulator does not know are accepted.
//
// # Answers
//
// The same request gets the same text, streamed or not; ids and times are new
// in each answer. The default text restates the question and names the
// conversation by a digest of the model and all messages, so that an answer to
// another conversation is told apart at a glance; [Options.Answer] replaces it.
//
// stop, n, max_tokens and max_completion_tokens (finish reason "length") work.
// tool_choice "required" or a named function makes a tool call, with arguments
// that fit the function's schema; as at OpenAI its finish reason is "tool_calls"
// for the first and "stop" for the second. tools alone are left uncalled.
// response_format json_object and json_schema make the text a fitting document.
// A completion without max_tokens is not cut after 16 tokens as OpenAI's is.
//
// Messages with thinking, and responses with reasoning, have a thought before
// their text, which follows from the request and is signed where Anthropic's are.
//
// Embeddings are unit vectors drawn from a digest of the model and the input:
// equal inputs have equal vectors, and nearness says nothing about meaning.
//
// Usage is an estimate, not the provider's tokenizer: a word of up to eight
// letters with the space before it is one token, longer ones one for each eight
// letters; three digits, a mark of punctuation, a run of spaces, a CJK character
// or an emoji is one. Chat adds 3 for each message and 3 for the answer's start;
// an image counts 85. A stream sends one chunk for each token of its text.
//
// # Prefix cache
//
// Usage tells how much of a prompt the provider had cached, by its own rule. What
// counts is the prompt as a model reads it: a response's schema, tools, then the
// system text, then the turns, whatever the order of a request's members.
//
// As at OpenAI (chat and responses), a prompt's first 1,024 tokens and every 128
// after them are held for 5 minutes after they were last used, and for a day with
// prompt_cache_retention "24h". Calls with another key, model or prompt_cache_key
// do not find them.
//
// As at Anthropic (messages), a prefix is held where a block has a cache_control
// mark, from the least length of the model on, for 5 minutes after it was last
// used, or an hour. Each mark finds what was held at its own block or the 19
// before. More than 4 marks, a mark that is none, and one of an hour behind one of
// 5 minutes are refused. Tokens that were read count for no limit.
//
// A prefix can be used once the answer to the call that wrote it has begun.
//
// # Scripts
//
// A script is a list of steps. A step matches by path, by model, by text (a
// part of the last user text), or by all of them, and counts the requests that it
// matches; nth, from, to and every choose among these. The first step that
// chooses a request decides what happens to it. Every call of this one counts:
//
//	steps:
//	  # the second and third chat call find a full minute
//	  - match: {path: /v1/chat/completions, nth: [2, 3]}
//	    respond:
//	      status: 429
//	      error: {type: requests, code: rate_limit_exceeded, message: "Slow down."}
//	      headers: {retry-after: "2", retry-after-ms: "1500"}
//
//	  # one embeddings call in ten fails
//	  - match: {path: /v1/embeddings, every: 10}
//	    respond: {status: 503}
//
//	  # a model that is slow to begin and then breaks off
//	  - match: {model: gpt-4o-mini}
//	    respond: {delay: 2s, cut_after: 5}
//
//	  # a question that is answered with a tool call
//	  - match: {text: weather}
//	    respond:
//	      tool_call: {name: get_weather, arguments: '{"city":"Oslo"}'}
//
//	  # from the second to the third minute it is down
//	  - match: {since: 2m, until: 3m}
//	    respond: {status: 500}
//
// See [Response] for all that a step can do: delays, hanging, resets, broken
// streams, headers, fixed answers.
//
// # Limits
//
// [Options.Limits] are enforced for each API key and model, all of them at once
// or not at all: requests, tokens (input and output apart or together), calls at
// a time; over a token bucket, a sliding window, one that is fixed to the clock or
// one that begins with its first call. Windows keep a log of what they count, so
// that nothing is rounded, and share no code with the limiter of askonce: what
// is wrong there does not pass here. [Charge] says when tokens count.
//
// What does not fit is a 429 in OpenAI's shape that says which limit, and when
// it would fit. Every answer tells how the limits stood when its call came
// ([HeaderSyntax], [RetryHint]). A refused call is not counted by any limit. The
// limits come before the script.
//
// [Tally] counts what was refused, how much of that after an answer had told of the
// limits, and calls that were answered twice.
package simulator
