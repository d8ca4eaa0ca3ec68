package flat

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/askonce/askonce/cache"
	"github.com/askonce/askonce/cache/cachetest"
)

// model is the index done the plain way.
type model struct {
	points  map[cache.Key]Point
	vectors map[cache.Key][]float32
}

func (m *model) nearest(q cache.Nearest) []cache.Key {
	var found []Point
	for _, p := range m.points {
		if p.Scope == q.Scope && p.Expires > q.ExpiresAfter.UnixMicro() && hasTags(p.Tags, q.Tags) {
			found = append(found, p)
		}
	}
	slices.SortFunc(found, func(a, b Point) int {
		return cmp.Or(cmp.Compare(m.cosine(b, q), m.cosine(a, q)), cmp.Compare(a.Created, b.Created))
	})
	keys := make([]cache.Key, min(q.K, len(found)))
	for i := range keys {
		keys[i] = found[i].Key
	}
	return keys
}

func (m *model) cosine(p Point, q cache.Nearest) float64 {
	return cachetest.Cosine(m.vectors[p.Key], q.Vector)
}

// Every kind of change, in scopes small and large, must leave the index equal
// to the model, with every kernel.
func TestIndexIsTheModel(t *testing.T) {
	for n, k := range available() {
		for _, dimensions := range []int{5, 200, 384} {
			t.Run(fmt.Sprintf("%d/%d", n, dimensions), func(t *testing.T) {
				l := layoutOf(dimensions, k)
				l.largeScope = 40 // scopes become large and small again
				changeAndCompare(t, newIndex(l), dimensions)
			})
		}
	}
}

func changeAndCompare(t *testing.T, x *Index, dimensions int) {
	r := rand.New(rand.NewPCG(1, uint64(dimensions)))
	v := cachetest.NewVectors(dimensions, 1)
	m := &model{points: make(map[cache.Key]Point), vectors: make(map[cache.Key][]float32)}
	for step := range 3000 {
		key := cachetest.Key(r.IntN(300))
		shrinking := step/500%2 == 1
		if r.IntN(10) < 3 || shrinking && r.IntN(10) < 7 {
			x.Delete(key)
			delete(m.points, key)
		} else {
			vector := v.Next()
			p := Point{
				Key: key, Scope: cachetest.Scope(r.IntN(3)), Created: int64(step), Expires: int64(1 + r.IntN(100)),
				Text: fmt.Sprint(step), Vector: quantised(t, vector),
			}
			if r.IntN(2) == 0 {
				p.Tags = PackTags([]string{"x", fmt.Sprint("t", r.IntN(3))})
			}
			x.Upsert(p)
			m.points[key], m.vectors[key] = p, vector
		}
		if step%10 == 0 {
			compareWithModel(t, x, m, r, v)
		}
	}
}

func compareWithModel(t *testing.T, x *Index, m *model, r *rand.Rand, v *cachetest.Vectors) {
	t.Helper()
	q := cache.Nearest{
		Scope: cachetest.Scope(r.IntN(3)), Vector: v.Next(), K: 1 + r.IntN(8),
		ExpiresAfter: time.UnixMicro(int64(r.IntN(60))),
	}
	if r.IntN(2) == 0 {
		q.Tags = []string{fmt.Sprint("t", r.IntN(3))}
	}
	found, err := x.Nearest(context.Background(), q)
	if err != nil {
		t.Fatal(err)
	}
	want := m.nearest(q)
	if len(found) != len(want) {
		t.Fatalf("found %d, want %d", len(found), len(want))
	}
	for i, c := range found {
		p := m.points[c.Key]
		exact := m.cosine(p, q)
		if d := c.Similarity - exact; d > 1e-4 || d < -1e-4 || c.Text != p.Text {
			t.Fatalf("candidate %d: similarity %.6f text %s, want %.6f %s", i, c.Similarity, c.Text, exact, p.Text)
		}
		if c.Key != want[i] && m.cosine(m.points[want[i]], q)-exact > 1e-4 {
			t.Fatalf("candidate %d is %s, want %s", i, c.Text, m.points[want[i]].Text)
		}
	}
	if x.Len() != len(m.points) {
		t.Fatalf("%d points, want %d", x.Len(), len(m.points))
	}
}

