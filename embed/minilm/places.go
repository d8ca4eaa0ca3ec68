package minilm

// The bound on concurrency: as many workspaces as may be in use.

import (
	"context"
	"runtime"
)

// places holds the workspaces that no call uses. A nil stands for one that was
// not needed so far.
type places chan *workspace

// newPlaces makes n places, one per core if n is 0.
func newPlaces(n int) places {
	if n == 0 {
		n = runtime.GOMAXPROCS(0)
	}
	p := make(places, n)
	for range n {
		p <- nil
	}
	return p
}

// take waits for a workspace; holding one is the permission to compute.
func (p places) take(ctx context.Context) (*workspace, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	select {
	case ws := <-p:
		if ws == nil {
			ws = newWorkspace()
		}
		return ws, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p places) give(ws *workspace) { p <- ws }
