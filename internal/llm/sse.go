// Server-sent events, read from bytes that come in pieces cut anywhere.

package llm

import "bytes"

// maxEvent is the limit of an event in bytes: images come as text in one.
const maxEvent = 64 << 20

// An eventReader cuts a stream into events by the rules of the WHATWG HTML
// standard, section 9.2.6: lines end in LF, CR or CRLF, a byte order mark may
// come first, data lines are joined, comments and unknown fields count for
// nothing. Unlike a reader that pulls from an io.Reader, it takes the bytes as
// they pass by, and it hands out the raw bytes of each event too.
type eventReader struct {
	// event is called for each event and gets its bytes as received, up to and
	// with the empty line. What it is given is only valid during the call.
	event func(raw []byte, e event)

	limit    int // of what one event may gather, in bytes
	keepRaw  bool
	raw      []byte // of the unfinished event
	line     []byte // the unfinished line
	data     []byte // data lines so far, each with LF
	name     []byte
	started  bool // past the place of the byte order mark
	inEvent  bool // a line of an event was read
	afterCR  bool // an LF now belongs to the line before
	tooLarge bool // an event went over the limit; nothing is read any more
}

// An event is what the fields of one server-sent event say.
type event struct {
	name    []byte
	data    []byte
	hasData bool

	// late says that this is no event but the LF of the CRLF that ended the
	// one before, which was handed out at its CR.
	late bool
}

// write takes the next bytes and returns how many it read: all of them, unless
// an event is too large.
func (r *eventReader) write(p []byte) (n int) {
	nextLF, nextCR := -1, -1
	at := 0
	for at < len(p) && !r.tooLarge {
		if r.afterCR && p[at] == '\n' {
			r.afterCR = false
			r.lateLF(p[at : at+1])
			at++
			continue
		}
		r.afterCR = false
		nextLF = indexFrom(p, at, nextLF, '\n')
		nextCR = indexFrom(p, at, nextCR, '\r')
		end := min(nextLF, nextCR)
		if end == len(p) {
			r.keep(p[at:])
			r.line = append(r.line, p[at:]...)
			r.tooLarge = len(r.line)+len(r.data) > r.limit
			return len(p)
		}
		r.keep(p[at : end+1])
		r.afterCR = p[end] == '\r'
		r.endLine(p[at:end])
		at = end + 1
	}
	return at
}

// lateLF takes the LF of a CRLF. The event is not held back for it: the CR may
// be all there is.
func (r *eventReader) lateLF(lf []byte) {
	if r.inEvent {
		r.keep(lf)
		return
	}
	r.event(lf, event{late: true})
}

// indexFrom is the place of the next c in p from at on, len(p) if there is
// none. before is what it was the last time: the search goes on from there, so
// that every byte is looked at once.
func indexFrom(p []byte, at, before int, c byte) int {
	if before >= at {
		return before
	}
	if i := bytes.IndexByte(p[at:], c); i >= 0 {
		return at + i
	}
	return len(p)
}

// keep notes raw bytes of the event.
func (r *eventReader) keep(p []byte) {
	if r.keepRaw {
		r.raw = append(r.raw, p...)
	}
}

// endLine takes the rest of a line.
func (r *eventReader) endLine(rest []byte) {
	line := rest
	if len(r.line) > 0 {
		r.line = append(r.line, rest...)
		line = r.line
	}
	if !r.started {
		r.started = true
		line = bytes.TrimPrefix(line, []byte("\xEF\xBB\xBF"))
	}
	r.inEvent = len(line) > 0
	if r.inEvent {
		r.field(line)
	} else {
		r.endEvent()
	}
	r.line = r.line[:0]
	r.tooLarge = len(r.data) > r.limit
}

// field takes a line that is not empty.
func (r *eventReader) field(line []byte) {
	name, value, _ := bytes.Cut(line, []byte{':'})
	if len(value) > 0 && value[0] == ' ' {
		value = value[1:]
	}
	switch string(name) {
	case "data":
		r.data = append(append(r.data, value...), '\n')
	case "event":
		r.name = append(r.name[:0], value...)
	}
}

// endEvent hands the event out and begins the next.
func (r *eventReader) endEvent() {
	e := event{name: r.name}
	if len(r.data) > 0 {
		e.data, e.hasData = r.data[:len(r.data)-1], true
	}
	r.event(r.raw, e)
	r.raw, r.data, r.name = r.raw[:0], r.data[:0], r.name[:0]
}

// pending is the data of an event whose empty line has not come.
func (r *eventReader) pending() []byte {
	data := r.data
	if value, ok := bytes.CutPrefix(r.line, []byte("data:")); ok {
		data = append(append([]byte(nil), data...), bytes.TrimPrefix(value, []byte{' '})...)
	}
	return bytes.TrimSuffix(data, []byte{'\n'})
}
