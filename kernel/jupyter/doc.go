// Package jupyter speaks Jupyter's messaging protocol 5.5: signed frames on five ZeroMQ sockets become requests to a
// session.Session, and what the session shows is published. It knows nothing of Go or of how cells run.
//
// A message that is forged, seen before, malformed, truncated or too large is dropped and logged; none of them, and no
// peer's behaviour on the wire, ends the kernel or holds up another client.
//
// A complete program, a kernel that runs the test engine's little language:
//
//	package main
//
//	import (
//		"context"
//		"log"
//		"os"
//
//		"gosft/kernel/jupyter"
//		"gosft/kernel/session"
//		"gosft/kernel/session/fake"
//	)
//
//	func main() {
//		conn, err := jupyter.ReadConnection(os.Args[1])
//		if err != nil {
//			log.Fatal(err)
//		}
//		k, err := jupyter.Listen(conn, jupyter.Config{})
//		if err != nil {
//			log.Fatal(err)
//		}
//		s, err := session.New(session.Config{Engine: fake.New(), Frontend: k})
//		if err != nil {
//			log.Fatal(err)
//		}
//		if err := k.Serve(context.Background(), s); err != nil {
//			log.Fatal(err)
//		}
//	}
package jupyter
