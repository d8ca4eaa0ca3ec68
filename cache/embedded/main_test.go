package embedded_test

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/askonce/askonce/cache"
	"github.com/askonce/askonce/cache/cachetest"
)

// writerFolder makes the test binary a writer that is meant to be killed.
const writerFolder = "EMBEDDED_TEST_WRITER_FOLDER"

func TestMain(m *testing.M) {
	if folder := os.Getenv(writerFolder); folder != "" {
		if err := writeUntilKilled(folder); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// entry is the nth of many entries that differ in size.
func entry(n int) cache.Record {
	now := time.Now()
	value := make([]byte, 200+n*37%3000)
	for i := range value {
		value[i] = byte(n + i)
	}
	return cache.Record{
		Key:   cachetest.Key(n),
		Meta:  cache.Meta{Tenant: "acme", Kind: "chat", Created: now, Expires: now.Add(time.Hour)},
		Value: value,
	}
}

// question is the point that belongs to entry n.
func question(n int, dimensions int) cache.Point {
	now := time.Now()
	return cache.Point{
		Key: cachetest.Key(n), Scope: cachetest.Scope(n % 7), Text: fmt.Sprint("question ", n),
		Vector:  cachetest.NewVectors(dimensions, uint64(n)).Next(),
		Created: now, Expires: now.Add(time.Hour),
	}
}
