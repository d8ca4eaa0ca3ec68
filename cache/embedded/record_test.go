package embedded

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/askonce/askonce/cache"
	"github.com/askonce/askonce/cache/embedded/internal/flat"
)

// Whatever stands behind a right checksum is read without a panic, and what
// is read as an entry is written back as the same bytes.
func FuzzDecodeEntry(f *testing.F) {
	for _, tags := range [][]string{nil, {"a"}, {"", "b,c"}} {
		e, err := encodeEntry(cache.Record{
			Key:   cache.Key{1},
			Meta:  cache.Meta{Tenant: "t", Model: "m", Tags: tags, Expires: time.Unix(9, 0)},
			Value: []byte("value"),
		})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(e.record[sumSize:])
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		record := append(make([]byte, sumSize), body...)
		seal(record)
		r, err := decodeEntry(cache.Key{1}, record)
		if err != nil {
			if !errors.Is(err, ErrDamaged) {
				t.Fatalf("error %v is not ErrDamaged", err)
			}
			return
		}
		e, err := encodeEntry(r)
		if err != nil {
			return // longer than is accepted, or without an expiry
		}
		again, err := decodeEntry(r.Key, e.record)
		if err != nil || !reflect.DeepEqual(again, r) {
			t.Errorf("%+v became %+v, %v", r, again, err)
		}
	})
}

func FuzzDecodePoint(f *testing.F) {
	p := flat.Point{Key: cache.Key{1}, Expires: 5, Text: "text", Tags: flat.PackTags([]string{"a"}), Vector: []int16{1, -2, 3}}
	f.Add(encodePointRecord(&p)[sumSize:])
	f.Fuzz(func(t *testing.T, body []byte) {
		record := append(make([]byte, sumSize), body...)
		seal(record)
		p, err := decodePoint(make([]byte, keySize), record, make([]int16, 3))
		if err != nil {
			if !errors.Is(err, ErrDamaged) {
				t.Fatalf("error %v is not ErrDamaged", err)
			}
			return
		}
		again, err := decodePoint(p.Key[:], encodePointRecord(&p), make([]int16, 3))
		if err != nil || !reflect.DeepEqual(again, p) {
			t.Errorf("%+v became %+v, %v", p, again, err)
		}
	})
}

func TestOneFlippedBitFailsTheChecksum(t *testing.T) {
	e, err := encodeEntry(cache.Record{
		Key: cache.Key{1}, Meta: cache.Meta{Tenant: "t", Expires: time.Unix(9, 0)}, Value: []byte("value"),
	})
	if err != nil {
		t.Fatal(err)
	}
	for bit := range len(e.record) * 8 {
		flipped := bytes.Clone(e.record)
		flipped[bit/8] ^= 1 << (bit % 8)
		if _, err := decodeEntry(e.key, flipped); !errors.Is(err, errChecksum) {
			t.Errorf("bit %d: %v, want the checksum to fail", bit, err)
		}
	}
}

func TestLimitsOfRecords(t *testing.T) {
	long := strings.Repeat("x", maxMeta)
	_, err := encodeEntry(cache.Record{Key: cache.Key{1}, Meta: cache.Meta{Tenant: long, Expires: time.Unix(9, 0)}})
	if !errors.Is(err, errMetaSize) {
		t.Errorf("long tenant: %v", err)
	}
	_, err = encodePoint(cache.Point{
		Key: cache.Key{1}, Vector: []float32{1}, Text: strings.Repeat("x", maxText+1), Expires: time.Unix(9, 0),
	}, 1)
	if !errors.Is(err, errTextSize) {
		t.Errorf("long text: %v", err)
	}
}

// Times sort as their bytes do, before 1970 too.
func TestOrderKeysSortByTime(t *testing.T) {
	times := []time.Time{{}, time.Unix(-5, 0), time.Unix(0, 0), time.Unix(0, 1000), time.Now(), time.Unix(1<<40, 0)}
	for i := 1; i < len(times); i++ {
		earlier := orderKey(times[i-1].UnixMicro(), make([]byte, keySize))
		later := orderKey(times[i].UnixMicro(), make([]byte, keySize))
		if bytes.Compare(earlier, later) >= 0 {
			t.Errorf("%v does not sort before %v", times[i-1], times[i])
		}
		if got := getTime(later); got != times[i].UnixMicro() {
			t.Errorf("%v is read as %d", times[i], got)
		}
	}
}
