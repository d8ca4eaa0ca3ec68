// What an answer must be: the right bytes, from the layer that is measured.

package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/askonce/askonce/bench/load"
)

// origin tells by Cache-Status (RFC 9211) where an answer came from.
type origin struct {
	name   string
	status string // a part of Cache-Status; "" asks for none
}

var (
	fromEcho     = origin{name: "the echo handler"}
	fromExact    = origin{"the exact layer", "; detail=exact"}
	fromSemantic = origin{"the semantic layer", "; detail=semantic"}
	fromProvider = origin{"the provider", "; fwd=uri-miss"}
)

// answers makes the check that answers are whole and come from an origin.
func answers(from origin) func(load.Response) error {
	want := answerBody()
	return func(r load.Response) error {
		if r.Status != http.StatusOK {
			return fmt.Errorf("status %d: %s", r.Status, r.Body)
		}
		if !bytes.Equal(r.Body, want) {
			return fmt.Errorf("not the provider's answer: %s", r.Body)
		}
		status := r.Header("Cache-Status")
		if !strings.Contains(status, from.status) || (from.status == "" && status != "") {
			return fmt.Errorf("not from %s: Cache-Status is %q", from.name, status)
		}
		return nil
	}
}

const (
	primeLimit = 15 * time.Second
	primeEvery = 5 * time.Millisecond
)

// prime asks until an answer comes from the origin that is to be measured.
func prime(ctx context.Context, addr string, next load.Source, from origin) error {
	ctx, cancel := context.WithTimeout(ctx, primeLimit)
	defer cancel()
	conn, err := load.Dial(ctx, load.HTTP, addr)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.ExpireAt(time.Now().Add(primeLimit)); err != nil {
		return err
	}
	check := answers(from)
	for {
		response, err := conn.Do(next())
		if err != nil {
			return err
		}
		if err = check(response); err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("no answer from %s within %v: %w", from.name, primeLimit, err)
		case <-time.After(primeEvery):
		}
	}
}
