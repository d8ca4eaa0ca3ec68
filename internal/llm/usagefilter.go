// The filter that takes the usage out of a live stream.

package llm

import (
	"bytes"
	"io"
)

// UsageFilter passes a live stream on and leaves out the event that carries
// only usage, for a caller who did not ask for it. It is not safe for
// concurrent use.
type UsageFilter struct {
	w      io.Writer
	events eventReader
	doc    tape
	drops  bool  // the event at hand, or the last one
	err    error // of w
}

// NewUsageFilter returns a filter that writes whole events to w.
func NewUsageFilter(w io.Writer) *UsageFilter {
	f := &UsageFilter{w: w}
	f.events = eventReader{limit: maxEvent, keepRaw: true, event: f.pass}
	return f
}

// Write takes the next bytes of the stream, cut anywhere.
func (f *UsageFilter) Write(p []byte) (int, error) {
	read := f.events.write(p)
	if f.events.tooLarge {
		// No usage is that large: from here on nothing is filtered.
		f.flush(f.events.raw)
		f.events.raw = nil
		f.flush(p[read:])
	}
	if f.err != nil {
		return 0, f.err
	}
	return len(p), nil
}

// Close writes what is left of an unterminated last event.
func (f *UsageFilter) Close() error {
	f.flush(f.events.raw)
	f.events.raw = nil
	return f.err
}

// pass writes an event unless it carries only usage.
func (f *UsageFilter) pass(raw []byte, e event) {
	if !e.late {
		f.drops = f.onlyUsage(e.data)
	}
	if !f.drops {
		f.flush(raw)
	}
}

// flush writes to w, until it fails.
func (f *UsageFilter) flush(p []byte) {
	if f.err == nil && len(p) > 0 {
		_, f.err = f.w.Write(p)
	}
}

// onlyUsage reports whether a chunk has a usage and no choices.
func (f *UsageFilter) onlyUsage(data []byte) bool {
	if !bytes.Contains(data, []byte(`"usage"`)) || f.doc.parse(data) != nil {
		return false
	}
	root := f.doc.root()
	noChoices := root.at("choices").kind() == '[' && !root.at("choices").hasElements()
	return noChoices && !root.at("usage").isNull()
}
