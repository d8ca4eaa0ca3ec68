package rediscache_test

import (
	"context"
	"fmt"

	"github.com/askonce/askonce/cache/rediscache"
)

// Three replicas that are started with the same URL share their entries.
func ExampleOpen() {
	store, err := rediscache.Open(context.Background(), rediscache.Options{
		URL: "redis-sentinel://10.0.0.1:26379,10.0.0.2:26379,10.0.0.3:26379/main",
	})
	if err != nil {
		fmt.Println(err) // the options are wrong; an unreachable server is not an error
		return
	}
	defer store.Close()
}
