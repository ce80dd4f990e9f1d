package backend

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// NVIDIA's libraries are found in the layouts of jax's wheels (site-packages) and of go-xla's installer, also through the link
// that `make setup` makes.
func TestNVIDIAFolder(t *testing.T) {
	root := t.TempDir()
	for _, d := range []string{"site/jax_plugins/xla_cuda13", "site/nvidia/cu13/lib", "go-xla/nvidia/cudnn/lib", "alone/pjrt"} {
		if err := os.MkdirAll(filepath.Join(root, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for plugin, want := range map[string]string{"site/jax_plugins/xla_cuda13/xla_cuda_plugin.so": "site/nvidia",
		"go-xla/nvidia/pjrt_c_api_cuda_plugin.so": "go-xla/nvidia", "alone/pjrt/libpjrt_cuda.so": ""} {
		if want != "" {
			want = filepath.Join(root, want)
		}
		if got := nvidiaFolder(filepath.Join(root, plugin)); got != want {
			t.Errorf("%s: %q, want %q", plugin, got, want)
		}
		_, why := cudaOptions(filepath.Join(root, plugin), "", "chosen")
		if strings.Contains(why, "libraries") != (want == "") {
			t.Errorf("%s: %q", plugin, why)
		}
	}
	options, _ := cudaOptions(filepath.Join(root, "x.so"), "tf32=false", "")
	if !strings.HasPrefix(options, "tf32=false") || strings.Contains(options, "visible_devices") != (gpus() > 1) {
		t.Errorf("options %q on a machine with %d GPUs", options, gpus())
	}
}

// On a machine with a GPU and its plugin the GPU is what Open takes, and it computes.
func TestGPU(t *testing.T) {
	if path, _ := findPlugin(CUDA); !hasGPU() || path == "" {
		t.Skip("no NVIDIA GPU with a CUDA plugin here")
	}
	t.Setenv("GOMLX_BACKEND", "")
	b, err := Open("")
	if err != nil || b.Kind != CUDA {
		t.Fatalf("%v, %v", b, err)
	}
	t.Log(b)
	if got, err := sum(b); err != nil || got != 66 {
		t.Fatalf("sum %v, %v", got, err)
	}
}

func TestKeepAutotuning(t *testing.T) {
	cache := t.TempDir()
	t.Setenv("XDG_CACHE_HOME", cache)
	t.Setenv("HOME", cache) // where the cache folder is on macOS
	for _, c := range []struct{ before, during string }{
		{"", "--xla_gpu_per_fusion_autotune_cache_dir=CACHE"},
		{"--xla_gpu_autotune_level=1", "--xla_gpu_autotune_level=1 --xla_gpu_per_fusion_autotune_cache_dir=CACHE"},
		{"--xla_gpu_per_fusion_autotune_cache_dir=/mine", "--xla_gpu_per_fusion_autotune_cache_dir=/mine"},
	} {
		t.Setenv(xlaFlags, c.before)
		done := keepAutotuning()
		got, dir := os.Getenv(xlaFlags), ""
		if _, after, found := strings.Cut(got, autotuneCache+"="); found {
			dir = after
		}
		if want := strings.ReplaceAll(c.during, "CACHE", dir); got != want {
			t.Errorf("%q became %q, want %q", c.before, got, want)
		}
		if dir != "/mine" {
			if s, err := os.Stat(dir); err != nil || !strings.HasPrefix(dir, cache) || s.Mode().Perm() != 0o700 {
				t.Errorf("folder %s: %v, %v", dir, s, err)
			}
		}
		if done(); os.Getenv(xlaFlags) != c.before {
			t.Errorf("%q was left as %q", c.before, os.Getenv(xlaFlags))
		}
	}
	t.Setenv("XDG_CACHE_HOME", "relative") // no cache folder: nothing changes
	t.Setenv(xlaFlags, "")
	if keepAutotuning(); runtime.GOOS == "linux" && os.Getenv(xlaFlags) != "" {
		t.Errorf("flags without a cache folder: %q", os.Getenv(xlaFlags))
	}
}
