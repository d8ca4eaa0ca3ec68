// What each endpoint's members mean for the key: which are left out, where
// null says nothing, and where the order of members is part of the meaning.

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
}

// nullIsAbsent lists the optional members for which OpenAI's reference
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
}

// A branch leads to the JSON Schemas of a document: the member of that name,
// or every element of an array for "*". A branch with nothing below is a
// schema, all of whose members keep their order, since models write their
// answer in the order in which a schema lists its properties.
type branch struct {
	name  string
	below []branch
}

// schemas is where each endpoint's documents hold JSON Schemas: OpenAI's
// places, and those of the servers that speak the same dialect.
var schemas = map[Endpoint][]branch{
	Chat: {
		{"tools", []branch{{"*", []branch{{"function", []branch{{"parameters", nil}}}}}}},
		{"functions", []branch{{"*", []branch{{"parameters", nil}}}}},
		{"response_format", []branch{{"json_schema", []branch{{"schema", nil}}}, {"schema", nil}}},
		{"guided_json", nil}, // vLLM
		{"json_schema", nil}, // llama.cpp
	},
	Completions: {
		{"response_format", []branch{{"json_schema", []branch{{"schema", nil}}}, {"schema", nil}}},
		{"guided_json", nil},
		{"json_schema", nil},
	},
}

// follow returns what is below the branch of that name. found is false if no
// branch leads there; found with nothing below is a schema.
func follow(branches []branch, name []byte) (below []branch, found bool) {
	for _, b := range branches {
		if b.name == string(name) {
			return b.below, true
		}
	}
	return nil, false
}
