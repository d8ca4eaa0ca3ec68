package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/askonce/askonce/api"
)

const realKey = "ask_" + "AbCdEfGhIjKlMnOpQrStUvWxYz0123456789-_AbCdE"

func TestAnAskonceKeyNeverGoesUpstream(t *testing.T) {
	for name, p := range map[string]plan{
		"with a service key":    {upstreamKey: "sk-service"},
		"without a service key": {},
		"with configured keys":  {options: func(o *api.Options) { o.Keys = []api.Key{key(realKey, "acme", api.RoleAdmin)} }},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, p)
			chat := question("hello")
			for place, headers := range map[string][]string{
				"any header":          {"Authorization", "Bearer " + realKey, "X-Foo", realKey},
				"amid a value":        {"Authorization", "Bearer " + realKey, "Openai-Organization", "org=" + realKey + ";x"},
				"a header of the key": {"Authorization", "Bearer " + realKey, "Openai-Beta", realKey},
				"another scheme":      {"Askonce-Key", realKey, "Authorization", "Basic " + realKey},
			} {
				w.post("/v1/chat/completions", chat, headers...).wants(t, 400)
				w.send("POST", "/v1/responses", `{}`, headers...).wants(t, 400)
				if w.provider.calls() != 0 {
					t.Fatalf("%s: it was sent", place)
				}
			}
			for _, path := range []string{"/v1/chat/completions?key=" + realKey, "/v1/files/" + realKey, "/v1/files?key=%61" + realKey[1:]} {
				w.post(path, chat, "Authorization", "Bearer "+realKey).wants(t, 400)
				if w.provider.calls() != 0 {
					t.Fatalf("%s was sent", path)
				}
			}
		})
	}
}

func TestAmbiguousCredentialsAreRefused(t *testing.T) {
	w := newWorld(t, plan{})
	r, err := http.NewRequest("POST", w.url+"/v1/chat/completions", strings.NewReader(question("hello")))
	must(t, err)
	r.Header = http.Header{"Content-Type": {"application/json"}, "Authorization": {"Bearer a", "Bearer b"}}
	w.exchange(r).wants(t, 400)
	if w.provider.calls() != 0 {
		t.Error("it was sent")
	}
}

func TestProseAboutKeysPasses(t *testing.T) {
	w := newWorld(t, plan{})
	w.post("/v1/chat/completions", question("hello"), "X-Note", "keys begin with ask_ and go on").wants(t, 200)
	w.post("/v1/chat/completions?q=ask_me", question("hello"), "X-Note", strings.Repeat("task_", 9)).wants(t, 200)
}
