package embedded_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/askonce/askonce/cache"
	"github.com/askonce/askonce/cache/cachetest"
	"github.com/askonce/askonce/cache/embedded"
)

const killDimensions = 16

// writeUntilKilled writes entries with their points from several goroutines
// and prints the number of each one that was acknowledged.
func writeUntilKilled(folder string) error {
	db, err := embedded.Open(embedded.Options{Folder: folder})
	if err != nil {
		return err
	}
	x, err := db.Index("test", killDimensions)
	if err != nil {
		return err
	}
	var next atomic.Int64
	next.Store(db.Stats().Entries * 2) // beyond what earlier rounds may have written
	failed := make(chan error)
	for range 8 {
		go func() {
			for {
				n := int(next.Add(1))
				if err := db.Store().Put(context.Background(), []cache.Record{entry(n)}); err != nil {
					failed <- err
				}
				if err := x.Upsert(context.Background(), []cache.Point{question(n, killDimensions)}); err != nil {
					failed <- err
				}
				fmt.Println(n)
			}
		}()
	}
	return <-failed
}

// Nothing that was acknowledged may be lost when the process is killed at any
// moment, and the file must open without being set aside.
func TestKilledWritersLoseNothing(t *testing.T) {
	const rounds = 10
	folder := t.TempDir()
	acknowledged := make(map[int]bool)
	for round := range rounds {
		for _, n := range runAndKill(t, folder, 20+rand.IntN(300)) {
			acknowledged[n] = true
		}
		db := open(t, embedded.Options{Folder: folder})
		if aside := db.Stats().SetAside; aside != "" {
			t.Fatalf("round %d: the file was set aside as %s", round, aside)
		}
		x := openIndex(t, db, killDimensions)
		for n := range acknowledged {
			checkWritten(t, db, x, n)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d entries were acknowledged and read back", len(acknowledged))
}

// runAndKill starts a writer, kills it after it has acknowledged some entries,
// and returns all that it has acknowledged by then.
func runAndKill(t *testing.T, folder string, after int) (acknowledged []int) {
	t.Helper()
	writer := exec.Command(os.Args[0])
	writer.Env = append(os.Environ(), writerFolder+"="+folder)
	var stderr bytes.Buffer
	writer.Stderr = &stderr
	stdout, err := writer.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := writer.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(stdout)
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			break // an unfinished line was not acknowledged
		}
		n, err := strconv.Atoi(line[:len(line)-1])
		if err != nil {
			t.Errorf("writer printed %q", line)
		}
		if acknowledged = append(acknowledged, n); len(acknowledged) == after {
			if err := writer.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	writer.Wait()
	if len(acknowledged) < after {
		t.Fatalf("writer ended by itself after %d entries: %s", len(acknowledged), &stderr)
	}
	return acknowledged
}

func checkWritten(t *testing.T, db *embedded.DB, x cache.Index, n int) {
	t.Helper()
	got, err := db.Store().Get(context.Background(), cachetest.Key(n))
	if err != nil || !bytes.Equal(got.Value, entry(n).Value) {
		t.Fatalf("entry %d: %d bytes, %v", n, len(got.Value), err)
	}
	p := question(n, killDimensions)
	found, err := x.Nearest(context.Background(), cache.Nearest{Scope: p.Scope, Vector: p.Vector, K: 1})
	if err != nil || len(found) != 1 || found[0].Key != p.Key || found[0].Text != p.Text {
		t.Fatalf("point %d: %+v, %v", n, found, err)
	}
}
