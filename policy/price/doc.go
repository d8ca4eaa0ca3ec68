// Package price says what tokens cost at their providers: a table of published
// prices by model, each with its source and date (prices.yaml), which a
// configuration overrides, and the arithmetic of one call. It is pure.
//
// A model that the table does not know has no price, and so has a prompt that is
// longer than its prices hold for. Neither is guessed: whoever counts dollars
// counts the tokens of such calls apart.
package price
