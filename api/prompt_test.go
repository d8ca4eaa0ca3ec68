package api_test

import (
	"strings"
	"testing"

	"github.com/askonce/askonce/api"
	"github.com/askonce/askonce/policy/prefix"
)

// support is a request whose instructions begin with what changes.
func support(time, question string) string {
	return `{"temperature":0,"model":"gpt-4o","messages":[{"role":"system","content":"You are a helper.\nCurrent time: ` + time +
		`\n\nAlways answer in English."},{"role":"user","content":"` + question + `"}]}`
}

func TestPromptsAreOrderedWhereThatIsWanted(t *testing.T) {
	tests := []struct{ name, namespace, header, note, sent string }{
		{"only reported by default", "", "", "members=1;held=1", `Current time: 10:35:22\n\nAlways`},
		{"on for a request", "", "on", "members=1;volatile=1", `English.\n\nFor this request:\nCurrent time: 10:35:22`},
		{"on for a namespace", "ordered", "", "members=1;volatile=1", `English.\n\nFor this request:\nCurrent time: 10:35:22`},
		{"off for a request", "ordered", "off", "", `{"temperature":0,"model"`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, plan{options: func(o *api.Options) {
				o.Prompt = func(_, namespace string) api.PromptRules {
					rules := api.DefaultPromptRules()
					if namespace == "ordered" {
						rules.Text = prefix.On
					}
					return rules
				}
			}})
			headers := []string{"Askonce-Namespace", "default"}
			if test.namespace != "" {
				headers = []string{"Askonce-Namespace", test.namespace}
			}
			if test.header != "" {
				headers = append(headers, "Askonce-Prompt-Order", test.header)
			}
			first := w.chat(support("10:35:22", "hi"), headers...).wants(t, 200)
			if got := first.header.Get("Askonce-Prompt"); got != test.note {
				t.Errorf("Askonce-Prompt is %q, want %q", got, test.note)
			}
			if sent := w.provider.last(t); !strings.Contains(sent.body, test.sent) {
				t.Errorf("sent %s", sent.body)
			}
			w.chat(support("10:35:22", "hi"), headers...).wants(t, 200).wantsHeader(t, "Cache-Status", "hit")
		})
	}
}

func TestABadPromptOrderNamesItsHeader(t *testing.T) {
	w := newWorld(t, plan{})
	r := w.chat(support("10:35:22", "hi"), "Askonce-Prompt-Order", "best").wants(t, 400)
	if !strings.Contains(r.body, "Askonce-Prompt-Order") {
		t.Errorf("the error does not name the header: %s", r.body)
	}
}

func TestOpenAIGetsAKeyOfThePrefix(t *testing.T) {
	w := newWorld(t, plan{options: func(o *api.Options) {
		o.Prompt = func(string, string) api.PromptRules { return api.PromptRules{CacheKey: true} }
	}})
	w.chat(question("What is a mutex?")).wants(t, 200)
	if sent := w.provider.last(t); !strings.Contains(sent.body, `"prompt_cache_key":"askonce-`) {
		t.Errorf("sent %s", sent.body)
	}
}

func TestAnthropicIsMarkedBeforeWhatChanges(t *testing.T) {
	w := newWorld(t, plan{})
	body := `{"model":"claude-sonnet-4-5","max_tokens":9,"system":"` + strings.Repeat("Answer from the handbook. ", 400) +
		`","messages":[{"role":"user","content":"hi"}]}`
	first := w.send("POST", "/v1/messages", body, "X-Api-Key", "sk-a", "Anthropic-Version", "2023-06-01").wants(t, 200)
	if got := first.header.Get("Askonce-Prompt"); !strings.Contains(got, "marks=1") {
		t.Errorf("Askonce-Prompt is %q", got)
	}
	if sent := w.provider.last(t); strings.Count(sent.body, `"cache_control":{"type":"ephemeral"}`) != 1 {
		t.Errorf("sent %.300s", sent.body)
	}
}
