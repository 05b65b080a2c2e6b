// Corpus is the workflows of ../starlark, in Go. They ask for the same in every history.
package main

import (
	"errors"

	"aion.dev/aion/sdk/go/workflow"
)

// number is the input and the output of the activity work.
type number struct {
	N int `json:"n"`
}

// kind returns the kind of an error, null if there is none.
func kind(err error) *string {
	if err == nil {
		return nil
	}
	k := workflow.Kind(err)
	return &k
}

// message returns what an error says without its kind.
func message(err error) string {
	if e := (*workflow.Error)(nil); errors.As(err, &e) {
		return e.Message
	}
	return err.Error()
}

func main() {
	workflow.Register("mail", mail)
	workflow.Register("waits", waits)
	workflow.Register("family", family)
	workflow.Register("kid", kid)
	workflow.Register("draws", draws)
	workflow.Register("shop", shop)
	workflow.Register("cleanup", cleanup)
	workflow.Register("retries", retries)
}
