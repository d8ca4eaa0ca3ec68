// The workload: one 2 KB chat request in several variations, and the 2 KB
// answer to all of them.

package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"

	"github.com/askonce/askonce/bench/load"
)

const (
	documentBytes = 2048 // of the request's body and of the answer's
	questionBytes = 96   // of the last user turn, blanks at its end included
	questionWords = 12
	blankBytes    = 48 // of white space that tells varied requests apart
)

const (
	questionMark = "{question}"
	fillMark     = "{fill}"
)

// members are those of the request; their order does not matter to its meaning.
var members = []string{
	`"model":"gpt-4o"`,
	`"messages":[{"role":"system","content":"` + fillMark + `"},` +
		`{"role":"user","content":"Hello, I would like to ask you something about my account."},` +
		`{"role":"assistant","content":"Of course. What would you like to know?"},` +
		`{"role":"user","content":"` + questionMark + `"}]`,
	`"temperature":0.2`,
	`"max_tokens":512`,
	`"top_p":1`,
	`"stream":false`,
}

const answerFrame = `{"id":"chatcmpl-bench0001","object":"chat.completion","created":1760000000,"model":"gpt-4o","choices":` +
	`[{"index":0,"message":{"role":"assistant","content":"` + fillMark + `"},"logprobs":null,"finish_reason":"stop"}],` +
	`"usage":{"prompt_tokens":420,"completion_tokens":310,"total_tokens":730}}`

// answerBody is what the provider answers to everything.
func answerBody() []byte { return fit(answerFrame, 1) }

// fit puts so many words in the frame that it is documentBytes long.
func fit(frame string, seed uint64) []byte {
	room := documentBytes - (len(frame) - len(fillMark))
	return []byte(strings.Replace(frame, fillMark, prose(seed, room), 1))
}

// blanks is the white space between the first brace and the first member of
// every request; the varied ones change it.
var blanks = strings.Repeat(" ", blankBytes)

// requestBody is the request with its members in an order of choice.
func requestBody(order []int, question string) []byte {
	parts := make([]string, len(order))
	for i, member := range order {
		parts[i] = members[member]
	}
	frame := "{" + blanks + strings.Join(parts, ",") + "}"
	frame = strings.Replace(frame, questionMark, padded(question), 1)
	return fit(frame, 2)
}

// written is the order of the members as an SDK would send them.
var written = []int{0, 1, 2, 3, 4, 5}

// padded brings a question to its fixed length.
func padded(question string) string {
	return fmt.Sprintf("%-*s", questionBytes, question)
}

// firstNew is the serial of the first new question; those below are known ones.
const firstNew = 1 << 20

// workload makes the requests of all runs of one bench against one server.
// Every request that should be new is new in all of them.
type workload struct {
	addr   string // of the server
	mode   string // of the cache: exact or semantic; "" says nothing of it
	serial *atomic.Uint64
}

// message makes a whole HTTP request of a body.
func (w workload) message(body []byte) []byte {
	return w.post("/v1/chat/completions", body)
}

func (w workload) post(path string, body []byte) []byte {
	m := fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer sk-bench\r\n"+
		"Content-Type: application/json\r\nAccept: application/json\r\nUser-Agent: askonce-bench\r\n", path, w.addr)
	if w.mode != "" {
		m = fmt.Appendf(m, "Askonce-Mode: %s\r\n", w.mode)
	}
	return fmt.Appendf(m, "Content-Length: %d\r\n\r\n%s", len(body), body)
}

// at returns the same workload against another server.
func (w workload) at(addr string) workload {
	w.addr = addr
	return w
}

// same asks one question in the same bytes again and again.
func (w workload) same(int) load.Source {
	request := w.message(requestBody(written, question(0)))
	return func() []byte { return request }
}

// varied asks the same question in bytes that were not there before: in turn
// with another order of the members, and always with other white space.
func (w workload) varied(int) load.Source {
	const orders = 24
	var requests, white [orders][]byte
	for i := range requests {
		order := rand.New(rand.NewPCG(uint64(i), 0)).Perm(len(members))
		requests[i] = w.message(requestBody(order, question(0)))
		white[i] = slot(requests[i], blanks)
	}
	return func() []byte {
		n := w.serial.Add(1)
		i := n % orders
		for bit := range white[i] {
			white[i][bit] = " \n"[n>>bit&1]
		}
		return requests[i]
	}
}

// fresh asks a new question every time.
func (w workload) fresh(int) load.Source {
	return w.newQuestions(w.message(requestBody(written, questionMark)))
}

// stored brings the answer to a new question every time.
func (w workload) stored(int) load.Source {
	body := fmt.Appendf(nil, `{"request":%s,"response":%s}`, requestBody(written, questionMark), answerBody())
	return w.newQuestions(w.post("/v1/cache/store", body))
}

func (w workload) newQuestions(request []byte) load.Source {
	text := slot(request, padded(questionMark))
	return func() []byte {
		putQuestion(text, w.serial.Add(1))
		return request
	}
}

// recased asks one of the first known questions with other capitals each time:
// another request to the exact layer, the same text to an uncased embedder.
func (w workload) recased(known uint64) func(int) load.Source {
	return func(int) load.Source { return w.recasedIn(w.message(requestBody(written, questionMark)), known) }
}

// lookedUp asks the same of the cache's own API.
func (w workload) lookedUp(known uint64) load.Source {
	body := fmt.Appendf(nil, `{"request":%s}`, requestBody(written, questionMark))
	return w.recasedIn(w.post("/v1/cache/lookup", body), known)
}

func (w workload) recasedIn(request []byte, known uint64) load.Source {
	text := slot(request, padded(questionMark))
	return func() []byte {
		n := w.serial.Add(1)
		putQuestion(text, n%known)
		capitalise(text, n/known+1)
		return request
	}
}

// slot finds the place of a text in a request.
func slot(request []byte, text string) []byte {
	at := bytes.Index(request, []byte(text))
	return request[at : at+len(text)]
}

// question is the nth question: words that make no sense together, so that no
// two questions are near each other.
func question(n uint64) string {
	text := make([]byte, questionBytes)
	putQuestion(text, n)
	return strings.TrimSpace(string(text))
}

func putQuestion(dst []byte, n uint64) {
	rest := dst
	random := mix(n)
	for i := range questionWords {
		if i == questionWords/2 {
			random = mix(random)
		}
		rest = rest[copy(rest, words[random%uint64(len(words))]):]
		rest[0] = ' '
		rest = rest[1:]
		random /= uint64(len(words))
	}
	for i := range rest {
		rest[i] = ' '
	}
}

// capitalise changes the case of the letters whose bit is set in pattern.
func capitalise(text []byte, pattern uint64) {
	for i := 0; i < len(text) && pattern != 0; i++ {
		if text[i] == ' ' {
			continue
		}
		if pattern&1 == 1 {
			text[i] ^= 'a' - 'A'
		}
		pattern >>= 1
	}
}

// mix scatters a number over 64 bits (the finaliser of splitmix64).
func mix(n uint64) uint64 {
	n += 0x9e3779b97f4a7c15
	n = (n ^ n>>30) * 0xbf58476d1ce4e5b9
	n = (n ^ n>>27) * 0x94d049bb133111eb
	return n ^ n>>31
}
