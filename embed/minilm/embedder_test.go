package minilm

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/askonce/askonce/embed/embedtest"
)

// fast returns the kernels that are quick enough for many texts: all but the
// scalar ones, unless there are no others.
func fast() []kernels {
	all := available()
	return all[min(1, len(all)-1):]
}

func TestContract(t *testing.T) {
	for _, k := range fast() {
		t.Run(k.name(), func(t *testing.T) {
			embedtest.Run(t, embedtest.Harness{New: func(t *testing.T) embedtest.Embedder {
				e, err := newEmbedder(Options{}, k)
				if err != nil {
					t.Fatal(err)
				}
				return e
			}})
		})
	}
}

// TestKernelsGiveTheSameVectors is the promise that an index may be read on
// another machine than the one that wrote it.
func TestKernelsGiveTheSameVectors(t *testing.T) {
	short := []string{"", "a", "How do I reset my password?", "日本語", strings.Repeat("one two three four five six ", 7)}
	sameVectors(t, available(), short)
	sameVectors(t, fast(), []string{strings.Repeat("one two three four five six ", 20), strings.Repeat("word ", MaxTokens-2)})
}

func sameVectors(t *testing.T, all []kernels, texts []string) {
	t.Helper()
	var want [][]float32
	for _, k := range all {
		e, err := newEmbedder(Options{}, k)
		if err != nil {
			t.Fatal(err)
		}
		got, err := e.Embed(t.Context(), texts)
		if err != nil {
			t.Fatal(err)
		}
		if want == nil {
			want = got
		}
		for i := range want {
			same(t, k.name(), got[i], want[i])
		}
	}
}

func TestLimitIsInTokens(t *testing.T) {
	e, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Embed(t.Context(), []string{strings.Repeat("word ", MaxTokens-2)}); err != nil {
		t.Errorf("with as many tokens as the limit: %v", err)
	}
	_, err = e.Embed(t.Context(), []string{"short", strings.Repeat("word ", MaxTokens-1)})
	var long *TooLongError
	if !errors.As(err, &long) || long.Index != 1 || long.Limit != MaxTokens {
		t.Errorf("with one more: %v", err)
	}
}

func TestWaitingEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, err := New(Options{Concurrency: 1})
		if err != nil {
			t.Fatal(err)
		}
		held := <-e.free
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		if _, err := e.Embed(ctx, []string{"waits"}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("with no place free: %v", err)
		}
		e.free <- held
		if _, err := e.Embed(t.Context(), []string{"goes on"}); err != nil {
			t.Errorf("after a place came free: %v", err)
		}
	})
}

func TestOptionsAreChecked(t *testing.T) {
	if _, err := New(Options{Concurrency: -1}); err == nil || !strings.Contains(err.Error(), "Concurrency") {
		t.Errorf("a negative concurrency: %v", err)
	}
}

func TestEmbedAllocatesTheResultOnly(t *testing.T) {
	e, err := New(Options{Concurrency: 1})
	if err != nil {
		t.Fatal(err)
	}
	texts := []string{"How do I reset my password when the café is closed?"}
	got := testing.AllocsPerRun(20, func() {
		if _, err := e.Embed(context.Background(), texts); err != nil {
			t.Error(err)
		}
	})
	if got > 2 {
		t.Errorf("%v allocations a call, want 2: the slice of vectors and the vector", got)
	}
}

func TestDamagedWeightsAreRefused(t *testing.T) {
	if err := verifySum(embedded); err != nil {
		t.Fatal(err)
	}
	for name, file := range map[string]string{
		"empty":       "",
		"cut":         embedded[:len(embedded)-64],
		"other magic": "x" + embedded[1:],
		"other shape": embedded[:20] + "\xFF" + embedded[21:],
	} {
		if _, err := openModel(file, scalar{}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if err := verifySum(embedded[:len(embedded)-1] + "\x01"); err == nil {
		t.Error("one byte changed: no error from verifySum")
	}
}

// endsLater is a context that is cancelled when it has been asked n times.
type endsLater struct {
	context.Context
	n int
}

func (c *endsLater) Err() error {
	if c.n--; c.n < 0 {
		return context.Canceled
	}
	return nil
}

func TestContextIsAskedBetweenLayers(t *testing.T) {
	e, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	for asked := range layers {
		ctx := &endsLater{t.Context(), asked}
		if _, err := e.Embed(ctx, []string{"a text"}); !errors.Is(err, context.Canceled) {
			t.Errorf("a context that ends after %d questions: %v", asked, err)
		}
	}
	if len(e.free) != cap(e.free) {
		t.Errorf("%d of %d places came back", len(e.free), cap(e.free))
	}
}
