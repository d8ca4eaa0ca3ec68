package api_test

import (
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/askonce/askonce/api"
	"github.com/askonce/askonce/upstream/simulator"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestErrorShapes pins what callers are told: SDKs read these.
func TestErrorShapes(t *testing.T) {
	keyless := newWorld(t, plan{
		options: func(o *api.Options) { o.MaxBody = 2000 },
		script:  []simulator.Step{{Match: simulator.Match{Text: "reset"}, Respond: simulator.Response{Reset: true}}},
	})
	withKeys := newWorld(t, keyed("sk-service"))
	cases := []struct {
		name               string
		w                  *world
		method, path, body string
		headers            []string
	}{
		{"broken JSON", keyless, "POST", "/v1/chat/completions", `{"model":`, nil},
		{"duplicate member", keyless, "POST", "/v1/chat/completions", `{"model":"a","model":"b","messages":[]}`, nil},
		{"too long", keyless, "POST", "/v1/chat/completions", question(strings.Repeat("x", 2000)), nil},
		{"too long for REST", keyless, "POST", "/v1/cache/lookup", question(strings.Repeat("x", 2000)), nil},
		{"bad namespace", keyless, "POST", "/v1/chat/completions", question("x"), []string{"Askonce-Namespace", "a b"}},
		{"not cached", keyless, "POST", "/v1/chat/completions", question("x"), []string{"Cache-Control", "only-if-cached"}},
		{"provider away", keyless, "POST", "/v1/chat/completions", question("reset"), nil},
		{"not JSON", keyless, "POST", "/v1/chat/completions", "a=b", []string{"Content-Type", "text/plain"}},
		{"foreign host", keyless, "GET", "/v1/models", "", []string{"Host", "evil.example"}},
		{"no credential", keyless, "GET", "/v1/files", "", nil},
		{"websocket", keyless, "GET", "/v1/realtime", "", []string{"Connection", "Upgrade", "Upgrade", "websocket"}},
		{"unknown path", keyless, "GET", "/nothing", "", nil},
		{"wrong method", keyless, "PUT", "/v1/cache/store", "", nil},
		{"unknown member", keyless, "POST", "/v1/cache/lookup", `{"promt":"x"}`, nil},
		{"several problems", keyless, "POST", "/v1/cache/store", `{"prompt":"x","response":"y","namespace":"","ttl":-1,"tags":["a b"]}`, nil},
		{"no such entry", keyless, "GET", "/v1/cache/entries/" + strings.Repeat("0", 64), "", nil},
		{"no key", withKeys, "POST", "/v1/chat/completions", question("x"), nil},
		{"no key for REST", withKeys, "POST", "/v1/cache/lookup", `{"prompt":"x"}`, nil},
		{"wrong key", withKeys, "POST", "/v1/chat/completions", question("x"), []string{"Authorization", "Bearer ask_wrong"}},
		{"role too low", withKeys, "POST", "/v1/chat/completions", question("x"), []string{"Authorization", "Bearer ask_reader"}},
		{"path not allowed", withKeys, "GET", "/v1/files", "", []string{"Authorization", "Bearer ask_reader"}},
	}
	got := &txtar.Archive{Comment: []byte("Errors as callers get them. Written by go test -run TestErrorShapes -update.\n")}
	for _, c := range cases {
		r := c.w.send(c.method, c.path, c.body, c.headers...)
		if r.err != nil {
			t.Fatalf("%s: %v", c.name, r.err)
		}
		text := fmt.Sprintf("%d %s\n", r.status, http.StatusText(r.status))
		for _, name := range []string{"Content-Type", "Allow", "Cache-Status", "Retry-After", "Www-Authenticate", "X-Should-Retry"} {
			if value := r.header.Get(name); value != "" {
				text += name + ": " + value + "\n"
			}
		}
		got.Files = append(got.Files, txtar.File{Name: c.name, Data: []byte(text + "\n" + r.body + "\n")})
	}
	golden := filepath.Join("testdata", "errors.txtar")
	if *update {
		must(t, os.MkdirAll("testdata", 0o755))
		must(t, os.WriteFile(golden, txtar.Format(got), 0o644))
	}
	want, err := txtar.ParseFile(golden)
	must(t, err)
	for i, file := range got.Files {
		if i >= len(want.Files) || want.Files[i].Name != file.Name || string(want.Files[i].Data) != string(file.Data) {
			t.Errorf("%s is not as in %s:\n%s", file.Name, golden, file.Data)
		}
	}
}
