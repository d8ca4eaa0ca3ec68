// Words and their opposites: pairs of which a question about one is never a
// question about the other.

package guard

import (
	"slices"
	"strings"
)

// verbPairs are opposite actions, in all their regular forms.
const verbPairs = `enable disable
activate deactivate
install uninstall
subscribe unsubscribe
follow unfollow
lock unlock
block unblock
mute unmute
upgrade downgrade
upload download
import export
increase decrease
raise lower
encrypt decrypt
encode decode
compress decompress
compress extract
connect disconnect
attach detach
open close
add remove
add delete
create delete
buy sell
borrow lend
deposit withdraw
start stop
start end
begin end
show hide
accept reject
accept decline
allow forbid
allow block
approve reject
hire fire
arrive depart
push pull
gain lose
win lose
succeed fail
expand collapse
strengthen weaken
freeze unfreeze
freeze thaw
pause resume
check uncheck
select deselect
mount unmount
load unload
restore archive`

// wordPairs are opposites in one form each.
const wordPairs = `minimum maximum
min max
ascending descending
incoming outgoing
advantages disadvantages
advantage disadvantage
benefits drawbacks
benefits risks
pros cons
before after
above below
over under
login logout
best worst
cheapest priciest
highest lowest
longest shortest
largest smallest
biggest smallest
fastest slowest
oldest newest
oldest youngest
earliest latest
bought sold
won lost
sent received
legal illegal
possible impossible
safe unsafe
safe dangerous
beginner advanced
beginners advanced
landlord tenant
buyer seller
employer employee
lender borrower
teacher student
husband wife
son daughter
brother sister
singular plural
prefix suffix
left right
north south
east west
summer winter
weekday weekend
weekdays weekends
domestic international
prepaid postpaid
public private
paid free
hot cold
morning evening
synonym antonym
synonyms antonyms
vertical horizontal
vertically horizontally
online offline
male female`

// areOpposites refuses where one text has a word and the other its opposite,
// and neither has both.
func areOpposites(a, b *Text) bool {
	for i := range a.tokens {
		if !a.is(i, opposite) {
			continue
		}
		for _, other := range opposites[a.tokens[i].word] {
			if b.has(other) && !a.has(other) && !slices.ContainsFunc(opposites[other], b.has) {
				return true
			}
		}
	}
	return false
}

// opposites are those of each word, in every form.
var opposites = pairUp()

func pairUp() map[string][]string {
	all := make(map[string][]string)
	add := func(a, b string) { all[a], all[b] = append(all[a], b), append(all[b], a) }
	for line := range strings.SplitSeq(verbPairs, "\n") {
		one, other, _ := strings.Cut(line, " ")
		for _, x := range forms(one) {
			for _, y := range forms(other) {
				add(x, y)
			}
		}
	}
	for line := range strings.SplitSeq(wordPairs, "\n") {
		one, other, _ := strings.Cut(line, " ")
		add(one, other)
	}
	return all
}

// forms are a regular verb's: stop, stops, stopped, stopping.
func forms(verb string) []string {
	stem := strings.TrimSuffix(verb, "e")
	switch verb {
	case "stop", "win":
		stem += verb[len(verb)-1:]
	}
	s := verb + "s"
	if strings.HasSuffix(verb, "ch") || strings.HasSuffix(verb, "ss") || strings.HasSuffix(verb, "sh") {
		s = verb + "es"
	}
	return []string{verb, s, stem + "ed", stem + "ing"}
}
