// The words that all texts of the workload are made of.

package main

import (
	"math/rand/v2"
	"strconv"
	"strings"
)

// prose is length bytes of words in sentences, so that compression finds about
// as much to do as in an answer.
func prose(seed uint64, length int) string {
	var text strings.Builder
	random := rand.New(rand.NewPCG(seed, 0))
	for text.Len() < length {
		for range 6 + random.IntN(9) {
			text.WriteString(words[random.IntN(len(words))])
			text.WriteByte(' ')
		}
		text.WriteString(strconv.Itoa(random.IntN(1000)))
		text.WriteString(". ")
	}
	return text.String()[:length]
}

// words are short, common and lower case, at most seven letters each: a
// question of twelve fits its place.
var words = strings.Fields(`
about above account actor after again agent air alarm album alert allow amber angle animal answer apple april arch area
arm army arrow atlas attic aunt autumn badge bag bake ball banana band bank barn basket battery beach bear bed bell
bench berry bike bird birth black block blue board boat body bonus book boot border bottle bowl box branch bread brick
bridge brush bucket budget build bus butter button cable cake camera camp candle canoe card carpet castle cat cell
chain chair chalk cheese cherry chess chicken circle city class clay client climate clinic clock cloud coast coat code
coffee coin color comet cook copper corn cotton cousin cow crane cream credit crew cross crown cup curtain dance data
deer delay desert desk device diary dinner doctor dog dollar door dragon dream dress drum duck eagle earth egg elbow
engine error evening export fabric farm feather fence ferry field film finger fire fish flag flower fog forest fork
fox frame friend frog fruit game garden gate ghost giraffe glass glove goat gold grain grape grass guitar hammer harbor
hat heart helmet hill honey horse hotel ice import insect island jacket jar jungle key king kitchen knee knife ladder
lake lamp leaf lemon letter library lion lunch magnet map market meadow metal milk mirror money moon mother mouse music
nail needle nest night north nurse ocean office olive onion orange oven owl paint palace paper parcel parrot path
peach pencil pepper piano picture pillow pilot planet plate pocket pond potato printer queen rabbit radio rain refund
ribbon rice river road robot roof rope rose salad salt sand school scissor sea season seed server sheep ship shirt
shoe shop silver sister smoke snail snow soap sock soup south spider spoon spring square stamp star station stone
storm street sugar summer sun table tax tea teacher ticket tiger tomato tooth tower town train tree truck turtle uncle
valley velvet village violin wagon wall water whale wheat wheel window winter wolf wood wool yard zebra
`)
