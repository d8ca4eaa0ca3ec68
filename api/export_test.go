package api

import "strings"

// Routes are the methods and paths that a server treats in a way of its own,
// as the document writes them.
func Routes(s *Server) []string {
	var found []string
	for _, table := range [][]route{s.own(), s.providers()} {
		for _, rt := range table {
			path := strings.ReplaceAll(rt.path, ":id", "{id}")
			found = append(found, rt.method+" "+strings.ReplaceAll(path, "/*", "/{id}"))
		}
	}
	return found
}
