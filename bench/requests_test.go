package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/askonce/askonce/bench/load"
)

// bodyOf reads a request as a server would.
func bodyOf(t *testing.T, request []byte) (raw []byte, document map[string]any) {
	t.Helper()
	r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(request)))
	if err != nil {
		t.Fatal(err)
	}
	if raw, err = io.ReadAll(r.Body); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &document); err != nil {
		t.Fatalf("%v in %s", err, raw)
	}
	return raw, document
}

// lastText is the question that a request asks.
func lastText(t *testing.T, request []byte) string {
	t.Helper()
	_, document := bodyOf(t, request)
	messages := document["messages"].([]any)
	return messages[len(messages)-1].(map[string]any)["content"].(string)
}

func newWorkload() workload {
	return workload{addr: "127.0.0.1:1", mode: "exact", serial: new(atomic.Uint64)}
}

func TestDocumentsAreTwoKilobytes(t *testing.T) {
	w := newWorkload()
	for name, source := range map[string]func(int) load.Source{
		"same": w.same, "varied": w.varied, "fresh": w.fresh, "recased": w.recased(5),
	} {
		next := source(0)
		for range 100 {
			if raw, _ := bodyOf(t, next()); len(raw) != documentBytes {
				t.Fatalf("%s: %d bytes", name, len(raw))
			}
		}
	}
	if got := len(answerBody()); got != documentBytes || !json.Valid(answerBody()) {
		t.Errorf("the answer has %d bytes, valid JSON: %v", got, json.Valid(answerBody()))
	}
}

func TestVariedRequestsDifferInBytesOnly(t *testing.T) {
	w := newWorkload()
	_, want := bodyOf(t, w.same(0)())
	seen := make(map[string]bool)
	for connection := range 2 {
		next := w.varied(connection)
		for range 500 {
			raw, got := bodyOf(t, next())
			if !reflect.DeepEqual(got, want) {
				t.Fatalf("another meaning: %s", raw)
			}
			if seen[string(raw)] {
				t.Fatal("the same bytes twice")
			}
			seen[string(raw)] = true
		}
	}
}

func TestFreshQuestionsAreAllDifferent(t *testing.T) {
	w := newWorkload()
	seen := make(map[string]bool)
	for connection := range 2 {
		next := w.fresh(connection)
		for range 5000 {
			text := lastText(t, next())
			if seen[text] {
				t.Fatalf("asked twice: %q", text)
			}
			seen[text] = true
			if got := len(strings.Fields(text)); got != questionWords {
				t.Fatalf("%d words: %q", got, text)
			}
		}
	}
}

func TestRecasedQuestionsKeepTheirWords(t *testing.T) {
	const known = 7
	w := newWorkload()
	asked, base := make(map[string]bool), make(map[string]bool)
	for n := range uint64(known) {
		base[question(n)] = true
	}
	next := w.recased(known)(0)
	for range 1000 {
		text := strings.TrimSpace(lastText(t, next()))
		if asked[text] || base[text] {
			t.Fatalf("asked twice: %q", text)
		}
		asked[text] = true
		if !base[strings.ToLower(text)] {
			t.Fatalf("a question of its own: %q", text)
		}
	}
}
