package backend

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// gpus counts the devices that the NVIDIA driver shows on this machine: on Linux one file each, below Windows (WSL) one for all.
func gpus() int {
	found, _ := filepath.Glob("/dev/nvidia[0-9]*")
	if len(found) > 0 {
		return len(found)
	}
	if _, err := os.Stat("/dev/dxg"); err == nil {
		libs, _ := filepath.Glob("/usr/lib/wsl/lib/libcuda.so*")
		return min(len(libs), 1)
	}
	return 0
}

// hasGPU says whether there is an NVIDIA GPU.
func hasGPU() bool { return gpus() > 0 }

// cudaOptions completes the options for the plugin at its real path, and the reason, by what the user should know.
//
// Memory is taken as it is needed (preallocate=false is go-xla's default), so that several processes share a GPU. A client
// takes some hundred megabytes on every GPU that it sees, and a model computes on one: of several only the first is opened,
// unless visible_devices says otherwise. CUDA_VISIBLE_DEVICES chooses among them before that.
func cudaOptions(plugin, options, why string) (string, string) {
	if n := gpus(); n > 1 && !strings.Contains(options, "visible_devices") {
		options = strings.TrimPrefix(options+",visible_devices=0", ",")
		why += fmt.Sprintf("; the first of %d GPUs (CUDA_VISIBLE_DEVICES chooses another)", n)
	}
	if nvidiaFolder(plugin) == "" {
		why += "; no folder of NVIDIA's libraries beside the plugin, so those of the system are loaded"
	}
	// go-xla looks for the libraries in one of the two places only, and warns in a paragraph where they are in the other.
	if os.Getenv(cudaChecks) == "" {
		os.Setenv(cudaChecks, "no")
	}
	return options, why
}

const cudaChecks = "GOPJRT_CUDA_CHECKS"

const (
	xlaFlags      = "XLA_FLAGS"
	autotuneCache = "--xla_gpu_per_fusion_autotune_cache_dir"
)

// keepAutotuning has the plugin that is opened before the returned function is called keep on disk which kernel was the fastest
// for each operation, in gosft/xla-autotune of the user's cache folder. Trying them out is most of the time that XLA takes to
// compile for a GPU: on an H200 one epoch of SST-2 with MiniLM takes 28 s the first time and 13 s in any later process. A folder
// that XLA_FLAGS names is left as it is. The flag is taken back, since another plugin might end the process on one that it does not know.
func keepAutotuning() (done func()) {
	flags, set := os.LookupEnv(xlaFlags)
	cache, err := os.UserCacheDir()
	if err != nil || strings.Contains(flags, autotuneCache) || strings.ContainsAny(cache, " \t\n") {
		return func() {}
	}
	dir := filepath.Join(cache, "gosft", "xla-autotune")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return func() {}
	}
	os.Setenv(xlaFlags, strings.TrimSpace(flags+" "+autotuneCache+"="+dir))
	return func() {
		if set {
			os.Setenv(xlaFlags, flags)
		} else {
			os.Unsetenv(xlaFlags)
		}
	}
}

// nvidiaFolder returns the folder nvidia from which a CUDA plugin loads cuBLAS, cuDNN and the others, "" where there is none: the
// wheel of jax has ../../nvidia and ../nvidia, seen from the plugin, in its search path.
func nvidiaFolder(plugin string) string {
	dir := filepath.Dir(plugin)
	for _, up := range []string{filepath.Join(dir, "..", ".."), filepath.Join(dir, "..")} {
		nvidia := filepath.Join(up, "nvidia")
		for _, lib := range []string{"cu1[0-9]/lib", "cudnn/lib", "cublas/lib"} {
			if found, _ := filepath.Glob(filepath.Join(nvidia, lib)); len(found) > 0 {
				return nvidia
			}
		}
	}
	return ""
}
