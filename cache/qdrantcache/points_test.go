package qdrantcache_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/qdrant/go-client/qdrant"

	"github.com/askonce/askonce/cache"
	"github.com/askonce/askonce/cache/cachetest"
)

func TestExpiredPointsAreRemoved(t *testing.T) {
	o := options(t)
	o.SweepEvery = 10 * time.Millisecond
	x := open(t, o)
	old := point(1, 1, 0, 0)
	old.Expires = time.Now().Add(-time.Second)
	upsert(t, x, old, point(2, 0, 1, 0))
	a := admin(t, o)
	alias, _ := a.alias(o.Collection)
	eventually(t, func() error {
		if a.count(alias) != 1 {
			return errors.New("the expired point is there")
		}
		return nil
	})
	wantFound(t, x, 2)
}

func TestKeysThatShareAPointAreNotTakenForEachOther(t *testing.T) {
	x := open(t, options(t))
	first, second := point(1, 1, 0, 0), point(2, 0, 1, 0)
	second.Key = first.Key
	second.Key[16] ^= 1
	upsert(t, x, first)
	upsert(t, x, second)
	found, err := search(x)
	if err != nil || len(found) != 1 || found[0].Key != second.Key || found[0].Text != second.Text {
		t.Errorf("found %v, %v: want the second point alone", found, err)
	}
}

func TestForeignPointsAreLeftOut(t *testing.T) {
	o := options(t)
	x := open(t, o)
	upsert(t, x, point(1, 0, 1, 0))
	a := admin(t, o)
	alias, _ := a.alias(o.Collection)
	scope := cachetest.Scope(1)
	_, err := a.points.Upsert(a.ctx(), &qdrant.UpsertPoints{
		CollectionName: alias, Wait: qdrant.PtrOf(true),
		Points: []*qdrant.PointStruct{{
			Id: qdrant.NewIDNum(7), Vectors: qdrant.NewVectors(1, 0, 0),
			Payload: qdrant.NewValueMap(map[string]any{
				"scope": cache.Key(scope).String(), "key": cachetest.Key(7).String(), "text": "foreign",
			}),
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	wantFound(t, x, 1)
}

func TestLongTextsGoInSeveralRequests(t *testing.T) {
	o := options(t)
	x := open(t, o)
	text := strings.Repeat("a", 500_000)
	var points []cache.Point
	for n := range 20 {
		p := point(n, 1, 0, 0)
		p.Text = text
		points = append(points, p)
	}
	upsert(t, x, points...)
	a := admin(t, o)
	alias, _ := a.alias(o.Collection)
	if n := a.count(alias); n != 20 {
		t.Errorf("%d points, want 20", n)
	}
}

func TestInvalidUTF8(t *testing.T) {
	x := open(t, options(t))
	p := point(1, 1, 0, 0)
	p.Text = "caf\xe9"
	upsert(t, x, p)
	if found, err := search(x); err != nil || len(found) != 1 || found[0].Text != "caf\uFFFD" {
		t.Errorf("found %v, %v", found, err)
	}
	p.Tags = []string{"\xff"}
	if err := x.Upsert(t.Context(), []cache.Point{p}); err == nil {
		t.Error("Upsert of a tag that is no UTF-8: no error")
	}
}
