package backend

import (
	"os"
	"path/filepath"
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
