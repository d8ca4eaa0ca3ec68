package cache

import (
	"context"
	"net/http"
)

// Answer is a hit, with Entry set, or an answer that is coming from the
// origin, with Status, Header and a body to read by Next or by Whole.
type Answer struct {
	Entry   *Entry  // the hit; nil otherwise
	Key     Key     // under which this request's answer is, or would be, stored
	Receipt Receipt // Joined: the origin call is another request's

	Status int         // the origin's
	Header http.Header // the origin's; shared, read only
	Stream bool        // the body is a stream of server-sent events
	Length int64       // the body's, in bytes; negative if it is not known

	flights *flights
	flight  *flight
	at      *chunk
}

// Next returns the next bytes of the origin's body as they arrive. The error
// is io.EOF at the regular end, ctx's when ctx ends, and otherwise what broke
// the body off. The bytes are shared with other readers: read only.
func (a *Answer) Next(ctx context.Context) ([]byte, error) {
	next, err := a.flight.feed.after(ctx, a.at)
	if err != nil {
		return nil, err
	}
	a.at = next
	return next.bytes, nil
}

// Whole waits for the end of the origin's body and returns the answer as one
// document, put together if the origin streamed it. It is for callers who
// asked for the other form than the call they joined.
func (a *Answer) Whole(ctx context.Context) ([]byte, error) {
	select {
	case <-a.flight.whole:
		return a.flight.doc, a.flight.docErr
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// Close says that the caller is done with the answer, or gone.
func (a *Answer) Close() {
	if a.flight != nil {
		a.flights.leave(a.flight)
		a.flight = nil
	}
}
