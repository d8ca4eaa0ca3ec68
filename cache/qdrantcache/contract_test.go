package qdrantcache_test

import (
	"testing"

	"github.com/askonce/askonce/cache/cachetest"
)

func TestIndexContract(t *testing.T) { cachetest.TestIndex(t, openHarness) }
