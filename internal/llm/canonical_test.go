// Keys and scopes: goldens, what they depend on, and what they must not.

package llm

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

var update = flag.Bool("update", false, "write the goldens anew")

// recorder is a hash that keeps what it was given.
type recorder struct{ bytes.Buffer }

func (r *recorder) Sum(b []byte) []byte { return append(b, r.Bytes()...) }
func (r *recorder) Size() int           { return r.Len() }
func (r *recorder) BlockSize() int      { return 1 }

// document is the canonical document of a body, with its holes.
func document(t testing.TB, ep Endpoint, body []byte) []byte {
	t.Helper()
	var doc tape
	if err := doc.parse(body); err != nil {
		t.Fatal(err)
	}
	written := &recorder{}
	c := newCanonical()
	c.endpoint = ep
	c.holes = queryOf(ep, fieldsOf(ep, doc.root())).holes
	c.out.hash = written
	c.root(doc.root())
	c.out.flush()
	return written.Bytes()
}

// golden describes all that ParseRequest makes of a body.
func golden(t testing.TB, ep Endpoint, body []byte) []byte {
	var out bytes.Buffer
	r, err := ParseRequest(ep, body)
	if err != nil {
		fmt.Fprintf(&out, "error %v\n", err)
		return out.Bytes()
	}
	doc := strings.ReplaceAll(string(document(t, ep, body)), "\xFF", "<hole>")
	fmt.Fprintf(&out, "canonical %s\nmodel %s\n", doc, r.Model)
	if r.Query != "" {
		fmt.Fprintf(&out, "query %q\n", r.Query)
	} else {
		fmt.Fprintf(&out, "no query: %s\n", r.NoQuery)
	}
	if r.Bypass != "" {
		fmt.Fprintf(&out, "bypass: %s\n", r.Bypass)
	}
	fmt.Fprintf(&out, "key %x\nscope %x\n", r.Key, r.Scope)
	return out.Bytes()
}

// TestGoldenKeys pins keys and scopes: a change here makes every stored entry
// unreachable.
func TestGoldenKeys(t *testing.T) {
	for _, ep := range Endpoints {
		file := filepath.Join("testdata", string(ep)+".txtar")
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		checkGoldens(t, file, archive, func(request []byte) []byte { return golden(t, ep, request) })
	}
}

