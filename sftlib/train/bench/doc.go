// Command bench trains from CSV to accuracy with this library and with Hugging Face's Trainer, the same arguments, texts,
// model and cores, one after the other in turns, and prints their times and accuracies with ratios. It ends with
// "N passed, N failed" over its targets: at most 0.65 of the Trainer's time and 0.6 of its evaluation's, no slower than the
// Trainer with group_by_length, and (with at least three seeds) a mean accuracy within one standard deviation of it.
//
//	go run ./sftlib/train/bench -data sst2,banking77 -epochs 1,3 -seeds 3
//	go run ./sftlib/train/bench -data sst2 -steps 50 -seeds 1        # a look in some minutes
//
// Each training is a process of its own. Time counts from the start of main (in Python: after the imports) to the accuracy:
// reading, tokenising and compiling are in it. It needs .venv (make setup), .venv-test (make setup-test) and the shared data.
package main
