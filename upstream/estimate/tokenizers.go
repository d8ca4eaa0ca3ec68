// The tokenizers of model families, loaded when they are first needed.

package estimate

import (
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/pkoukk/tiktoken-go"
	loader "github.com/pkoukk/tiktoken-go-loader"
)

// families are the models whose tokenizer is not the newest one. Models of
// other makers are counted with the newest too: their own are not public.
var families = [...]struct{ prefix, encoding string }{
	{"gpt-4o", newest}, {"gpt-4.1", newest}, {"gpt-4.5", newest},
	{"gpt-4", older}, {"gpt-3.5", older}, {"gpt-35", older}, {"text-embedding-", older},
}

const newest, older = "o200k_base", "cl100k_base"

// encodingOf is the name of a model's tokenizer.
func encodingOf(model string) string {
	for _, f := range families {
		if strings.HasPrefix(model, f.prefix) {
			return f.encoding
		}
	}
	return newest
}

// tokenizers loads tables in the background, each at most once.
type tokenizers struct {
	log     *slog.Logger
	byName  map[string]*table // fixed; the tables fill
	loading sync.WaitGroup
}

type table struct {
	load  sync.Once
	count atomic.Pointer[tokenizer]
}

func newTokenizers(log *slog.Logger) *tokenizers {
	t := &tokenizers{log: log, byName: make(map[string]*table)}
	for _, name := range []string{newest, older} {
		t.byName[name] = new(table)
	}
	return t
}

// offline has the library read its tables from this program. That is a setting
// of the whole process.
var offline = sync.OnceFunc(func() { tiktoken.SetBpeLoader(loader.NewOfflineLoader()) })

// of is a model's tokenizer; nil until it is loaded, which this begins.
func (t *tokenizers) of(model string) tokenizer {
	name := encodingOf(model)
	table := t.byName[name]
	if count := table.count.Load(); count != nil {
		return *count
	}
	table.load.Do(func() { t.loading.Go(func() { t.fill(table, name) }) })
	return nil
}

func (t *tokenizers) fill(table *table, name string) {
	offline()
	encoding, err := tiktoken.GetEncoding(name)
	if err != nil {
		t.log.Error("tokenizer cannot be loaded; tokens are estimated by bytes", "encoding", name, "error", err)
		return
	}
	count := tokenizer(func(text string) int { return len(encoding.EncodeOrdinary(text)) })
	table.count.Store(&count)
}
