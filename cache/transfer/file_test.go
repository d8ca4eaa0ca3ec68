package transfer_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/askonce/askonce/cache/transfer"
)

// plain is a file's text.
func plain(t testing.TB, file []byte) string {
	t.Helper()
	dec, err := zstd.NewReader(bytes.NewReader(file), zstd.WithDecoderConcurrency(1))
	if err != nil {
		t.Fatal(err)
	}
	defer dec.Close()
	text, err := io.ReadAll(dec)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestFileIsReadableByOthers: what other zstd tools unpack is JSON lines, which
// can be imported as they are.
func TestFileIsReadableByOthers(t *testing.T) {
	from := newWorld(t)
	from.fill(t, 0, 5)
	text := plain(t, from.export(t))
	if n := strings.Count(text, "\n"); n != 7 {
		t.Errorf("%d lines, want a header, 5 entries and the end", n)
	}
	if !strings.HasSuffix(text, "{\"end\":true,\"entries\":5}\n") {
		t.Error("the end is missing")
	}
	to := newWorld(t)
	to.take(t, []byte(text))
	to.wants(t, 0, 5)
}

func TestBadLines(t *testing.T) {
	from := newWorld(t)
	from.fill(t, 0, 4)
	lines := strings.SplitAfter(plain(t, from.export(t)), "\n")
	good := lines[1]
	field := func(name, value string) string {
		at := strings.Index(good, `"`+name+`":"`) + len(name) + 4
		return good[:at] + value + good[at+strings.IndexByte(good[at:], '"'):]
	}
	for name, bad := range map[string]string{
		"no JSON":          "{\"key\":\"secret prompt\n",
		"wrong type":       `{"prompt":{"secret":"prompt"}}` + "\n",
		"no entry":         "{}\n",
		"short key":        field("key", "abc"),
		"zero key":         field("key", strings.Repeat("0", 64)),
		"no tenant":        field("tenant", ""),
		"bad scope":        field("scope", "secret"),
		"bad time":         field("created", "yesterday"),
		"ends before":      field("expires", "2001-01-01T00:00:00Z"),
		"bad answer":       field("response", "secret prompt"),
		"short vector":     field("vector", "AAAA"),
		"zero vector":      field("vector", strings.Repeat("A", dimensions*4/3*4)+"AAA="),
		"scope is missing": strings.Replace(field("scope", ""), `"scope":"",`, "", 1),
	} {
		t.Run(name, func(t *testing.T) {
			file := lines[0] + lines[1] + bad + lines[2] + lines[3] + lines[4] + lines[5]
			to := newWorld(t)
			done, found, err := to.tryTake(t, []byte(file))
			if err != nil || done.Written != 4 || done.Bad != 1 || len(found) != 1 {
				t.Fatalf("imported %+v, %v, %v", done, found, err)
			}
			if found[0].Line != 3 || strings.Contains(found[0].Error(), "prompt\"") || strings.Contains(found[0].Error(), "secret") {
				t.Errorf("%v", found[0])
			}
			to.wants(t, 0, 4)

			r, err := transfer.NewReader(strings.NewReader(file))
			if err != nil {
				t.Fatal(err)
			}
			strict := newWorld(t)
			opts := strict.importOptions(t)
			opts.Strict = true
			var line *transfer.LineError
			if done, err := transfer.Import(t.Context(), r, opts); !errors.As(err, &line) || line.Line != 3 || done.Written != 1 {
				t.Errorf("strict: imported %+v, %v", done, err)
			}
		})
	}
}

func TestExpiredEntriesAreSkipped(t *testing.T) {
	from, to := newWorld(t), newWorld(t)
	from.fill(t, 0, 2)
	lines := strings.SplitAfter(plain(t, from.export(t)), "\n")
	past := strings.NewReplacer(time.Now().Format("2006-"), "1999-", time.Now().AddDate(1, 0, 0).Format("2006-"), "1999-")
	lines[1] = past.Replace(lines[1])
	lines[1] = strings.Replace(lines[1], `"created":"1999-`, `"created":"1998-`, 1)
	if done, want := to.take(t, []byte(strings.Join(lines, ""))), (transfer.Imported{Written: 1, Expired: 1, Vectors: 1}); done != want {
		t.Errorf("imported %+v, want %+v", done, want)
	}
}

// TestCutOff: a file that ends anywhere gives what it holds up to there, and
// says that it ends early.
func TestCutOff(t *testing.T) {
	from := newWorld(t)
	from.fill(t, 0, 30)
	file := from.export(t)
	last := 0
	for size := range len(file) {
		if size > 200 && size < len(file)-200 && size%97 != 0 {
			continue
		}
		r, err := transfer.NewReader(bytes.NewReader(file[:size]))
		if errors.Is(err, transfer.ErrNotExport) && size < 300 {
			continue // the header is cut off
		}
		if err != nil {
			t.Fatalf("%d bytes: %v", size, err)
		}
		items := 0
		for err == nil || errors.As(err, new(*transfer.LineError)) {
			if _, err = r.Next(); err == nil {
				items++
			}
		}
		if !errors.Is(err, transfer.ErrEndsEarly) || items < last || items > 30 {
			t.Fatalf("%d of %d bytes: %d items, %v", size, len(file), items, err)
		}
		last = items
	}
}

// TestDamage: whatever byte of a frame is wrong, the frames behind it are read,
// unless it is one of the three that say how long a block is. Never does
// anything get lost without a word.
func TestDamage(t *testing.T) {
	from := newWorld(t)
	from.fill(t, 0, 3)
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		t.Fatal(err)
	}
	var file []byte
	begin, end := 0, 0
	for i, line := range strings.SplitAfter(plain(t, from.export(t)), "\n")[:5] { // a frame for each line
		if i == 2 {
			begin = len(file)
		}
		if file = enc.EncodeAll([]byte(line), file); i == 2 {
			end = len(file)
		}
	}
	derailed := 0
	for at := begin; at < end; at++ {
		damaged := bytes.Clone(file)
		damaged[at] ^= 0x55
		entries, bad, err := readAll(t, damaged)
		switch {
		case errors.Is(err, transfer.ErrEndsEarly):
			derailed++
		case entries == 3 && bad == 0 && err == io.EOF: // nothing depends on the byte
		case err != io.EOF || entries != 2 || bad == 0:
			t.Fatalf("byte %d of the damaged frame: %d entries, %d gaps, %v", at-begin, entries, bad, err)
		}
	}
	if derailed > 3 {
		t.Errorf("%d bytes derail the reader", derailed)
	}
}

