// Where documents hold JSON Schemas, whose order of members is part of the
// meaning, and the marks of a prefix cache, which mean nothing for the answer.

package llm

// cacheMark is the member by which callers of Anthropic's API say up to where
// the provider is to keep a prompt in its prefix cache. It changes what a call
// costs, and never what is answered, so that it is no part of the key.
const cacheMark = "cache_control"

// A branch leads to a place of a document: to the member of that name, or to
// every element of an array for "*".
type branch struct {
	name  string
	what  place
	below []branch
}

// place is what a branch leads to.
type place int

const (
	way    place = iota // nothing of its own, but the branches below
	schema              // a JSON Schema: all its members keep their order, since models write their answer in the order in which a schema lists its properties
	marked              // an object that may carry a mark
)

// places is what each endpoint's documents hold where: in OpenAI's places and
// those of the servers that speak the same dialect, or in Anthropic's. The
// input of a tool call is the model's own and has no places.
var places = map[Endpoint][]branch{
	Chat: {
		{"tools", way, []branch{{"*", way, []branch{{"function", way, []branch{{"parameters", schema, nil}}}}}}},
		{"functions", way, []branch{{"*", way, []branch{{"parameters", schema, nil}}}}},
		{"response_format", way, []branch{{"json_schema", way, []branch{{"schema", schema, nil}}}, {"schema", schema, nil}}},
		{"guided_json", schema, nil}, // vLLM
		{"json_schema", schema, nil}, // llama.cpp
	},
	Completions: {
		{"response_format", way, []branch{{"json_schema", way, []branch{{"schema", schema, nil}}}, {"schema", schema, nil}}},
		{"guided_json", schema, nil},
		{"json_schema", schema, nil},
	},
	Responses: {
		{"tools", way, []branch{{"*", way, []branch{
			{"parameters", schema, nil},
			{"output_schema", schema, nil},
			{"tools", way, []branch{{"*", way, []branch{{"parameters", schema, nil}, {"output_schema", schema, nil}}}}}, // of a namespace
		}}}},
		{"text", way, []branch{{"format", way, []branch{{"schema", schema, nil}}}}},
	},
	Messages: {
		{"system", way, []branch{{"*", marked, nil}}},
		{"tools", way, []branch{{"*", marked, []branch{{"input_schema", schema, nil}}}}},
		{"messages", way, []branch{{"*", way, []branch{{"content", way, []branch{{"*", marked, []branch{
			{"content", way, []branch{{"*", marked, nil}}},                            // of a tool's result
			{"source", way, []branch{{"content", way, []branch{{"*", marked, nil}}}}}, // of a document
		}}}}}}}},
		{"output_config", way, []branch{{"format", way, []branch{{"schema", schema, nil}}}}},
		{"output_format", way, []branch{{"schema", schema, nil}}},
	},
}

// follow returns the branch of that name, or nil.
func follow(branches []branch, name []byte) *branch {
	for i := range branches {
		if branches[i].name == string(name) {
			return &branches[i]
		}
	}
	return nil
}

// next follows the branch on. No branch leads nowhere.
func (b *branch) next(name []byte) *branch {
	if b == nil {
		return nil
	}
	return follow(b.below, name)
}

// is reports whether the branch leads to such a place.
func (b *branch) is(what place) bool { return b != nil && b.what == what }
