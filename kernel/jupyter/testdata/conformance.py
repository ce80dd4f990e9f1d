"""jupyter_kernel_test in full against a kernel, every knob set.

usage: conformance.py ARGV_JSON KNOBS_JSON [ENV_JSON]
ARGV_JSON is the kernel's command line with {connection_file}, KNOBS_JSON the class attributes of KernelTests.
Prints a line per test and ends with "N passed, N failed, N skipped"; exit status 1 unless all passed and none was skipped.
"""
import json, os, sys, tempfile, unittest

argv, knobs = json.loads(sys.argv[1]), json.loads(sys.argv[2])
env = json.loads(sys.argv[3]) if len(sys.argv) > 3 else {}
root = tempfile.mkdtemp(prefix="conformance-")
os.makedirs(root + "/kernels/undertest")
json.dump({"argv": argv, "display_name": "under test", "language": "go", "interrupt_mode": "message", "env": env},
          open(root + "/kernels/undertest/kernel.json", "w"))
os.environ["JUPYTER_PATH"] = root
os.environ["JUPYTER_RUNTIME_DIR"] = root + "/runtime"

import jupyter_kernel_test as J

setup = knobs.pop("code_setup", [])
for k in ("completion_samples", "complete_code_samples", "incomplete_code_samples", "invalid_code_samples", "code_page_something",
          "code_generate_error", "code_execute_result", "code_display_data", "supported_history_operations", "code_history_pattern",
          "code_inspect_sample", "code_clear_output", "code_stderr", "code_hello_world", "language_name", "file_extension"):
    if not knobs.get(k):
        sys.exit("knob " + k + " is not set")

class Kernel(J.KernelTests):
    kernel_name = "undertest"
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for c in setup:
            cls.kc.execute_interactive(c, timeout=120, output_hook=lambda m: None)

for k, v in knobs.items():
    setattr(Kernel, k, v)

class Welcome(J.IopubWelcomeTests):
    kernel_name = "undertest"
    support_iopub_welcome = True

class Result(unittest.TextTestResult):
    ok = 0
    def addSuccess(self, test):
        super().addSuccess(test)
        self.ok += 1
        print("ok  ", test._testMethodName, flush=True)

suite = unittest.TestSuite()
for c in (Kernel, Welcome):
    suite.addTests(unittest.defaultTestLoader.loadTestsFromTestCase(c))
r = unittest.TextTestRunner(stream=sys.stdout, resultclass=Result, verbosity=0).run(suite)
bad = len(r.failures) + len(r.errors)
print(f"{r.ok} passed, {bad} failed, {len(r.skipped)} skipped")
sys.exit(bool(bad or r.skipped))
