// /v1/feedback: what callers say of answers, and the labels that come of it.

package api

import (
	"net/http"

	"github.com/askonce/askonce/cache"
	"github.com/askonce/askonce/policy"
)

type feedbackBody struct {
	Entry   *string `json:"entry"`
	Request *string `json:"request"`
	Prompt  *string `json:"prompt"`

	Namespace *string `json:"namespace"` // of the label, where the answer is gone

	Verdict *string `json:"verdict"` // right or wrong
	Unknown unknown `json:",embed"`
}

type feedbackAnswer struct {
	Namespace  string `json:"namespace"`
	Evicted    bool   `json:"evicted"`
	Remembered bool   `json:"remembered"`
	Labelled   bool   `json:"labelled"`
}

// feedback answers POST /v1/feedback.
func (s *Server) feedback(w http.ResponseWriter, r *http.Request, x *exchange) error {
	var asked feedbackBody
	if err := readInto(s, r, &asked, &asked.Unknown); err != nil {
		return err
	}
	said, problems := asked.read()
	namespace, more := s.namespaceOf(asked.Namespace)
	said.Namespace, problems = namespace, append(problems, more...)
	if len(problems) > 0 {
		return badBody(problems...)
	}
	said.Tenant, said.By = x.caller.tenant, x.caller.name()
	done, err := s.opts.Cache.Feedback(r.Context(), said)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, feedbackAnswer(done))
}

func (b *feedbackBody) read() (cache.Feedback, []detail) {
	var said cache.Feedback
	var problems []detail
	id := func(name string, text *string, into *cache.Key) {
		if text == nil {
			return
		}
		key, err := cache.ParseKey(*text)
		if err != nil {
			problems = append(problems, detail{name, err.Error()})
		}
		*into = key
	}
	if b.Entry == nil {
		problems = append(problems, detail{"entry", "is missing; it is the id in Askonce-Entry"})
	}
	id("entry", b.Entry, &said.Entry)
	id("request", b.Request, &said.Request)
	if b.Prompt != nil {
		said.Asked = *b.Prompt
	}
	if b.Verdict == nil || *b.Verdict != "right" && *b.Verdict != "wrong" {
		problems = append(problems, detail{"verdict", "is right or wrong"})
	} else {
		said.Right = *b.Verdict == "right"
	}
	return said, problems
}

// mostLabels is how many labels are listed at a time.
const mostLabels = 1000

// labels answers GET /v1/feedback: the latest labels of a namespace.
func (s *Server) labels(w http.ResponseWriter, r *http.Request, x *exchange) error {
	namespace := r.URL.Query().Get("namespace")
	if namespace == "" {
		namespace = s.opts.DefaultNamespace
	}
	if err := policy.Namespace(namespace); err != nil {
		return badParameter("namespace", err)
	}
	list, err := s.opts.Cache.Labels(r.Context(), x.caller.tenant, namespace)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, map[string]any{
		"namespace": namespace, "total": len(list), "labels": list[:min(len(list), mostLabels)],
	})
}
