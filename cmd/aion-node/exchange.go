package main

import (
	"context"
	"io"

	"aion.dev/aion/transport/client"
	"github.com/spf13/cobra"
)

// exchange makes one call and prints its answer: as the one JSON document, or as people prints it.
func exchange[A any](a *app, cmd *cobra.Command, call func(context.Context, *client.Client) (*A, error), people func(io.Writer, *A)) error {
	c, err := a.connect()
	if err != nil {
		return err
	}
	defer c.Close()
	answer, err := call(cmd.Context(), c)
	if err != nil {
		return err
	}
	return a.answer(answer, func(w io.Writer) { people(w, answer) })
}
