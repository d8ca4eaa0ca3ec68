package minilm

// WordPiece: the greedy longest-match split of words into the vocabulary's ids.

// Ids of the vocabulary's special tokens.
const (
	idUnknown   = 100
	idStart     = 101
	idSeparator = 102
)

// maxWord is the longest word, in runes, that is split at all; longer ones are
// unknown.
const maxWord = 100

// tokenizer is the vocabulary: the file's sections, read in place.
type tokenizer struct {
	offsets string // uint32: where each token starts in text, and the end
	text    string
	slots   string // uint16: id + 1 by hash, 0 for none
	classes string // uint32: first rune << 2 | class of each run of runes
	longest int    // bytes of the longest token
}

func openTokenizer(r *reader) tokenizer {
	t := tokenizer{offsets: r.take(4 * (vocabSize + 1))}
	if size := uint32At(t.offsets, vocabSize); int64(size) <= int64(len(r.rest)) {
		t.text = r.take(int(size))
	}
	t.slots = r.take(2 * slotCount)
	t.classes = r.counted()
	for id := range vocabSize {
		t.longest = max(t.longest, int(uint32At(t.offsets, id+1)-uint32At(t.offsets, id)))
	}
	return t
}

// encode appends the ids of text, from [CLS] to [SEP], and reports false, as
// soon as it is known, if there are more than limit.
func (t *tokenizer) encode(ids []int32, text string, limit int) ([]int32, bool) {
	ids, ok := t.encodeMore(append(ids, idStart), text, limit-1)
	return append(ids, idSeparator), ok
}

// encodeMore appends the ids of text and reports false, as soon as it is known,
// if there are more than limit together with those before.
func (t *tokenizer) encodeMore(ids []int32, text string, limit int) ([]int32, bool) {
	e := encoder{tokenizer: t, ids: ids, limit: limit}
	e.run(text)
	return e.ids, len(e.ids) <= limit
}

// A word is what is between spaces and punctuation, cleaned; no more of it is
// kept than can matter.
type word struct {
	bytes [maxWord * 4]byte
	ends  [maxWord]int // of each rune in bytes
	runes int          // may run past maxWord
}

// addWord appends the ids of w and empties it.
func (e *encoder) addWord() {
	w := &e.word
	if w.runes == 0 {
		return
	}
	before := len(e.ids)
	if w.runes > maxWord || !e.split(w) {
		e.ids = append(e.ids[:before], idUnknown)
	}
	w.runes = 0
}

// split appends the pieces of w, longest first from the left; false means that
// some part is in no token.
func (e *encoder) split(w *word) bool {
	var hashes [maxWord]uint32
	for first, start := 0, 0; first < w.runes; {
		h := uint32(hashSeed)
		if first > 0 {
			h = hashByte(hashByte(h, '#'), '#')
		}
		last := first
		for at := start; last < w.runes && w.ends[last]-start <= e.longest; last++ {
			for ; at < w.ends[last]; at++ {
				h = hashByte(h, w.bytes[at])
			}
			hashes[last] = h
		}
		id := int32(-1)
		for last--; last >= first && id < 0; last-- {
			id = e.lookup(hashes[last], w.bytes[start:w.ends[last]], first > 0)
		}
		if id < 0 {
			return false
		}
		first = last + 2
		start = w.ends[first-1]
		e.ids = append(e.ids, id)
	}
	return true
}

// lookup finds the token with the given hash and text; one that continues a
// word has "##" before the text.
func (t *tokenizer) lookup(hash uint32, text []byte, continues bool) int32 {
	for slot := (hash>>16 ^ hash) % slotCount; ; slot = (slot + 1) % slotCount {
		id := int32(t.slots[2*slot]) | int32(t.slots[2*slot+1])<<8
		if id--; id < 0 {
			return -1
		}
		token := t.text[uint32At(t.offsets, int(id)):uint32At(t.offsets, int(id)+1)]
		if continues {
			if len(token) < 2 || token[:2] != "##" {
				continue
			}
			token = token[2:]
		}
		if token == string(text) {
			return id
		}
	}
}

const hashSeed = 0x811C9DC5

// hashByte is one step of 32-bit FNV-1a.
func hashByte(h uint32, b byte) uint32 { return (h ^ uint32(b)) * 0x01000193 }
