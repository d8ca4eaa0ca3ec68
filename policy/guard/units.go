// Units of measure and currencies.

package guard

import (
	"strings"
	"unicode/utf8"
)

// dimension is what a unit measures.
type dimension uint8

const (
	_ dimension = iota
	ofTime
	ofLength
	ofMass
	ofVolume
	ofBytes
	ofBitRate
	ofSpeed
	ofPower
	ofEnergy
	ofFrequency
	ofVoltage
	ofAmperage
	ofTemperature
	ofShare
	inUSD
	inEUR
	inGBP
	inJPY
	inINR
	inCNY
	inCAD
	inAUD
	inCHF
)

// A unit is so many of its dimension's base unit.
type unit struct {
	dimension dimension
	factor    float64
}

var noUnit unit

// base converts to the base unit: kelvins for temperatures.
func (u unit) base(n float64) float64 {
	switch u {
	case celsius:
		return n + 273.15
	case fahrenheit:
		return (n-32)/1.8 + 273.15
	}
	return n * u.factor
}

// mayBe reports whether two units of different dimensions may be meant alike:
// "pounds" are weight or money.
func (u unit) mayBe(other unit) bool {
	return u == pound && other.dimension == inGBP || other == pound && u.dimension == inGBP
}

var (
	celsius    = unit{ofTemperature, 1}
	fahrenheit = unit{ofTemperature, 2}
	pound      = unit{ofMass, 453.6}
)

// unitTable lists words for units: the dimension's, then factor and words in
// turns.
var unitTable = []struct {
	dimension dimension
	factor    float64
	words     string
}{
	{ofTime, 0.001, "ms millisecond milliseconds"}, {ofTime, 1, "sec secs second seconds"}, {ofTime, 60, "min mins minute minutes"},
	{ofTime, 3600, "h hr hrs hour hours"}, {ofTime, 86400, "day days"}, {ofTime, 7 * 86400, "week weeks wk wks"},
	{ofTime, 30 * 86400, "month months"}, {ofTime, 365 * 86400, "year years yr yrs"}, {ofTime, 3650 * 86400, "decade decades"},
	{ofLength, 0.001, "mm millimeter millimeters millimetre millimetres"}, {ofLength, 0.01, "cm cms centimeter centimeters centimetre centimetres"},
	{ofLength, 1, "meter meters metre metres"}, {ofLength, 1000, "km kms kilometer kilometers kilometre kilometres"},
	{ofLength, 0.0254, "inch inches"}, {ofLength, 0.3048, "ft foot feet"}, {ofLength, 0.9144, "yd yard yards"}, {ofLength, 1609.34, "mi mile miles"},
	{ofMass, 1e-6, "mcg microgram micrograms"}, {ofMass, 0.001, "mg milligram milligrams"}, {ofMass, 1, "gram grams gm gms"},
	{ofMass, 1000, "kg kgs kilo kilos kilogram kilograms"}, {ofMass, 28.35, "oz ounce ounces"}, {ofMass, 453.6, "lb lbs pound pounds"},
	{ofMass, 1e6, "ton tons tonne tonnes"},
	{ofVolume, 0.001, "ml milliliter milliliters millilitre millilitres"}, {ofVolume, 1, "liter liters litre litres"},
	{ofVolume, 3.785, "gallon gallons gal"}, {ofVolume, 0.946, "quart quarts"}, {ofVolume, 0.473, "pint pints"}, {ofVolume, 0.237, "cup cups"},
	{ofVolume, 0.0148, "tbsp tablespoon tablespoons"}, {ofVolume, 0.00493, "tsp teaspoon teaspoons"},
	{ofBytes, 1, "byte bytes"}, {ofBytes, 1e3, "kb kib kilobyte kilobytes"}, {ofBytes, 1e6, "mb mib megabyte megabytes"},
	{ofBytes, 1e9, "gb gib gigabyte gigabytes gigs"}, {ofBytes, 1e12, "tb tib terabyte terabytes"}, {ofBytes, 1e15, "pb petabyte petabytes"},
	{ofBitRate, 1e3, "kbps"}, {ofBitRate, 1e6, "mbps"}, {ofBitRate, 1e9, "gbps"},
	{ofSpeed, 0.447, "mph"}, {ofSpeed, 0.2778, "kmh kph"},
	{ofPower, 1, "watt watts"}, {ofPower, 1e3, "kw kilowatt kilowatts"}, {ofPower, 1e6, "mw megawatt megawatts"}, {ofEnergy, 1e3, "kwh"}, {ofEnergy, 1, "wh"},
	{ofFrequency, 1, "hz hertz"}, {ofFrequency, 1e3, "khz"}, {ofFrequency, 1e6, "mhz"}, {ofFrequency, 1e9, "ghz"},
	{ofVoltage, 1, "volt volts"}, {ofAmperage, 1, "amp amps ampere amperes"}, {ofAmperage, 0.001, "ma milliamp milliamps"},
	{ofTemperature, 1, "celsius centigrade"}, {ofTemperature, 2, "fahrenheit"}, {ofShare, 1, "percent pct"},
	{inUSD, 1, "usd dollar dollars buck bucks"}, {inEUR, 1, "eur euro euros"}, {inGBP, 1, "gbp quid"}, {inJPY, 1, "jpy yen"},
	{inINR, 1, "inr rs rupee rupees"}, {inCNY, 1, "cny rmb yuan"}, {inCAD, 1, "cad"}, {inAUD, 1, "aud"}, {inCHF, 1, "chf franken"},
}

// units are those of each word, behind a space or at once behind the digits.
// Letters that mean several things ("5m", "5G", "1990s") are not among them.
var units = wordUnits()

func wordUnits() map[string]unit {
	all := make(map[string]unit)
	for _, row := range unitTable {
		for word := range strings.FieldsSeq(row.words) {
			all[word] = unit{row.dimension, row.factor}
		}
	}
	return all
}

// signs are those of units and currencies.
var signs = map[rune]unit{'%': {ofShare, 1}, '$': {inUSD, 1}, '€': {inEUR, 1}, '£': {inGBP, 1}, '¥': {inJPY, 1}, '₹': {inINR, 1}}

// dollars are the letters in front of a dollar sign.
var dollars = map[string]unit{"c": {inCAD, 1}, "ca": {inCAD, 1}, "a": {inAUD, 1}, "au": {inAUD, 1}}

// currency is the currency in front of a number: "$5", "USD 5", "Rs. 5", "C$5".
func (t *Text) currency(at int) unit {
	gap := strings.TrimSpace(t.gap(at))
	if gap == "" || gap == "." {
		return units[t.word(at-1)].ifMoney()
	}
	sign, _ := utf8.DecodeLastRuneInString(gap)
	if u, ok := dollars[t.word(at-1)]; ok && t.gap(at) == "$" {
		return u
	}
	return signs[sign].ifMoney()
}

func (u unit) ifMoney() unit {
	if u.dimension < inUSD {
		return noUnit
	}
	return u
}
