// Answers: what is read of them, and what is no answer.

package llm

import (
	"reflect"
	"testing"
	"time"
)

func TestParseResponse(t *testing.T) {
	cases := []struct {
		name, body string
		ep         Endpoint
		want       Response
	}{
		{"chat", `{"model":"m","choices":[{"message":{"content":"a\u00e9"},"finish_reason":"stop"},{"message":{"content":"b"},"finish_reason":"length"}],"usage":{"prompt_tokens":9,"completion_tokens":2,"prompt_tokens_details":{"cached_tokens":4}}}`, Chat,
			Response{Model: "m", FinishReasons: []string{"stop", "length"}, Usage: Usage{Input: 9, Output: 2, Cached: 4}, HasUsage: true}},
		{"tool call", `{"choices":[{"message":{"content":null,"tool_calls":[{"id":"x"}]},"finish_reason":"tool_calls"}],"usage":null}`, Chat,
			Response{FinishReasons: []string{"tool_calls"}, ToolCalls: true}},
		{"no tool calls", `{"choices":[{"message":{"content":"a","tool_calls":[],"function_call":null},"finish_reason":"stop"}]}`, Chat,
			Response{FinishReasons: []string{"stop"}}},
		{"function call", `{"choices":[{"message":{"function_call":{"name":"f"}},"finish_reason":"function_call"}]}`, Chat,
			Response{FinishReasons: []string{"function_call"}, ToolCalls: true}},
		{"unfinished", `{"error":null,"choices":[{"message":{"content":"a"},"finish_reason":null}]}`, Chat,
			Response{FinishReasons: []string{""}}},
		{"completion", `{"choices":[{"text":"a","finish_reason":"stop"}]}`, Completions,
			Response{FinishReasons: []string{"stop"}}},
		{"embeddings", `{"model":"e","data":[{"embedding":[1]}],"usage":{"prompt_tokens":3,"total_tokens":3}}`, Embeddings,
			Response{Model: "e", Usage: Usage{Input: 3}, HasUsage: true}},
		{"message", `{"type":"message","model":"c","content":[{"type":"text","text":"a"}],"stop_reason":"end_turn","usage":{"input_tokens":3,"cache_creation_input_tokens":10,"cache_read_input_tokens":100,"output_tokens":7}}`, Messages,
			Response{Model: "c", FinishReasons: []string{"end_turn"}, Usage: Usage{Input: 113, Output: 7, Cached: 100, Written: 10}, HasUsage: true}},
		{"message with a tool's call", `{"type":"message","content":[{"type":"thinking","thinking":"","signature":"s"},{"type":"tool_use","id":"t","name":"n","input":{}}],"stop_reason":"tool_use"}`, Messages,
			Response{FinishReasons: []string{"tool_use"}, ToolCalls: true, Signed: true}},
		{"redacted thoughts", `{"type":"message","content":[{"type":"redacted_thinking","data":"x"}],"stop_reason":"end_turn"}`, Messages,
			Response{FinishReasons: []string{"end_turn"}, Signed: true}},
		{"response", `{"error":null,"model":"m","status":"completed","output":[{"type":"reasoning","summary":[]},{"type":"message","content":[]}],"usage":{"input_tokens":9,"input_tokens_details":{"cached_tokens":4},"output_tokens":2}}`, Responses,
			Response{Model: "m", FinishReasons: []string{"completed"}, Usage: Usage{Input: 9, Output: 2, Cached: 4}, HasUsage: true}},
		{"response with a function call", `{"status":"completed","output":[{"type":"reasoning","summary":[],"encrypted_content":"e"},{"type":"function_call"}]}`, Responses,
			Response{FinishReasons: []string{"completed"}, ToolCalls: true, Signed: true}},
		{"searched", `{"status":"completed","output":[{"type":"web_search_call"},{"type":"message"}]}`, Responses,
			Response{FinishReasons: []string{"completed"}, ToolCalls: true}},
	}
	for _, c := range cases {
		got, err := ParseResponse(c.ep, []byte(c.body))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		c.want.Endpoint, c.want.Body = c.ep, []byte(c.body)
		if !reflect.DeepEqual(*got, c.want) {
			t.Errorf("%s:\n got %+v\nwant %+v", c.name, *got, c.want)
		}
	}
}

func TestParseResponseErrors(t *testing.T) {
	for _, c := range []struct {
		ep   Endpoint
		body string
	}{
		{Chat, ``}, {Chat, `<html>`}, {Chat, `[]`}, {Chat, `{}`}, {Chat, `{"choices":[]}`}, {Chat, `{"choices":[{}]}`},
		{Chat, `{"choices":[{"message":{"content":"a"}}],"error":{"message":"x"}}`}, {Chat, `{"choices":[{"text":"a"}]}`},
		{Chat, `{"choices":[{"message":{"content":"a"}}]} x`}, {Completions, `{"choices":[{"text":null}]}`},
		{Messages, `{"type":"error","error":{"type":"overloaded_error"}}`}, {Messages, `{"type":"message"}`}, {Messages, `{"content":[]}`}, {Messages, `{"type":"message","content":["a"]}`},
		{Responses, `{"status":"failed","error":{"code":"server_error"},"output":[]}`}, {Responses, `{"status":"completed"}`}, {Responses, `{"status":"completed","output":[1]}`},
		{Embeddings, `{"data":[]}`}, {Embeddings, `{"data":[{}]}`}, {Embeddings, `{"choices":[]}`},
	} {
		if r, err := ParseResponse(c.ep, []byte(c.body)); err == nil {
			t.Errorf("%s %s: got %+v", c.ep, c.body, r)
		}
	}
}

func TestTextAnswer(t *testing.T) {
	for ep, want := range map[Endpoint]string{
		Chat:        `{"id":"i","object":"chat.completion","created":7,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"a\n\"b\"","refusal":null},"logprobs":null,"finish_reason":"stop"}]}`,
		Completions: `{"id":"i","object":"text_completion","created":7,"model":"m","choices":[{"index":0,"text":"a\n\"b\"","logprobs":null,"finish_reason":"stop"}]}`,
	} {
		got, err := TextAnswer(ep, "m", "a\n\"b\"", "i", time.Unix(7, 0))
		if err != nil || string(got) != want {
			t.Errorf("got  %s, %v\nwant %s", got, err, want)
		}
		r, err := ParseResponse(ep, got)
		if err != nil || r.HasUsage {
			t.Errorf("read as %+v, %v", r, err)
		}
	}
	if _, err := TextAnswer(Embeddings, "m", "a", "i", time.Unix(7, 0)); err == nil {
		t.Error("a text became embeddings")
	}
	if _, err := TextAnswer(Chat, "m", "\xff", "i", time.Unix(7, 0)); err == nil {
		t.Error("a text that is not UTF-8 became an answer")
	}
}
