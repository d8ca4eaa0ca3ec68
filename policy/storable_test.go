package policy_test

import (
	"testing"

	"github.com/askonce/askonce/internal/llm"
	"github.com/askonce/askonce/policy"
)

func TestStorable(t *testing.T) {
	tests := []struct {
		name    string
		answer  llm.Response
		keep    policy.Keep
		because string
	}{
		{"a regular end", llm.Response{Endpoint: llm.Chat, FinishReasons: []string{"stop"}}, policy.KeepFull, ""},
		{"every choice ended", llm.Response{Endpoint: llm.Chat, FinishReasons: []string{"stop", "stop"}}, policy.KeepFull, ""},
		{"cut by the token limit", llm.Response{Endpoint: llm.Chat, FinishReasons: []string{"length"}}, policy.KeepNot, "finish_reason"},
		{"one choice filtered", llm.Response{Endpoint: llm.Chat, FinishReasons: []string{"stop", "content_filter"}}, policy.KeepNot, "finish_reason"},
		{"a choice that never ended", llm.Response{Endpoint: llm.Chat, FinishReasons: []string{""}}, policy.KeepNot, "unfinished"},
		{"nothing answered", llm.Response{Endpoint: llm.Chat}, policy.KeepNot, "no_choices"},
		{"a tool call", llm.Response{Endpoint: llm.Chat, FinishReasons: []string{"tool_calls"}, ToolCalls: true}, policy.KeepExact, "tool_calls"},
		{"a forced tool call, which ends with stop", llm.Response{Endpoint: llm.Chat, FinishReasons: []string{"stop"}, ToolCalls: true}, policy.KeepExact, "tool_calls"},
		{"the old function call", llm.Response{Endpoint: llm.Chat, FinishReasons: []string{"function_call"}}, policy.KeepExact, "tool_calls"},
		{"a message's end", llm.Response{Endpoint: llm.Messages, FinishReasons: []string{"end_turn"}}, policy.KeepFull, ""},
		{"a caller's own stop sequence", llm.Response{Endpoint: llm.Messages, FinishReasons: []string{"stop_sequence"}}, policy.KeepFull, ""},
		{"a message that calls a tool", llm.Response{Endpoint: llm.Messages, FinishReasons: []string{"tool_use"}, ToolCalls: true}, policy.KeepExact, "tool_calls"},
		{"a message cut by the token limit", llm.Response{Endpoint: llm.Messages, FinishReasons: []string{"max_tokens"}}, policy.KeepNot, "finish_reason"},
		{"a paused turn", llm.Response{Endpoint: llm.Messages, FinishReasons: []string{"pause_turn"}}, policy.KeepNot, "finish_reason"},
		{"a refusal", llm.Response{Endpoint: llm.Messages, FinishReasons: []string{"refusal"}}, policy.KeepNot, "finish_reason"},
		{"a full context window", llm.Response{Endpoint: llm.Messages, FinishReasons: []string{"model_context_window_exceeded"}}, policy.KeepNot, "finish_reason"},
		{"signed thoughts", llm.Response{Endpoint: llm.Messages, FinishReasons: []string{"end_turn"}, Signed: true}, policy.KeepExact, "signed_thoughts"},
		{"a whole response", llm.Response{Endpoint: llm.Responses, FinishReasons: []string{"completed"}}, policy.KeepFull, ""},
		{"a response that searched", llm.Response{Endpoint: llm.Responses, FinishReasons: []string{"completed"}, ToolCalls: true}, policy.KeepExact, "tool_calls"},
		{"half a response", llm.Response{Endpoint: llm.Responses, FinishReasons: []string{"incomplete"}}, policy.KeepNot, "finish_reason"},
		{"a response in the queue", llm.Response{Endpoint: llm.Responses, FinishReasons: []string{"queued"}}, policy.KeepNot, "finish_reason"},
		{"a vector", llm.Response{Endpoint: llm.Embeddings}, policy.KeepExact, "embeddings"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			keep, because := policy.Storable(&test.answer)
			if keep != test.keep || because != test.because {
				t.Errorf("got %v, %q; want %v, %q", keep, because, test.keep, test.because)
			}
		})
	}
}
