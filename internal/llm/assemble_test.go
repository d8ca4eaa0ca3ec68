// Streams: assembled from real shapes, cut anywhere, and refused when broken.

package llm

import (
	"bytes"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"
)

// TestGoldenAssembled turns the streams of testdata into answers. A file's
// name ends in the endpoint.
func TestGoldenAssembled(t *testing.T) {
	for _, ep := range []Endpoint{Chat, Completions, Responses, Messages} {
		file := filepath.Join("testdata", "stream_"+string(ep)+".txtar")
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		checkGoldens(t, file, archive, func(stream []byte) []byte {
			answer, err := assemble(ep, stream)
			if err != nil {
				return []byte("error " + err.Error() + "\n")
			}
			return append(answer, '\n')
		})
	}
}

// assemble reads a stream in one piece.
func assemble(ep Endpoint, stream []byte) ([]byte, error) {
	a := NewAssembler(ep)
	a.Write(stream)
	return a.Answer()
}

// events writes one event for each document.
func events(docs ...string) string {
	var out strings.Builder
	for _, d := range docs {
		out.WriteString("data: " + d + "\n\n")
	}
	return out.String()
}

const (
	hello  = `{"id":"c","created":1,"model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":"hel"},"finish_reason":null}]}`
	world  = `{"id":"c","created":1,"model":"m","choices":[{"index":0,"delta":{"content":"lo"},"finish_reason":"stop"}]}`
	answer = `{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"hello"},"finish_reason":"stop"}]}`
)

func TestAssembleAnyFraming(t *testing.T) {
	plain := events(hello, world, "[DONE]")
	split := strings.ReplaceAll(plain, `"model":"m",`, "\ndata: \"model\":\"m\",\ndata:")
	streams := map[string]string{
		"LF":              plain,
		"CRLF":            strings.ReplaceAll(plain, "\n", "\r\n"),
		"CR":              strings.ReplaceAll(plain, "\n", "\r"),
		"byte order mark": "\xEF\xBB\xBF" + plain,
		"comments":        ": hi\n\n" + strings.ReplaceAll(plain, "data: ", ": ping\ndata: "),
		"other fields":    strings.ReplaceAll(plain, "data: ", "id: 1\nretry: 5\nevent: message\nfoo\ndata: "),
		"no space":        strings.ReplaceAll(plain, "data: ", "data:"),
		"several lines":   split,
		"empty events":    "\n\n\n" + strings.ReplaceAll(plain, "\n\n", "\n\n\n\n"),
		"cut after DONE":  strings.TrimRight(plain, "\n"),
		"more after DONE": plain + events("broken"),
	}
	for name, stream := range streams {
		for size := range 9 {
			a := NewAssembler(Chat)
			for piece := range slices.Chunk([]byte(stream), max(1, size*size)) {
				if n, err := a.Write(piece); n != len(piece) || err != nil {
					t.Fatalf("%s: Write returned %d, %v", name, n, err)
				}
			}
			got, err := a.Answer()
			if err != nil || string(got) != answer {
				t.Errorf("%s in pieces of %d:\n got %s, %v\nwant %s", name, size*size, got, err, answer)
			}
		}
	}
}

func TestAssembleCutAtEveryByte(t *testing.T) {
	stream := []byte(strings.ReplaceAll(events(hello, world, "[DONE]"), "\n", "\r\n"))
	for cut := range stream {
		a := NewAssembler(Chat)
		a.Write(stream[:cut])
		early, err := a.Answer()
		if complete := bytes.HasSuffix(bytes.TrimSpace(stream[:cut]), []byte("[DONE]")); (err == nil) != complete {
			t.Fatalf("after %d bytes: %s, %v", cut, early, err)
		}
		a.Write(stream[cut:])
		if got, err := a.Answer(); err != nil || string(got) != answer || !a.Done() {
			t.Fatalf("cut after %d bytes: %s, %v", cut, got, err)
		}
	}
}

