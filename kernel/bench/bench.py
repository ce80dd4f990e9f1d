"""Latencies of this kernel beside GoNB and ipykernel, through jupyter_client, interleaved, against the targets.

usage: bench.py CHECKOUT [--n 15] [--only start,cells,gomlx,complete,flood,many] [--kernels NAME,...] [--json FILE]
Every `@` in a cell text becomes a running number, so that no two runs send the same text. A kernel in which a cell fails
that should run has no figure for it, and what is compared with it has failed. Ends with `N passed, N failed`.
"""
import argparse
import json
import os
import platform
import queue
import statistics
import subprocess
import sys
import time

import psutil
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import KernelManager

DECLS = '''type P1 struct{ X, Y float64 }
func (p P1) Add(q P1) P1 { return P1{p.X + q.X, p.Y + q.Y} }
type P2 struct{ Name string; Pts []P1 }
func d1(n int) int { return n + 1 }
func d2(n int) int { return d1(n) * 2 }
func d3(s string) string { return strings.ToUpper(s) }
func d4(xs []int) int { t := 0; for _, x := range xs { t += x }; return t }
func d5(p P1) float64 { return math.Hypot(p.X, p.Y) }
func d6(p P2) string { return p.Name + fmt.Sprint(len(p.Pts)) }
func d7[T any](xs []T, f func(T) T) []T { for i := range xs { xs[i] = f(xs[i]) }; return xs }
func d8(m map[string]int) []string { r := []string{}; for k := range m { r = append(r, k) }; sort.Strings(r); return r }
'''
IMPORTS = 'import (\n"fmt"\n"math"\n"sort"\n"strings"\n)\n'
TEN = '''p := P2{Name: "n@", Pts: []P1{{1, 2}}}
fmt.Println(d1(1), d2(2), d3("x"), d4([]int{1, 2}), d5(p.Pts[0].Add(P1{1, 1})), d6(p), d7([]int{1, 2}, func(i int) int { return i * @ }), d8(map[string]int{"a": 1}))'''
GOMLX_IMPORTS = 'import (\n"fmt"\n"github.com/gomlx/compute/gobackend"\n"github.com/gomlx/gomlx/core/graph"\n"gosft/sftlib/eval"\n)\n'
GOMLX_DECLS = '''func square(x *graph.Node) *graph.Node { return graph.Mul(x, x) }
func surest(logits []float64) int { return eval.Best(eval.Softmax(logits)) }
'''
# GoNB begins with an empty go.mod, and its `go get` without versions needs a proxy that lists them, which not every proxy
# does. The checkout's own go.mod and go.sum give it the same versions of everything as this kernel has.
GONB_MODULES = '''!*name=$(go list -m) && sed "s|^module .*|module $name|" "{root}/go.mod" > go.mod && cp "{root}/go.sum" . && echo 'require gosft v0.0.0' >> go.mod && echo 'replace gosft => "{root}"' >> go.mod && echo ready'''
GOMLX = '''b, err := gobackend.New("")
if err != nil { panic(err) }
out, err := graph.CallOnce(b, func(x *graph.Node) *graph.Node { return graph.ReduceAllSum(graph.Mul(x, x)) }, []float32{1, 2, @})
fmt.Println(out, err)'''


def go(main):
    return dict(
        hi=main + 'fmt.Println("hi@")', same=main + 'fmt.Println("hi")', ten_setup=[IMPORTS + DECLS], ten=main + TEN,
        err=main + 'var x int = "s@"\nfmt.Println(x)', gomlx_first=GOMLX_IMPORTS + GOMLX_DECLS + main + GOMLX, gomlx=main + GOMLX,
        hi_after=main + 'fmt.Println("after@")', complete=main + 'strings.ToUp',
        flood=main + 'for i := 0; i < 100000; i++ { fmt.Printf("%099d\\n", i) }',
        busy=main + 'for t := time.Now(); time.Since(t) < 8*time.Second; { }')


