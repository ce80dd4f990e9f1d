// Command bench trains from CSV to accuracy with this library and with Hugging Face's Trainer, the same arguments, texts,
// model and processor, one after the other in turns, and prints their times and accuracies with ratios. It ends with
// "N passed, N failed, N not measured" over its targets: at most 0.65 of the Trainer's time and 0.6 of its evaluation's and
// prediction's, no slower than the Trainer with group_by_length, and (with at least three seeds) a mean accuracy that is not
// more than one standard deviation below the Trainer's. A Python, a plugin or a folder that is missing is an error.
//
//	go run ./sftlib/train/bench -data sst2,banking77 -epochs 1,3 -seeds 3
//	go run ./sftlib/train/bench -data sst2 -steps 50 -seeds 1        # a look in some minutes
//
// Between equal trainings one comparison over three seeds in six has a mean that lies more than a deviation lower; over six seeds it
// is one in fourteen. TestEpochBesideTrainer in sftlib/train compares without luck: with the same batches and dropout masks.
//
// All sides begin with the same model, new head included, one for each seed: after an epoch of banking77 one head leads to an
// accuracy of 0.43 and another to 0.48, on either side. Each training is a process of its own. Time counts from the start of
// main (in Python: after the imports) to the accuracy: reading, tokenising and compiling are in it. It needs .venv (make setup),
// .venv-test (make setup-test) and the shared data, or the flags that say where these are. On another machine, such as one with
// a GPU, it runs without the tree and without Go:
//
//	go build -tags noduckdb -ldflags '-s -w' -o fit ./sftlib/train/bench
//	./fit -backend cuda -python python3 -shared shared -model all-MiniLM-L6-v2 -data sst2 -seeds 3
//
// With -tags noduckdb Go's own reader reads the CSV files and the program is a fifth of the size. Where this library computes
// on the GPU (-backend, GOMLX_BACKEND or the best of the machine), the Trainer does too, with TF32 as XLA's default is
// (-backend cuda:,tf32=false: without on both sides). PJRT_PLUGIN_LIBRARY_PATH names the folder of a plugin that is not at
// its usual place.
package main