func TestAssembleErrors(t *testing.T) {
	cases := []struct{ name, stream, want string }{
		{"nothing", "", "before its terminal event"},
		{"no terminal event", events(hello, world), "before its terminal event"},
		{"only the terminal event", events("[DONE]"), "no choices"},
		{"no finish reason", events(hello, "[DONE]"), "choice 0 of the stream has no finish reason"},
		{"second choice unfinished", events(hello, world, strings.ReplaceAll(hello, `"index":0`, `"index":1`), "[DONE]"), "choice 1 of the stream"},
		{"error member", events(hello, `{"error":{"message":"s3cret"}}`, world, "[DONE]"), "is an error object"},
		{"error event", events(hello) + "event: error\n" + events("{}", world, "[DONE]"), "an error event"},
		{"broken JSON", events(hello, `{"choices":[s3cret`, world, "[DONE]"), "not valid JSON"},
		{"bad UTF-8", events(hello, "{\"x\":\"\xff\"}", world, "[DONE]"), "not valid UTF-8"},
		{"duplicate member", events(hello, `{"choices":[],"choices":[]}`, world, "[DONE]"), "more than once"},
		{"no object", events(`[]`, "[DONE]"), "is not an object"},
		{"choices no array", events(`{"choices":{}}`, "[DONE]"), "not an array"},
		{"choice no object", events(`{"choices":[1]}`, "[DONE]"), "not an object"},
		{"delta no object", events(`{"choices":[{"delta":"x"}]}`, "[DONE]"), "not an object"},
		{"message for delta", events(`{"choices":[{"message":{"content":"x"},"finish_reason":"stop"}]}`, "[DONE]"), "a message instead of a delta"},
		{"tool calls no array", events(`{"choices":[{"delta":{"tool_calls":{}}}]}`, "[DONE]"), "not an array"},
		{"negative index", events(`{"choices":[{"index":-1}]}`, "[DONE]"), "has an index"},
		{"huge index", events(`{"choices":[{"index":99999999}]}`, "[DONE]"), "has an index"},
		{"audio in pieces", events(`{"choices":[{"delta":{"audio":{"data":"AA=="}}}]}`, `{"choices":[{"delta":{"audio":{"data":"BB=="}},"finish_reason":"stop"}]}`, "[DONE]"), "cannot be merged"},
	}
	for _, c := range cases {
		got, err := assemble(Chat, []byte(c.stream))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %s, %v; want an error with %q", c.name, got, err, c.want)
		}
		if err != nil && strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: the error quotes the stream: %v", c.name, err)
		}
	}
	if _, err := assemble(Embeddings, []byte(events("[DONE]"))); err == nil {
		t.Error("embeddings were assembled from a stream")
	}
}

// TestDoneAfterError keeps Done apart from Answer: whoever waits for the end
// of a stream must see it, broken or not.
func TestDoneAfterError(t *testing.T) {
	a := NewAssembler(Chat)
	a.Write([]byte(events("broken")))
	if a.Done() {
		t.Error("done before the terminal event")
	}
	a.Write([]byte(events("[DONE]")))
	if !a.Done() {
		t.Error("not done after the terminal event")
	}
}

// TestAssembleLargeEvents sends events of many megabytes in small pieces: time
// that grew with the square of their size would not end.
func TestAssembleLargeEvents(t *testing.T) {
	text := strings.Repeat("word ", 1<<20)
	stream := []byte(events(strings.Replace(hello, "hel", text, 1), world, "[DONE]"))
	a := NewAssembler(Chat)
	begin := time.Now()
	for piece := range slices.Chunk(stream, 512) {
		a.Write(piece)
	}
	got, err := a.Answer()
	if err != nil || len(got) < len(text) {
		t.Fatalf("%d bytes, %v", len(got), err)
	}
	if took := time.Since(begin); took > 20*time.Second {
		t.Errorf("took %v", took)
	}
}

func TestAssembleTooLargeEvent(t *testing.T) {
	for _, stream := range []string{"data: " + strings.Repeat("x", 2000), strings.Repeat("data: x\n", 1000)} {
		a := NewAssembler(Chat)
		a.events.limit = 1000
		for piece := range slices.Chunk([]byte(stream), 7) {
			a.Write(piece)
		}
		if _, err := a.Answer(); err == nil || !strings.Contains(err.Error(), "larger than") {
			t.Errorf("got %v", err)
		}
	}
}
