// Package session is a notebook's session without sockets: the queue of cells, their numbers, what each of them shows,
// history, commands and help. It hands a cell's text to an Engine and what comes back to a Frontend, and knows neither
// how a cell is built nor how a message travels. kernel/jupyter puts it on Jupyter's five sockets; `gosft run` uses it
// in process.
//
// A complete program that runs one cell and prints what it shows:
//
//	package main
//
//	import (
//		"context"
//		"fmt"
//
//		"gosft/kernel/session"
//		"gosft/kernel/session/fake"
//	)
//
//	type printer struct{}
//
//	func (printer) Publish(_ session.Origin, m session.Message) { fmt.Println(m.Type, m.Content) }
//	func (printer) Input(context.Context, session.Origin, string, bool) (string, error) {
//		return "", session.ErrNoInput
//	}
//
//	func main() {
//		s, err := session.New(session.Config{Engine: fake.New(), Frontend: printer{}})
//		if err != nil {
//			panic(err)
//		}
//		defer s.Close()
//		reply := s.Execute(nil, session.ExecuteRequest{Code: `print hello`, StoreHistory: true})
//		fmt.Println(reply.Status, reply.ExecutionCount)
//	}
package session