func quantised(t testing.TB, v []float32) []int16 {
	t.Helper()
	out := make([]int16, len(v))
	if err := Quantise(v, out); err != nil {
		t.Fatal(err)
	}
	return out
}

// More duplicates than are scored still come oldest first.
func TestManyDuplicatesByAge(t *testing.T) {
	v := cachetest.NewVectors(384, 2)
	x, same := New(384), v.Next()
	for n := range 3000 {
		x.Upsert(Point{
			Key: cachetest.Key(n), Created: int64(n * 1777 % 3000), Expires: 1, Vector: quantised(t, same),
		})
	}
	found, err := x.Nearest(context.Background(), cache.Nearest{Vector: v.Near(same, 0.97), K: 5})
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range found {
		if got := c.Created.UnixMicro(); got != int64(i) {
			t.Errorf("candidate %d was created at %d", i, got)
		}
	}
}

func TestMemoryIsFreedAndUsedAgain(t *testing.T) {
	v := cachetest.NewVectors(16, 3)
	x := New(16)
	for range 3 {
		for n := range 10_000 {
			x.Upsert(Point{Key: cachetest.Key(n), Scope: cachetest.Scope(n % 50), Expires: 1, Vector: quantised(t, v.Next())})
		}
		for n := range 10_000 {
			x.Delete(cachetest.Key(n))
		}
	}
	allocated, slabs := 0, 0
	for i := range x.shards {
		s := &x.shards[i]
		slabs += len(s.slabs)
		for _, b := range s.slabs {
			if b.vectors != nil {
				allocated++
			}
		}
		if len(s.scopes) != 0 {
			t.Errorf("shard %d keeps %d empty scopes", i, len(s.scopes))
		}
	}
	if slabs > 10_000/slabSize+shardCount || allocated > shardCount {
		t.Errorf("%d slabs, %d with memory, after everything was deleted", slabs, allocated)
	}
}

func TestQuantiseRefusesWhatIsNotUnit(t *testing.T) {
	nan := float32(0)
	nan /= nan
	for _, v := range [][]float32{{0, 0}, {1, 1}, {0.5, 0}, {nan, 1}, {1e30, 0}} {
		if err := Quantise(v, make([]int16, 2)); err == nil {
			t.Errorf("%v was accepted", v)
		}
	}
	if err := Quantise([]float32{0.6003, 0.8004}, make([]int16, 2)); err != nil {
		t.Errorf("rounding was refused: %v", err)
	}
}

func TestTags(t *testing.T) {
	long := string(make([]byte, 70_000))
	packed := PackTags([]string{"a", "", "b,c", long})
	for tag, want := range map[string]bool{"a": true, "": true, "b,c": true, long: true, "b": false, "c": false} {
		if got := hasTag(packed, tag); got != want {
			t.Errorf("hasTag(%.10q) = %v", tag, got)
		}
	}
	if hasTag("", "a") || hasTag("", "") {
		t.Error("no tags have a tag")
	}
}

func BenchmarkNearest(b *testing.B) {
	for _, size := range []int{1000, 10_000, 100_000} {
		v := cachetest.NewVectors(384, 4)
		vectors := v.Clusters(size, 100)
		for n, k := range available() {
			l := layoutOf(384, k)
			x := newIndex(l)
			for i, vector := range vectors {
				x.Upsert(Point{Key: cachetest.Key(i), Expires: 1, Vector: quantised(b, vector)})
			}
			b.Run(fmt.Sprintf("%d/kernel %d", size, n), func(b *testing.B) {
				b.ReportAllocs()
				q := cache.Nearest{K: 8}
				for i := range b.N {
					q.Vector = vectors[i*7919%size]
					if _, err := x.Nearest(context.Background(), q); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
