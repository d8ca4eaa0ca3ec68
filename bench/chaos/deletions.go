// Deleting answers while parts are missing, and looking for them afterwards.

package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"
)

const (
	// forgetTime is how soon after its acknowledgement a deletion holds on all
	// replicas.
	forgetTime = time.Second

	retryPause = 100 * time.Millisecond
)

// deletions are what is asked of every replica, deleted at one, and asked of
// every replica again.
type deletions struct {
	stage *stage
	done  int
	stale []string // answers that were served after their deletion
}

// start deletes one answer after the other until ctx ends.
func (d *deletions) start(ctx context.Context) <-chan struct{} {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		random := rand.New(rand.NewPCG(1, 3))
		for n := 0; ctx.Err() == nil; n++ {
			d.one(ctx, fmt.Sprintf("What became of the %s, case %d?", phrase(random, 5), n), random)
		}
	}()
	return ended
}

// one is the life of one answer.
func (d *deletions) one(ctx context.Context, question string, random *rand.Rand) {
	old := make(map[string]bool)
	for !d.delete(ctx, question, old, random) {
		if !pause(ctx, retryPause) {
			return
		}
	}
	d.stage.recorder.forget(question)
	if !pause(ctx, forgetTime) {
		return
	}
	d.done++
	for _, r := range d.stage.replicas {
		got, err := d.ask(ctx, r, question)
		if err == nil && old[got.id] {
			d.stale = append(d.stale, fmt.Sprintf("%s %s served %q (%s)", time.Now().Format("15:04:05"), r.name, question, got.layer))
		}
	}
}

// delete asks every replica, so that all have the answer in memory, and then
// deletes at one of them. It reports whether that was acknowledged; before, all
// answers that were seen are old.
func (d *deletions) delete(ctx context.Context, question string, old map[string]bool, random *rand.Rand) bool {
	entry := ""
	for _, r := range d.stage.replicas {
		if got, err := d.ask(ctx, r, question); err == nil {
			old[got.id], entry = true, got.entry
		}
	}
	if entry == "" {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, askLimit)
	defer cancel()
	at := d.stage.replicas[random.IntN(len(d.stage.replicas))]
	resp, err := send(ctx, http.DefaultClient, http.MethodDelete, "http://"+at.addr+"/v1/cache/entries/"+entry, nil)
	if err != nil {
		return false
	}
	resp.Body.Close()
	return resp.StatusCode == http.StatusNoContent
}

// ask asks one replica, which may be gone at the moment.
func (d *deletions) ask(ctx context.Context, r *process, question string) (reply, error) {
	return ask(ctx, http.DefaultClient, "http://"+r.addr, question, false)
}
