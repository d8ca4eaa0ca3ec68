// The lexicon: what the guards know of single words, looked up once a word.

package guard

import "strings"

// class is a set of what a word may be.
type class uint64

const (
	filler         class = 1 << iota // says little of what a question is about
	determiner                       // stands in front of a noun
	negator                          // denies
	idle                             // "not" before it denies nothing that is asked about: "I do not know how to", "not only"
	hedge                            // denies as well, or means the lack of something
	turning                          // begins a clause of its own
	slip                             // interrupts a sentence
	aroundNo                         // follows or precedes "no" where that takes something back
	excuse                           // follows "sorry" where that takes nothing back
	beforeMonth                      // stands in front of months
	opposite                         // has an opposite
	quantity                         // begins or belongs to a number, date or time
	memberWord                       // names a thing of a kind
	beforeLanguage                   // stands in front of the language of an answer
	inEnglish
	inSpanish
	inFrench
	inGerman
	inItalian
	inPortuguese
	inDutch
	constrains    // begins a constraint
	present       // may mean the present
	beforeCurrent // stands in front of "current" where that is no time
	afterCurrent  // behind it
	phrasalVerb   // makes up a term with a particle: turn on
	particle      // of such a verb
	memberHead    // begins such a name of several words
	figures       // has digits
)

// lists are the words of each class.
var lists = map[class]string{
	filler: "a an the i i'm me my mine we our you your it its is are was were be been am do does did can could should would will shall may might must " +
		"have has had to of in on at for from with by and or if then than that this these those there here so as how what when where which who why " +
		"please tell just about into onto any some get got want need like",
	determiner: "a an the my your our his her their its this that",
	negator: "not never without cannot cant dont doesnt didnt isnt wasnt wont couldnt shouldnt wouldnt arent havent hasnt neither nor none nobody nothing " +
		"except excluding non",
	idle: "only just sure know understand remember mind necessarily certain",
	hedge: "unable fail fails failed failing failure impossible refuse refuses refused decline declined declining lack lacks lacking missing absent absence " +
		"avoid avoiding prevent prevents prevented preventing stop stops stopped stopping hardly barely rarely unless instead besides rather against silent " +
		"bald zero unavailable",
	slip:           "no or wait oh oops whoops sorry um uh er erm nope",
	aroundNo:       "wait sorry actually rather hold scratch strike make change cancel forget instead not no oops whoops oh um uh er erm thanks thank let nope correction",
	turning:        "but because since although though whereas so when while",
	excuse:         "for about to if but i i'm that we my",
	beforeMonth:    "in of since by until till last next early late mid during",
	beforeLanguage: "in into to",
	constrains:     "for as in at than or under below within over above briefly free",
	inEnglish:      "the is are of and to for how what why which can do does i my with on it you that was",
	inSpanish:      "el los las es de del y para cómo como qué que por una un con mi se cuál cuáles puedo está",
	inFrench:       "le les est des et pour comment pourquoi que quel quelle une un avec mon je du dans sur puis sont où",
	inGerman:       "der das ist und für wie warum welche ein eine mit mein ich auf dem den zu kann nicht im sind wo",
	inItalian:      "il gli è di e per come perché che quale una un con mio del della posso sono dove si",
	inPortuguese:   "os é de e para como por que qual uma um com meu do da posso são onde no na eu",
	inDutch:        "het is van en voor hoe waarom welke een met mijn ik op te kan niet zijn waar de",
	quantity:       "half",
	present:        "now current currently latest nowadays newest moment far price prices rate rates days night morning evening afternoon weather forecast",
	beforeCurrent:  "electric electrical alternating direct eddy ocean water air ac dc",
	afterCurrent:   "account accounts asset assets liability liabilities ratio density flow flows",
	particle:       "on off in out up down back",
}

var lexicon = classify()

func classify() map[string]class {
	all := make(map[string]class)
	for c, list := range lists {
		for word := range strings.FieldsSeq(list) {
			all[word] |= c
		}
	}
	mark(all, quantity, numerals)
	mark(all, quantity, months)
	mark(all, quantity, named)
	mark(all, quantity, turns)
	mark(all, opposite, opposites)
	mark(all, constrains, mentioned)
	mark(all, phrasalVerb, phrasal)
	mark(all, memberWord, members)
	mark(all, memberHead, heads(members))
	return all
}

func mark[V any](all map[string]class, c class, words map[string]V) {
	for word := range words {
		all[word] |= c
	}
}

// is reports whether the word at a place is of a class.
func (t *Text) is(at int, c class) bool {
	return at >= 0 && at < len(t.tokens) && t.tokens[at].class&c != 0
}
