// Package serve puts a model behind HTTP with the request and answer shapes of Hugging Face's inference API.
//
//	package main
//
//	import (
//		"log"
//		"net/http"
//
//		"gosft/sftlib/bert"
//		"gosft/sftlib/serve"
//	)
//
//	func main() {
//		model, err := bert.Load("results/best")
//		if err != nil {
//			log.Fatal(err)
//		}
//		log.Fatal(http.ListenAndServe("localhost:8080", serve.Handler(model)))
//	}
//
// Then
//
//	curl localhost:8080 -d '{"inputs": "a lovely film"}'
//	[[{"label":"positive","score":0.98},{"label":"negative","score":0.02}]]
//
// inputs is a text, a pair {"text": ..., "text_pair": ...}, or a list of these; the answer has for each of them a list of labels
// with their scores, best first. parameters may hold top_k, function_to_apply (softmax, sigmoid, none), truncation and
// max_length. Mistakes answer 4xx with {"error": ...}.
//
// Requests that arrive together are computed together. A service refuses what it could not bear: bodies, lists and texts over
// a size, more requests than a number at once (503), requests that take longer than a time (504). GET /health says whether it
// takes requests (503 while the model is loaded and while the service stops), GET /metrics is for Prometheus. [Run] is the
// whole server with a graceful stop, as `gosft serve` starts it.
package serve
