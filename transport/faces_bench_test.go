package transport_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

// BenchmarkFaces measures what a call costs caller and node together, over a socket and without an
// engine, on each face.
func BenchmarkFaces(b *testing.B) {
	h := listen(b, hotAPI{}, &throne{}, "n1").lead()
	for _, callers := range []int{1, 256} {
		for _, face := range []client.Face{client.FaceHTTP, client.FaceHot} {
			c, err := client.New(client.Config{Addresses: []string{h.URL}, Face: face})
			if err != nil {
				b.Fatal(err)
			}
			for name, call := range map[string]func() error{
				"start": func() error {
					_, err := c.StartAndWait(b.Context(), wire.StartRequest{Type: "noop", Input: json.RawMessage("1")}, 30*time.Second)
					return err
				},
				"result": func() error {
					_, err := c.Result(b.Context(), wire.RunRef{WorkflowID: "order-17"}, 0)
					return err
				},
			} {
				b.Run(fmt.Sprintf("%s/callers=%d/face=%s", name, callers, face), func(b *testing.B) {
					jobs, done := make(chan struct{}), make(chan error, callers)
					for range callers {
						go func() {
							var first error
							for range jobs {
								if err := call(); first == nil {
									first = err
								}
							}
							done <- first
						}()
					}
					b.ReportAllocs()
					for b.Loop() {
						jobs <- struct{}{}
					}
					close(jobs)
					for range callers {
						if err := <-done; err != nil {
							b.Fatal(err)
						}
					}
				})
			}
			c.Close()
		}
	}
}