// readAll reads to the end and counts.
func readAll(t *testing.T, file []byte) (entries, bad int, err error) {
	t.Helper()
	r, err := transfer.NewReader(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	for {
		switch _, err := r.Next(); {
		case err == nil:
			entries++
		case errors.As(err, new(*transfer.LineError)):
			bad++
		default:
			return entries, bad, err
		}
	}
}

func TestFilesOfOthers(t *testing.T) {
	enc, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer enc.Close()
	for name, file := range map[string][]byte{
		"empty": {}, "text": []byte("hello\n"), "JSON": []byte("{}\n"), "zstd": enc.EncodeAll([]byte("hello\n"), nil),
		"other format": []byte(`{"format":"dump","version":1}`),
	} {
		if _, err := transfer.NewReader(bytes.NewReader(file)); !errors.Is(err, transfer.ErrNotExport) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestNewerVersion(t *testing.T) {
	file := `{"format":"askonce-export","version":2,"program":"v9.1.0","surprise":true}`
	var newer *transfer.NewerVersionError
	if _, err := transfer.NewReader(strings.NewReader(file)); !errors.As(err, &newer) || newer.Found != 2 || newer.Program != "v9.1.0" {
		t.Errorf("%v", err)
	}
}

// FuzzReader: no input ends in a panic or goes on for ever.
func FuzzReader(f *testing.F) {
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		f.Fatal(err)
	}
	head := `{"format":"askonce-export","version":1,"embedder":"e","dimensions":1,"vectors":"float32"}` + "\n"
	entry := `{"key":"` + strings.Repeat("1", 64) + `","tenant":"t","namespace":"n","kind":"prompt","created":"2001-01-01T00:00:00Z",` +
		`"expires":"2999-01-01T00:00:00Z","scope":"` + strings.Repeat("2", 64) + `","prompt":"p","response":"1","vector":"AACAPw=="}` + "\n"
	f.Add([]byte(head + entry + `{"end":true}`))
	f.Add(append(enc.EncodeAll([]byte(head), nil), enc.EncodeAll([]byte(entry), nil)...))
	f.Add(append(enc.EncodeAll([]byte(head), nil), 0x50, 0x2a, 0x4d, 0x18, 1, 0, 0, 0, 7))
	f.Fuzz(func(t *testing.T, file []byte) {
		r, err := transfer.NewReader(bytes.NewReader(file))
		if err != nil {
			return
		}
		for {
			item, err := r.Next()
			switch bad := (*transfer.LineError)(nil); {
			case errors.As(err, &bad):
			case err != nil:
				return
			case item.Entry == nil || item.Entry.Key.String() == strings.Repeat("0", 64):
				t.Fatal("an item without an entry")
			}
		}
	})
}
