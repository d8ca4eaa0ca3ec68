package llm

import (
	"testing"
	"time"
)

func TestSaid(t *testing.T) {
	for _, ep := range []Endpoint{Chat, Completions, Responses, Messages} {
		doc, err := TextAnswer(ep, "m", "Bonjour,\n\"you\".", "id", time.Unix(1_700_000_000, 0))
		if err != nil {
			t.Fatal(err)
		}
		if text, err := Said(ep, doc); err != nil || text != "Bonjour,\n\"you\"." {
			t.Errorf("%s: %q, %v", ep, text, err)
		}
	}
	for name, c := range map[string]struct {
		ep   Endpoint
		body string
		want string // "" is an error
	}{
		"thoughts before a message":   {Messages, `{"type":"message","content":[{"type":"thinking","thinking":"hm","signature":""},{"type":"text","text":"a"},{"type":"text","text":"b"}],"stop_reason":"end_turn"}`, "a\nb"},
		"reasoning before a response": {Responses, `{"status":"completed","output":[{"type":"reasoning","summary":[]},{"type":"message","content":[{"type":"output_text","text":"a"}]}]}`, "a"},
		"a refusal in a response":     {Responses, `{"status":"completed","output":[{"type":"message","content":[{"type":"refusal","refusal":"no"}]}]}`, ""},
		"two choices":                 {Chat, `{"choices":[{"message":{"content":"a"},"finish_reason":"stop"},{"message":{"content":"b"},"finish_reason":"stop"}]}`, ""},
		"a tool's call":               {Chat, `{"choices":[{"message":{"content":"a","tool_calls":[{"id":"x"}]},"finish_reason":"tool_calls"}]}`, ""},
		"no content":                  {Chat, `{"choices":[{"message":{"content":null},"finish_reason":"stop"}]}`, ""},
		"a tool in a message":         {Messages, `{"type":"message","content":[{"type":"tool_use","id":"x","name":"f","input":{}}],"stop_reason":"tool_use"}`, ""},
		"an error":                    {Chat, `{"error":{"message":"no"}}`, ""},
		"embeddings":                  {Embeddings, `{"data":[{"embedding":[1]}]}`, ""},
	} {
		if text, err := Said(c.ep, []byte(c.body)); text != c.want || (err == nil) == (c.want == "") {
			t.Errorf("%s: %q, %v", name, text, err)
		}
	}
}
