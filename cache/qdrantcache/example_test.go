package qdrantcache_test

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/askonce/askonce/cache/qdrantcache"
)

func ExampleOpen() {
	index, err := qdrantcache.Open(context.Background(), qdrantcache.Options{
		URL:        "https://node-1:6334,https://node-2:6334,https://node-3:6334",
		APIKey:     "from a file or the environment",
		Identity:   "all-MiniLM-L6-v2/int8-1/384",
		Dimensions: 384,
		Replicas:   3, WriteConsistency: 2,
		Quantisation: qdrantcache.Int8,
		OpenWait:     1, // here, nobody answers
		Log:          slog.New(slog.DiscardHandler),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer index.Close()
	fmt.Println("the service starts with or without Qdrant")
	// Output: the service starts with or without Qdrant
}