TABLES = {
    "gosft": go(""), "gosft-plain": go(""), "gonb": dict(go("%%\n"), modules=GONB_MODULES),
    "python3": dict(hi='print("hi@")', same='print("hi")', ten_setup=["\n".join(f"def d{k}(n): return n + {k}" for k in range(10))],
                    ten="print(" + ", ".join(f"d{k}(@)" for k in range(10)) + ")", err="def (@", hi_after='print("after@")',
                    complete="import os\nos.pa", flood='for i in range(100000): print("%099d" % i)', busy="import time; time.sleep(8)"),
}


class Kernel:
    serial = 1000

    def __init__(self, name, spec_dir, env):
        self.name, self.table = name, TABLES[name]
        spec = "gosft" if name == "gosft-plain" else name
        self.km = KernelManager(kernel_name=spec, kernel_spec_manager=KernelSpecManager(kernel_dirs=[spec_dir]))
        t0 = time.perf_counter()
        self.km.start_kernel(env={**os.environ, **env}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.kc = self.km.client()
        self.kc.start_channels()
        # The plain way's worker may have to be built first. One question at once: a SUB socket that joins late loses output, so the shell reply is what is timed.
        self.kc.execute(self.text("hi"))
        while self.kc.get_shell_msg(timeout=900)["msg_type"] != "execute_reply":
            pass
        self.start = time.perf_counter() - t0
        self.kc.wait_for_ready(timeout=60)

    def text(self, cell):
        Kernel.serial += 1
        return self.table.get(cell, cell).replace("@", str(Kernel.serial))

    def run(self, cell, timeout=300):
        """Runs a cell; returns seconds until idle, its stdout, whether it failed, and the number of stream messages."""
        code = self.text(cell)
        t0 = time.perf_counter()
        mid = self.kc.execute(code)
        text, failed, streams = [], None, 0
        while True:
            try:
                m = self.kc.get_iopub_msg(timeout=timeout)
            except queue.Empty:
                raise SystemExit(f"{self.name}: no answer to\n{code}")
            if m["parent_header"].get("msg_id") != mid:
                continue
            kind, c = m["msg_type"], m["content"]
            if kind == "stream":
                streams += 1
                text.append(c["text"])
            elif kind == "error":
                failed = c["ename"] + ": " + c["evalue"]
            elif kind == "status" and c["execution_state"] == "idle":
                took = time.perf_counter() - t0
                while self.kc.get_shell_msg(timeout=60)["parent_header"].get("msg_id") != mid:
                    pass
                return took, "".join(text), failed, streams

    def complete(self):
        code = self.text("complete")
        t0 = time.perf_counter()
        mid = self.kc.complete(code, len(code))
        while True:
            m = self.kc.get_shell_msg(timeout=60)
            if m["parent_header"].get("msg_id") == mid:
                return time.perf_counter() - t0, m["content"].get("matches", [])

    def memory(self):
        """Proportional memory of the kernel and all its children, MB, without gopls."""
        p = psutil.Process(self.km.provisioner.pid)
        total = 0
        for q in [p] + p.children(recursive=True):
            try:
                total += 0 if "gopls" in q.name() else q.memory_full_info().pss
            except psutil.NoSuchProcess:  # a compiler that ended meanwhile
                pass
        return total / 1e6

    def stop(self):
        self.kc.stop_channels()
        self.km.shutdown_kernel(now=True)


class Report:
    def __init__(self):
        self.rows, self.passed, self.failed = [], 0, 0

    def median(self, name, times):
        """A row of the table from seconds by kernel; an empty list is a kernel that could not be measured."""
        self.rows.append((name, {k: f"{statistics.median(v) * 1000:.0f} ms" if v else "not measured" for k, v in times.items()},
                          ratio(times) if times.get("gosft") and times.get("gonb") else None))
        print(f"{name:<44}" + "".join(f"{k}: {f'{statistics.median(v) * 1000:.1f} ms' if v else 'not measured'}  " for k, v in times.items()), flush=True)

    def figure(self, name, text):
        """A row of the table for this kernel alone."""
        self.rows.append((name, {"gosft": text}, None))
        print(f"{name:<44}gosft: {text}", flush=True)

    def target(self, what, figure, bound, unit=""):
        """Counts a figure, None where it could not be measured, against its bound."""
        ok = figure is not None and figure <= bound
        self.passed, self.failed = self.passed + ok, self.failed + (not ok)
        told = "not measured" if figure is None else f"{figure:.3g}{unit}"
        print(f"  {'ok  ' if ok else 'FAIL'} {what}: {told}, at most {bound:g}{unit}", flush=True)


def ratio(times, x="gosft", y="gonb"):
    return statistics.median(times[x]) / statistics.median(times[y]) if times.get(x) and times.get(y) else None


def interleaved(kernels, cell, n, warm=2, fails=False):
    """Seconds by kernel; none for a kernel in which the cell fails, or succeeds where it should fail."""
    times = {k.name: [] for k in kernels if cell in k.table}
    out = set()
    for i in range(n + warm):
        for k in kernels:
            if cell not in k.table or k.name in out:
                continue
            took, _, failed, _ = k.run(cell)
            if bool(failed) != fails:
                print(f"  {k.name}: {failed or 'no error'}: {k.text(cell)[:60]!r}", flush=True)
                times[k.name] = []
                out.add(k.name)
            elif i >= warm:
                times[k.name].append(took)
    return times


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("checkout")
    ap.add_argument("--n", type=int, default=15)
    ap.add_argument("--only", default="")
    ap.add_argument("--kernels", default="gosft,gosft-plain,gonb,python3")
    ap.add_argument("--json")
    a = ap.parse_args()
    only = set(filter(None, a.only.split(",")))
    want = lambda part: not only or part in only
    venv, gonb = os.path.join(a.checkout, ".venv"), os.path.join(a.checkout, "build/gonb")
    home = os.path.join(gonb, "home")
    specs = {"gosft": os.path.join(venv, "share/jupyter/kernels"), "python3": os.path.join(venv, "share/jupyter/kernels"),
             "gonb": next(p for p in (os.path.join(home, ".local/share/jupyter/kernels"), os.path.join(home, "Library/Jupyter/kernels")) if os.path.isdir(p))}
    specs["gosft-plain"] = specs["gosft"]
    gocache, gopath = (subprocess.run(["go", "env", v], capture_output=True, text=True).stdout.strip() for v in ("GOCACHE", "GOPATH"))
    envs = {"gosft": {}, "python3": {}, "gosft-plain": {"GOSFT_PLAIN": "1"},
            "gonb": {"HOME": home, "PATH": os.path.join(gonb, "bin") + os.pathsep + os.environ["PATH"], "GOCACHE": gocache, "GOPATH": gopath, "GOFLAGS": "-mod=mod"}}
    names = a.kernels.split(",")
    TABLES["gonb"]["modules"] = GONB_MODULES.format(root=a.checkout)
    start = lambda name: Kernel(name, specs[name], envs[name])
    cpu = next((l.split(":")[1].strip() for l in open("/proc/cpuinfo") if l.startswith("model name")), platform.processor()) if os.path.exists("/proc/cpuinfo") else platform.processor()
    print(f"# {platform.system()} {platform.machine()}, {os.cpu_count()} cores, {cpu}, load {os.getloadavg()[0]:.1f}; median of {a.n}, interleaved")
    rep = Report()

    if want("start"):
        starts = {n: [] for n in names}
        for i in range(6):
            for n in names:
                k = start(n)
                if i:
                    starts[n].append(k.start)
                k.stop()
        rep.median("kernel start to first result", starts)
        rep.target("start to first result", statistics.median(starts["gosft"]), 1.5, " s")

    kernels = {n: start(n) for n in names}
    ks = list(kernels.values())
    try:
        if want("cells"):
            t = interleaved(ks, "hi", a.n)
            rep.median("small new cell", t)
            rep.target("small new cell beside GoNB", ratio(t), 0.5, "x")
            rep.target("small new cell beside evcxr's 126 ms", statistics.median(t["gosft"]) * 1000, 126, " ms")
            for k in ks:
                for s in k.table.get("ten_setup", []):
                    k.run(s)
            t = interleaved(ks, "ten", a.n)
            rep.median("cell that uses ten earlier declarations", t)
            rep.target("ten declarations beside GoNB", ratio(t), 0.5, "x")
            rep.target("ten declarations beside evcxr's 126 ms", statistics.median(t["gosft"]) * 1000, 126, " ms")
            t = interleaved(ks, "same", a.n)
            rep.median("unchanged cell run again", t)
            rep.target("unchanged cell run again", statistics.median(t["gosft"]) * 1000, 20, " ms")
            t = interleaved(ks, "err", a.n, fails=True)
            rep.median("compile error", t)
            rep.target("compile error beside GoNB", ratio(t), 0.5, "x")
        if want("gomlx"):
            able = []
            for k in ks:
                ok = True
                for cell, sign in (("modules", "ready"), ("gomlx_first", "float32")):
                    if cell in k.table and ok:
                        took, text, failed, _ = k.run(cell)
                        ok = not failed and sign in text
                        print(f"  {cell}, {k.name}: {took * 1000:.0f} ms {failed or text.strip()[:60]}", flush=True)
                if ok:
                    able.append(k)
            t = interleaved(able, "gomlx", a.n)
            rep.median("GoMLX cell", t)
            rep.target("GoMLX cell beside GoNB", ratio(t), 0.25, "x")
            t = interleaved(able, "hi_after", a.n)
            rep.median("small cell after GoMLX and sftlib", t)
            rep.target("small cell after GoMLX beside GoNB", ratio(t), 0.2, "x")
        if want("complete"):
            k = start("gosft")
            first, found = k.complete()
            rep.figure("completion, first", f"{first * 1000:.0f} ms")
            rep.target("first completion", first, 1, " s")
            rep.target("completion finds strings.ToUpper (0 is yes)", 0 if any("ToUpper" in m for m in found) else 1, 0)
            idle = statistics.median(k.complete()[0] for _ in range(a.n)) * 1000
            rep.figure("completion, median", f"{idle:.0f} ms")
            rep.target("completion, median", idle, 100, " ms")
            k.kc.execute(k.text("busy"))
            time.sleep(1.5)
            busy = statistics.median(k.complete()[0] for _ in range(a.n)) * 1000
            rep.figure("completion while a cell runs, median", f"{busy:.0f} ms")
            rep.target("completion while a cell runs, median", busy, 100, " ms")
            k.stop()
        if want("flood"):
            times, whole = {n: [] for n in names if n != "gosft-plain"}, True
            for _ in range(5):
                for n in times:
                    took, text, _, streams = kernels[n].run("flood")
                    times[n].append(took)
                    if n == "gosft":
                        whole = whole and text == "".join("%099d\n" % i for i in range(100000))
                        count = text.count("\n")
            rep.median("100,000 lines of stdout", times)
            rep.target("100,000 lines beside ipykernel", ratio(times, "gosft", "python3"), 2, "x")
            rep.target("100,000 lines complete and in order (0 is yes)", 0 if whole else 1, 0)
            print(f"  {count} lines in {streams} messages")
        if want("many"):
            k = start("gosft")
            times, before = [], 0
            for i in range(200):
                times.append(k.run(f"many{i} := @\nfmt.Println(many{i})")[0])
                if i == 9:
                    before = k.memory()
            grown = (k.memory() - before) / 190
            rep.figure("200 cells in a row: memory a cell", f"{grown:.2f} MB")
            rep.figure("200 cells in a row: the 10th", f"{statistics.median(times[5:15]) * 1000:.0f} ms")
            rep.figure("200 cells in a row: the 200th", f"{statistics.median(times[190:]) * 1000:.0f} ms")
            rep.target("200th cell beside the 10th (medians of ten)", statistics.median(times[190:]) / statistics.median(times[5:15]), 1.3, "x")
            rep.target("memory a cell", grown, 5, " MB")
            k.stop()
    finally:
        for k in ks:
            k.stop()
    print("\n| | " + " | ".join(names) + " | gosft / GoNB |\n|---|" + "---|" * (len(names) + 1))
    for name, row, r in rep.rows:
        print(f"| {name} | " + " | ".join(row.get(n, "") for n in names) + f" | {f'{r:.2f}' if r else ''} |")
    if a.json:
        json.dump(rep.rows, open(a.json, "w"), indent=1)
    print(f"{rep.passed} passed, {rep.failed} failed")
    sys.exit(1 if rep.failed else 0)


main()
