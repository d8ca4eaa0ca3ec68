// The usage filter: nothing is changed but the one event that goes.

package llm

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
)

const usageOnly = `{"choices": [ ],"usage":{"total_tokens":3}}`

func TestUsageFilter(t *testing.T) {
	cases := []struct {
		name, stream string
		drops        bool
	}{
		{"usage only", usageOnly, true},
		{"null usage", `{"choices":[],"usage":null}`, false},
		{"usage beside a choice", `{"choices":[{"index":0}],"usage":{"total_tokens":3}}`, false},
		{"no choices", `{"usage":{"total_tokens":3}}`, false},
		{"nested usage", `{"choices":[],"x":{"usage":{}}}`, false},
		{"broken", `{"choices":[],"usage":{}`, false},
	}
	for _, c := range cases {
		for _, line := range []string{"\n", "\r\n", "\r"} {
			before := ": hi" + line + line + "data: " + hello + line + line
			after := "event: x" + line + "data: [DONE]" + line + line + "tail"
			dropped := "data: " + c.stream + line + line
			want := before + dropped + after
			if c.drops {
				want = before + after
			}
			for _, size := range []int{1, 7, 1 << 20} {
				var out bytes.Buffer
				f := NewUsageFilter(&out)
				for piece := range slices.Chunk([]byte(before+dropped+after), size) {
					if n, err := f.Write(piece); n != len(piece) || err != nil {
						t.Fatal(n, err)
					}
				}
				if err := f.Close(); err != nil {
					t.Fatal(err)
				}
				if got := out.String(); got != want {
					t.Errorf("%s in pieces of %d:\n got %q\nwant %q", c.name, size, got, want)
				}
			}
		}
	}
}

func TestUsageFilterDoesNotHoldBack(t *testing.T) {
	var out bytes.Buffer
	f := NewUsageFilter(&out)
	f.Write([]byte(events(hello) + "data: {"))
	if out.String() != events(hello) {
		t.Errorf("a whole event was not passed on: %q", out.String())
	}
}

func TestUsageFilterPassesHugeEvents(t *testing.T) {
	stream := []byte("data: " + strings.Repeat("x", 2000) + "\n\n" + events(hello))
	for _, size := range []int{7, 999, 1 << 20} {
		var out bytes.Buffer
		f := NewUsageFilter(&out)
		f.events.limit = 1000
		for piece := range slices.Chunk(stream, size) {
			f.Write(piece)
		}
		if err := f.Close(); err != nil || !bytes.Equal(out.Bytes(), stream) {
			t.Errorf("%d of %d bytes passed, %v", out.Len(), len(stream), err)
		}
	}
}

// brokenPipe fails every write.
type brokenPipe struct{}

var errPipe = errors.New("broken pipe")

func (brokenPipe) Write([]byte) (int, error) { return 0, errPipe }

func TestUsageFilterReportsTheWriter(t *testing.T) {
	f := NewUsageFilter(brokenPipe{})
	if _, err := f.Write([]byte(events(hello))); !errors.Is(err, errPipe) {
		t.Errorf("got %v", err)
	}
	if err := f.Close(); !errors.Is(err, errPipe) {
		t.Errorf("got %v", err)
	}
}
