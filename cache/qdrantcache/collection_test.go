package qdrantcache_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/qdrant/go-client/qdrant"

	"github.com/askonce/askonce/cache"
	"github.com/askonce/askonce/cache/cachetest"
	"github.com/askonce/askonce/cache/qdrantcache"
)

// openError opens an index that must not open.
func openError(t *testing.T, o qdrantcache.Options) error {
	t.Helper()
	x, err := qdrantcache.Open(t.Context(), o)
	if err == nil {
		x.Close()
		t.Fatal("Open: no error")
	}
	return err
}

func wantMismatch(t *testing.T, o qdrantcache.Options, what, found, want string) {
	t.Helper()
	err := openError(t, o)
	var mismatch *qdrantcache.MismatchError
	if !errors.As(err, &mismatch) || mismatch.What != what || mismatch.Found != found || mismatch.Want != want {
		t.Errorf("Open: %v, want a MismatchError: %s is %s, not %s", err, what, found, want)
	}
	for _, text := range []string{found, want} {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("%v: does not name %s", err, text)
		}
	}
}

func TestTheCollectionIsMadeForTenants(t *testing.T) {
	o := options(t)
	o.Quantisation, o.OnDisk = qdrantcache.Int8, true
	open(t, o)
	a := admin(t, o)
	alias, collection := a.alias(o.Collection)
	if want := strings.Replace(alias, "_", "_v1_", 1); collection != want {
		t.Errorf("alias %s points to %s, want %s", alias, collection, want)
	}
	info := a.info(alias)
	params := info.GetConfig().GetParams().GetVectorsConfig().GetParams()
	if params.GetSize() != 3 || params.GetDistance() != qdrant.Distance_Cosine || !params.GetOnDisk() {
		t.Errorf("vectors %v", params)
	}
	if h := info.GetConfig().GetHnswConfig(); h.GetM() != 0 || h.GetPayloadM() != 16 {
		t.Errorf("graph %v, want none over all scopes", h)
	}
	if q := info.GetConfig().GetQuantizationConfig().GetScalar(); q.GetType() != qdrant.QuantizationType_Int8 || !q.GetAlwaysRam() {
		t.Errorf("quantisation %v", q)
	}
	schema := info.GetPayloadSchema()
	if !schema["scope"].GetParams().GetKeywordIndexParams().GetIsTenant() {
		t.Errorf("scope is not the tenant: %v", schema["scope"])
	}
	for field, kind := range map[string]qdrant.PayloadSchemaType{
		"expires": qdrant.PayloadSchemaType_Integer, "created": qdrant.PayloadSchemaType_Integer, "tags": qdrant.PayloadSchemaType_Keyword,
	} {
		if schema[field].GetDataType() != kind {
			t.Errorf("payload index of %s: %v, want %v", field, schema[field], kind)
		}
	}
}

func TestReplicasThatStartAtOnceMakeOneCollection(t *testing.T) {
	o := options(t)
	var group sync.WaitGroup
	for n := range 5 {
		group.Go(func() {
			x, err := qdrantcache.Open(context.Background(), o)
			if err != nil {
				t.Errorf("Open: %v", err)
				return
			}
			defer x.Close()
			if err := x.Upsert(context.Background(), []cache.Point{point(n, 1, 0, 0)}); err != nil {
				t.Errorf("Upsert: %v", err)
			}
		})
	}
	group.Wait()
	a := admin(t, o)
	alias, _ := a.alias(o.Collection)
	if n := a.count(alias); n != 5 {
		t.Errorf("%d points, want 5", n)
	}
}

func TestIdentitiesHaveCollectionsOfTheirOwn(t *testing.T) {
	one := options(t)
	other := one
	other.Identity, other.Dimensions = "another-model/1/4", 4
	x, y := open(t, one), open(t, other)
	upsert(t, x, point(1, 1, 0, 0))
	upsert(t, y, point(2, 1, 0, 0, 0))
	wantFound(t, x, 1)
	if aliases := admin(t, one).aliases(one.Collection); len(aliases) != 2 {
		t.Errorf("aliases %v, want two", aliases)
	}
}

func TestAnotherDimensionIsRefused(t *testing.T) {
	o := options(t)
	open(t, o)
	o.Dimensions = 4
	wantMismatch(t, o, "dimensions", "3", "4")
	if err := openError(t, o); !errors.Is(err, cache.ErrDimension) {
		t.Errorf("Open: %v, want ErrDimension", err)
	}
}

func TestAnAliasToAnotherIdentityIsRefused(t *testing.T) {
	one := options(t)
	open(t, one).Close()
	a := admin(t, one)
	alias, collection := a.alias(one.Collection)
	other := one
	other.Identity, other.Collection = "another-model/1/3", one.Collection+"other"
	open(t, other).Close()
	_, foreign := a.alias(other.Collection)
	a.pointAlias(alias, foreign)
	wantMismatch(t, one, "identity", `"another-model/1/3"`, `"test-model/1/3"`)

	a.pointAlias(alias, collection)
	open(t, one)
}

func TestACollectionWithAnotherDistanceIsRefused(t *testing.T) {
	o := options(t)
	open(t, o).Close()
	a := admin(t, o)
	_, collection := a.alias(o.Collection)
	a.remove(collection)
	a.create(&qdrant.CreateCollection{
		CollectionName: collection,
		VectorsConfig:  qdrant.NewVectorsConfig(&qdrant.VectorParams{Size: 3, Distance: qdrant.Distance_Euclid}),
	})
	wantMismatch(t, o, "distance", "Euclid", "Cosine")
}

func TestANewerLayoutIsRefused(t *testing.T) {
	o := options(t)
	open(t, o).Close()
	a := admin(t, o)
	alias, collection := a.alias(o.Collection)
	newer := strings.Replace(collection, "_v1_", "_v2_", 1)
	a.create(&qdrant.CreateCollection{
		CollectionName: newer,
		VectorsConfig:  qdrant.NewVectorsConfig(&qdrant.VectorParams{Size: 3, Distance: qdrant.Distance_Cosine}),
	})
	a.pointAlias(alias, newer)
	err := openError(t, o)
	var layout *qdrantcache.NewerLayoutError
	if !errors.As(err, &layout) || layout.Found != 2 || layout.Supported != 1 || layout.Collection != newer {
		t.Errorf("Open: %v, want a NewerLayoutError about %s", err, newer)
	}
}

func TestAMismatchThatComesUpLaterIsTheErrorOfTheCalls(t *testing.T) {
	o := options(t)
	open(t, o).Close()
	g := newGate(t, o.URL)
	o.URL, o.Dimensions = g.addr, 4
	x := open(t, o)
	g.open()
	q := cache.Nearest{Scope: cachetest.Scope(1), Vector: []float32{1, 0, 0, 0}, K: 1}
	eventually(t, func() error {
		_, err := x.Nearest(t.Context(), q)
		if errors.Is(err, cache.ErrDimension) {
			return nil
		}
		return errors.Join(errors.New("want ErrDimension"), err)
	})
}

func TestACollectionThatIsRemovedIsMadeAnew(t *testing.T) {
	o := options(t)
	x := open(t, o)
	upsert(t, x, point(1, 1, 0, 0))
	a := admin(t, o)
	_, collection := a.alias(o.Collection)
	a.remove(collection)
	if _, err := search(x); !errors.Is(err, qdrantcache.ErrMissing) {
		t.Errorf("Nearest: %v, want ErrMissing", err)
	}
	wantFound(t, x)
	upsert(t, x, point(2, 1, 0, 0))
	wantFound(t, x, 2)
}
