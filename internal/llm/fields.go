// What each endpoint's members mean for the key: which are left out, and where
// null says nothing.

package llm

// leftOut lists the members that cannot change the answer, with the reason.
// A member that is not listed stays in the key. Not listed on purpose:
// service_tier (the answer names it), parallel_tool_calls, seed,
// encoding_format and dimensions (they change the answer).
var leftOut = map[Endpoint]map[string]string{
	Chat: {
		"stream":                 "how the answer travels",
		"stream_options":         "how the answer travels",
		"user":                   "who asks, for abuse detection",
		"safety_identifier":      "who asks, for abuse detection",
		"metadata":               "a label on the provider's stored copy",
		"store":                  "whether the provider keeps a copy",
		"prompt_cache_key":       "which prefix cache the provider tries",
		"prompt_cache_retention": "how long the provider keeps the prefix",
	},
	Completions: {
		"stream":         "how the answer travels",
		"stream_options": "how the answer travels",
		"user":           "who asks, for abuse detection",
	},
	Embeddings: {
		"stream":         "not a member of this endpoint; false is sent by some clients",
		"stream_options": "not a member of this endpoint",
		"user":           "who asks, for abuse detection",
	},
	// Not listed on purpose: metadata, user, safety_identifier, store and the
	// prompt_cache members. The answer repeats them, and a caller must not read
	// another's there.
	Responses: {
		"stream":         "how the answer travels",
		"stream_options": "how the answer travels",
	},
	Messages: {
		"stream":   "how the answer travels",
		"metadata": "who asks, for abuse detection",
		cacheMark:  "how much of the prompt the provider keeps in its prefix cache",
	},
}

// nullIsAbsent lists the optional members for which the provider's reference
// documents null as a value and gives it the meaning of leaving them out.
var nullIsAbsent = map[Endpoint]map[string]bool{
	Chat: {
		"frequency_penalty": true, "logit_bias": true, "logprobs": true,
		"max_completion_tokens": true, "max_tokens": true, "n": true,
		"presence_penalty": true, "seed": true, "stop": true,
		"temperature": true, "top_logprobs": true, "top_p": true,
	},
	Completions: {
		"best_of": true, "echo": true, "frequency_penalty": true,
		"logit_bias": true, "logprobs": true, "max_tokens": true, "n": true,
		"presence_penalty": true, "seed": true, "stop": true, "suffix": true,
		"temperature": true, "top_p": true,
	},
	Responses: {
		"background": true, "context_management": true, "conversation": true,
		"include": true, "instructions": true, "max_output_tokens": true,
		"max_tool_calls": true, "metadata": true, "moderation": true,
		"parallel_tool_calls": true, "previous_response_id": true,
		"prompt": true, "prompt_cache_retention": true, "reasoning": true,
		"service_tier": true, "store": true, "temperature": true,
		"top_logprobs": true, "top_p": true, "truncation": true,
	},
	Messages: {
		"container": true, "diagnostics": true, "inference_geo": true, "speed": true,
	},
}
