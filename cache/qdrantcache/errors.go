// Errors of this package, and how gRPC's become them.

package qdrantcache

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/askonce/askonce/cache"
)

var (
	// ErrUnavailable means that the server can't be reached.
	ErrUnavailable = errors.New("the server can't be reached")

	// ErrUnauthorised means that the server refuses the API key, or that it
	// wants one.
	ErrUnauthorised = errors.New("the server refuses the API key (check it, and that it may manage collections)")

	// ErrMissing means that alias or collection are gone. The next call makes
	// them anew.
	ErrMissing = errors.New("alias or collection is gone")

	// ErrClosed is returned by calls after Close.
	ErrClosed = errors.New("qdrantcache: index is closed")
)

// MismatchError means that the collection under the index's alias is not what
// the options ask for. Nothing in it was changed.
type MismatchError struct {
	Alias      string
	Collection string
	What       string // "identity", "dimensions", "distance", "vectors" or "payload index ..."
	Found      string
	Want       string
}

func (e *MismatchError) Error() string {
	return fmt.Sprintf("qdrantcache: %s of collection %s (alias %s) is %s, this index needs %s: configure the embedder that filled it, or another Collection, or remove the alias and the collection",
		e.What, e.Collection, e.Alias, e.Found, e.Want)
}

// Unwrap makes another dimension a [cache.ErrDimension].
func (e *MismatchError) Unwrap() error {
	if e.What == whatDimensions {
		return cache.ErrDimension
	}
	return nil
}

// NewerLayoutError means that a newer version of the program has written the
// collection. It is left as it is.
type NewerLayoutError struct {
	Alias      string
	Collection string
	Found      int
	Supported  int
}

func (e *NewerLayoutError) Error() string {
	return fmt.Sprintf("qdrantcache: collection %s (alias %s) has layout %d, this program reads up to %d: use the newer program, or another Collection",
		e.Collection, e.Alias, e.Found, e.Supported)
}

// final reports whether waiting does not help.
func final(err error) bool {
	var mismatch *MismatchError
	var newer *NewerLayoutError
	return errors.As(err, &mismatch) || errors.As(err, &newer) || errors.Is(err, ErrUnauthorised)
}

// wrap names the call that failed and gives the kinds of failure their errors.
// A context that has ended is the cause of everything else.
func (x *Index) wrap(ctx context.Context, call string, err error) error {
	detail := status.Convert(err).Message()
	if x.options.APIKey != "" {
		detail = strings.ReplaceAll(detail, x.options.APIKey, "***")
	}
	kind := ctx.Err()
	if kind == nil {
		kind = kindOf(status.Code(err))
	}
	if kind == nil {
		return fmt.Errorf("qdrantcache: %s: %s: %s", call, status.Code(err), detail)
	}
	return fmt.Errorf("qdrantcache: %s: %w: %s", call, kind, detail)
}

func kindOf(code codes.Code) error {
	switch code {
	case codes.Canceled:
		return context.Canceled
	case codes.DeadlineExceeded:
		return context.DeadlineExceeded
	case codes.Unavailable:
		return ErrUnavailable
	case codes.Unauthenticated, codes.PermissionDenied:
		return ErrUnauthorised
	case codes.NotFound:
		return ErrMissing
	default:
		return nil
	}
}
