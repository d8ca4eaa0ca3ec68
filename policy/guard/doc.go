// Package guard refuses a stored question that is near a new one and asks
// something else: other numbers, the opposite action, another name. Embedders
// see little of such differences.
//
// Guards are pure rules over two texts. [Read] takes a text apart once;
// [Compare] returns the guards of a set that refuse a pair. Each guard has a
// name, for receipts, metrics and the configuration, and can be switched off.
// They are precise before they are broad: a guard that is not sure lets pass.
//
// What they know of words is English. Numbers, dates in figures, quoted text,
// code, names and scripts are read in any language; small words tell six more
// languages apart.
package guard
