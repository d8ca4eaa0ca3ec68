package rediscache

import (
	"bytes"
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/askonce/askonce/cache"
)

func someRecord() cache.Record {
	return cache.Record{Key: cache.Key{1}, Value: []byte("value"), Meta: cache.Meta{
		Tenant: "acme", Namespace: "support", Kind: "chat", Model: "gpt-4o", Tags: []string{"a", "", "b,c"},
		Created: time.UnixMicro(1_700_000_000_000_001), Expires: time.UnixMicro(1_800_000_000_000_002),
	}}
}

// The layout is read by programs of other versions.
func TestRecordLayout(t *testing.T) {
	const want = "\x01\x00\x00\x00\x3e" + // format, length of the head
		"\x00\x00\x00\x00\x00\x00\x00\x07" + // stamp
		"\x00\x06\x0a\x24\x18\x1e\x40\x01" + // created
		"\x00\x06\x65\x17\x28\x98\x80\x02" + // expires
		"\x04acme\x07support\x04chat\x06gpt-4o\x03\x01a\x00\x03b,c" +
		"value"
	got, err := encodeRecord(someRecord(), 7)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("record\n%q, want\n%q", got, want)
	}
}

func TestDamagedRecords(t *testing.T) {
	whole, err := encodeRecord(someRecord(), 7)
	if err != nil {
		t.Fatal(err)
	}
	_, size, _ := decodeHead(string(whole))
	for n := range size {
		if _, _, err := decodeHead(string(whole[:n])); !errors.Is(err, ErrDamaged) {
			t.Errorf("%d bytes of a record: %v, want ErrDamaged", n, err)
		}
	}
	newer := bytes.Clone(whole)
	newer[0] = 2
	if _, _, err := decodeHead(string(newer)); !errors.Is(err, ErrDamaged) {
		t.Errorf("a record of a newer format: %v, want ErrDamaged", err)
	}
}

func FuzzDecodeHead(f *testing.F) {
	whole, err := encodeRecord(someRecord(), 7)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(whole))
	f.Add("\x01\x00\x00\x00\x1d")
	f.Fuzz(func(t *testing.T, record string) {
		h, size, err := decodeHead(record)
		if err != nil {
			return
		}
		r := cache.Record{Key: cache.Key{1}, Meta: h.meta, Value: []byte(record[size:])}
		again, err := encodeRecord(r, h.stamp)
		if h.meta.Expires.IsZero() {
			return
		}
		if err != nil {
			t.Fatalf("what was read can't be written: %v", err)
		}
		h2, size2, err := decodeHead(string(again))
		if err != nil || !reflect.DeepEqual(h, h2) || string(again[size2:]) != record[size:] {
			t.Errorf("read %+v, written and read again %+v, %v", h, h2, err)
		}
	})
}

func FuzzParseNotice(f *testing.F) {
	keys := []cache.Key{{1}, {2}}
	sender := "0123456789abcdef0123456789abcdef"
	f.Add("17" + encodeNotice(sender, keys))
	f.Add("0" + encodeNotice(sender, nil))
	f.Add("-1:")
	f.Fuzz(func(t *testing.T, payload string) {
		n, err := parseNotice(payload)
		if err != nil {
			return
		}
		rest := encodeNotice(n.sender, n.keys)
		if n.generation < 0 || len(payload) <= len(rest) || payload[len(payload)-len(rest):] != rest {
			t.Errorf("%q is taken as %+v", payload, n)
		}
	})
}