// checkGoldens compares each NAME.golden of the archive with what made becomes
// of NAME.json.
func checkGoldens(t *testing.T, file string, archive *txtar.Archive, made func([]byte) []byte) {
	t.Helper()
	want := map[string][]byte{}
	var inputs []txtar.File
	for _, f := range archive.Files {
		if name, isGolden := strings.CutSuffix(f.Name, ".golden"); isGolden {
			want[name] = f.Data
		} else {
			inputs = append(inputs, f)
		}
	}
	var files []txtar.File
	for _, f := range inputs {
		name := strings.TrimSuffix(f.Name, filepath.Ext(f.Name))
		got := made(f.Data)
		files = append(files, f, txtar.File{Name: name + ".golden", Data: got})
		if !*update && !bytes.Equal(got, want[name]) {
			t.Errorf("%s: %s:\n got %s\nwant %s", file, name, got, want[name])
		}
	}
	if *update {
		anew := txtar.Format(&txtar.Archive{Comment: archive.Comment, Files: files})
		if err := os.WriteFile(file, anew, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// same reports whether two bodies have the same key, and the same scope.
func same(t *testing.T, ep Endpoint, a, b string) (key, scope bool) {
	t.Helper()
	x, y := mustParse(t, ep, a), mustParse(t, ep, b)
	return x.Key == y.Key, x.Scope == y.Scope
}

func mustParse(t testing.TB, ep Endpoint, body string) *Request {
	t.Helper()
	r, err := ParseRequest(ep, []byte(body))
	if err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return r
}

// chat is a chat request with more members.
func chat(more string) string {
	return `{"model":"m","messages":[{"role":"user","content":"hi"}]` + more + `}`
}

func TestSameKey(t *testing.T) {
	pairs := [][3]string{
		{"stream", chat(``), chat(`,"stream":true`)},
		{"explicit false", chat(``), chat(`,"stream":false`)},
		{"null stream", chat(``), chat(`,"stream":null,"stream_options":null`)},
		{"stream options", chat(``), chat(`,"stream":true,"stream_options":{"include_usage":true}`)},
		{"labels", chat(``), chat(`,"user":"u","metadata":{"a":"b"},"store":true,"prompt_cache_key":"k","safety_identifier":"s"`)},
		{"null options", chat(``), chat(`,"stop":null,"temperature":null`)},
		{"member order", chat(`,"a":{"x":1,"y":2},"b":0`), chat(`,"b":0,"a":{"y":2,"x":1}`)},
		{"white space", chat(`,"a":[1,2]`), chat(" ,\n\t\"a\" : [ 1 , 2 ] ")},
		{"number forms", chat(`,"a":[1,100,0.5,0,1e21]`), chat(`,"a":[1.0,1e2,5E-1,-0.0,1000000000000000000000]`)},
		{"escapes", chat(`,"a":"é/\u0001😀"`), chat(`,"a":"\u00e9\/\u0001\ud83d\ude00"`)},
		{"escaped names", chat(`,"top_p":1`), `{"\u006dodel":"m","messages":[{"ro\u006ce":"user","content":"hi"}],"top\u005fp":1}`},
		{"schema white space", chat(`,"tools":[{"function":{"parameters":{"b":1,"a":2}}}]`), chat(`,"tools":[{"function":{"parameters":{ "b":1.0, "a":2}}}]`)},
	}
	for _, p := range pairs {
		if key, scope := same(t, Chat, p[1], p[2]); !key || !scope {
			t.Errorf("%s: same key %v, same scope %v; want both", p[0], key, scope)
		}
	}
	for _, p := range [][2]string{{`"x"`, `["x"]`}, {`[1,2]`, `[[1,2]]`}} {
		a, b := `{"model":"m","input":`+p[0]+`}`, `{"model":"m","input":`+p[1]+`}`
		if key, _ := same(t, Embeddings, a, b); !key {
			t.Errorf("inputs %s and %s have different keys", p[0], p[1])
		}
	}
}

func TestDifferentKey(t *testing.T) {
	pairs := [][3]string{
		{"large integers", chat(`,"seed":9007199254740993`), chat(`,"seed":9007199254740992`)},
		{"many decimals", chat(`,"a":0.10000000000000000001`), chat(`,"a":0.1`)},
		{"huge exponents", chat(`,"a":1e99999999999999999998`), chat(`,"a":1e99999999999999999999`)},
		{"schema order", chat(`,"tools":[{"function":{"parameters":{"a":1,"b":2}}}]`), chat(`,"tools":[{"function":{"parameters":{"b":2,"a":1}}}]`)},
		{"legacy schema order", chat(`,"functions":[{"parameters":{"a":1,"b":2}}]`), chat(`,"functions":[{"parameters":{"b":2,"a":1}}]`)},
		{"format schema order", chat(`,"response_format":{"json_schema":{"schema":{"a":1,"b":[{"c":1,"d":2}]}}}`), chat(`,"response_format":{"json_schema":{"schema":{"a":1,"b":[{"d":2,"c":1}]}}}`)},
		{"unknown member", chat(``), chat(`,"enable_thinking":true`)},
		{"unknown null", chat(``), chat(`,"enable_thinking":null`)},
		{"service tier", chat(``), chat(`,"service_tier":"flex"`)},
		{"parallel calls", chat(``), chat(`,"parallel_tool_calls":false`)},
		{"nested stream", chat(`,"a":{"stream":true}`), chat(`,"a":{"stream":false}`)},
		{"earlier turn", `{"model":"m","messages":[{"role":"user","content":"a"},{"role":"user","content":"x"}]}`, `{"model":"m","messages":[{"role":"user","content":"b"},{"role":"user","content":"x"}]}`},
		{"earlier image", `{"model":"m","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:1"}}]},{"role":"user","content":"x"}]}`, `{"model":"m","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:2"}}]},{"role":"user","content":"x"}]}`},
		{"model", `{"model":"a","messages":[{"role":"user","content":"x"}]}`, `{"model":"b","messages":[{"role":"user","content":"x"}]}`},
		{"part structure", `{"model":"m","messages":[{"role":"user","content":"a\nb"}]}`, `{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}]}`},
	}
	for _, p := range pairs {
		if key, scope := same(t, Chat, p[1], p[2]); key || scope {
			t.Errorf("%s: same key %v, same scope %v; want neither", p[0], key, scope)
		}
	}
	a, b := mustParse(t, Completions, `{"model":"m","prompt":"x","messages":[{"role":"user","content":"x"}]}`), mustParse(t, Chat, `{"model":"m","prompt":"x","messages":[{"role":"user","content":"x"}]}`)
	if a.Key == b.Key || a.Scope == b.Scope {
		t.Error("two endpoints share a key or a scope")
	}
	if key, _ := same(t, Embeddings, `{"model":"m","input":"x","dimensions":3}`, `{"model":"m","input":"x"}`); key {
		t.Error("dimensions are not in the key")
	}
}

func TestScopeIsBlindToTheQueryOnly(t *testing.T) {
	user := func(content string) string {
		return `{"model":"m","messages":[{"role":"system","content":"s"},{"role":"user","content":` + content + `}],"temperature":0}`
	}
	parts := func(a, b string) string {
		return user(`[{"type":"text","text":"` + a + `"},{"type":"text","text":"` + b + `"}]`)
	}
	for _, p := range [][2]string{
		{user(`"How are you?"`), user(`"how are you"`)},
		{user(`"tab\there"`), user(`"x"`)},
		{parts("a", "bc"), parts("ab", "c")},
		{parts("a", "b\\nc"), parts("a\\nb", "c")},
	} {
		if key, scope := same(t, Chat, p[0], p[1]); key || !scope {
			t.Errorf("%s and %s: same key %v, same scope %v; want only the scope", p[0], p[1], key, scope)
		}
	}
	// Neither a text that looks like the document nor a mark in it may move
	// the hole.
	texts := []string{`<hole>`, `ÿ`, `\u00ff`, `\",\"role\":\"user\"},{\"content\":\"`, `x`}
	seen := map[Digest]string{}
	for _, text := range texts {
		r := mustParse(t, Chat, user(`"`+text+`"`))
		if before, there := seen[r.Key]; there && text != `\u00ff` {
			t.Errorf("%s and %s share a key", before, text)
		}
		seen[r.Key] = text
	}
	if key, scope := same(t, Completions, `{"model":"m","prompt":"a","suffix":"x"}`, `{"model":"m","prompt":"a","suffix":"y"}`); key || scope {
		t.Error("the suffix is not in the scope")
	}
}
