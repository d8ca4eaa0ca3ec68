// The description of the API, and how its JSON answers are written.

package api

import (
	_ "embed"
	"fmt"
	"net/http"

	"github.com/go-json-experiment/json"
)

//go:embed openapi.yaml
var openapiDocument []byte

func (s *Server) openapi(w http.ResponseWriter, _ *http.Request, _ *exchange) error {
	writeBytes(w, http.StatusOK, []string{"application/yaml"}, openapiDocument)
	return nil
}

// writeJSON answers with a document of our own.
func writeJSON(w http.ResponseWriter, status int, document any) error {
	body, err := json.Marshal(document, json.Deterministic(true))
	if err != nil {
		return fmt.Errorf("write %T: %w", document, err)
	}
	writeBytes(w, status, jsonContent, body)
	return nil
}
