// Package importtest holds the rules by which the packages of askonce import
// each other, as a test: one subtest for each rule, failing with its name and
// with every import that breaks it.
//
// The rules look at what goes into the program for every platform that the
// repository has files for, so a file behind a build constraint cannot slip
// past. Test files may import more, but never package main of cmd.
package importtest
