"""The course's quick start through every client that a notebook meets, and in places where software tends to break.

usage: clients.py CHECKOUT [NAME...]     ends with `N passed, N failed`
"""
import json
import os
import pathlib
import shutil
import stat
import subprocess
import sys
import tempfile
import threading

import nbclient
import nbformat
import papermill
import pypandoc
from papermill.translators import Translator, papermill_translators

ROOT = pathlib.Path(sys.argv[1]).resolve()
VENV = ROOT / ".venv"
JUPYTER, GOSFT = VENV / "bin/jupyter", VENV / "bin/gosft"
NOTEBOOK = ROOT / "notebooks/en/00_quick_start.ipynb"
SMALL = {"rows": 160, "epochs": 0.5}


class GoTranslator(Translator):
    """Parameters of papermill as Go assignments: the parameters' cell declares them, the injected one sets them."""

    @classmethod
    def translate_none(cls, val):
        return "nil"

    @classmethod
    def translate_list(cls, val):
        return "[]any{%s}" % ", ".join(cls.translate(x) for x in val)

    @classmethod
    def translate_bool(cls, val):
        return "true" if val else "false"

    @classmethod
    def comment(cls, text):
        return "// " + text

    @classmethod
    def assign(cls, name, value):
        return f"{name} = {value}"


papermill_translators.register("gosft", GoTranslator)
papermill_translators.register("go", GoTranslator)


def small():
    """The quick start with a cell behind the parameters that makes them small."""
    nb = nbformat.read(NOTEBOOK, 4)
    at = next(i for i, c in enumerate(nb.cells) if "parameters" in c.metadata.get("tags", []))
    nb.cells.insert(at + 1, nbformat.v4.new_code_cell("\n".join(f"{k} = {v}" for k, v in SMALL.items())))
    return nb


def words():
    """A notebook that needs no model, for the places where only the kernel matters."""
    nb = nbformat.v4.new_notebook(metadata={"kernelspec": {"name": "gosft", "display_name": "Go (GoSFT)", "language": "go"}})
    nb.cells = [nbformat.v4.new_code_cell(s) for s in ('words := strings.Fields("one two 三")', "words", 'fmt.Println(len(words), "词")')]
    return nb


def check(nb, marker="词"):
    texts = "".join(o.get("text", "") or str(o.get("data", {}).get("text/plain", "")) for c in nb.cells if c.cell_type == "code" for o in c.outputs)
    errors = [o.evalue for c in nb.cells if c.cell_type == "code" for o in c.outputs if o.output_type == "error"]
    assert not errors, errors
    assert marker in texts, texts[-800:]


def run(*command, env=None, cwd=None, timeout=600, **kw):
    p = subprocess.run([str(c) for c in command], capture_output=True, text=True, env=env, cwd=cwd, timeout=timeout, **kw)
    assert p.returncode == 0, f"{command}: exit {p.returncode}\n{p.stdout[-1500:]}\n{p.stderr[-1500:]}"
    return p.stdout


def execute(work, nb, name, env=None, prefix=()):
    """Writes the notebook, runs it by `jupyter execute` in place with another environment, and reads it again."""
    path = work / name
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(nb, path)
    run(*prefix, JUPYTER, "execute", "--inplace", "--timeout=600", path.name, env=env, cwd=path.parent)
    return nbformat.read(path, 4)


def environment(**change):
    env = {**os.environ, **{k: v for k, v in change.items() if v is not None}}
    for k, v in change.items():
        if v is None:
            env.pop(k, None)
    return env


def test_nbclient(work):
    nb = nbclient.NotebookClient(small(), timeout=600, kernel_name="gosft", resources={"metadata": {"path": str(work)}}).execute()
    check(nb, "negative")


def test_papermill_with_parameters(work):
    papermill.execute_notebook(str(NOTEBOOK), str(work / "out.ipynb"), parameters=SMALL, kernel_name="gosft", cwd=str(work), progress_bar=False)
    check(nbformat.read(work / "out.ipynb", 4), "negative")


def test_gosft_run(work):
    path = work / "quick.ipynb"
    nbformat.write(small(), path)
    run(GOSFT, "run", path, cwd=work)
    check(nbformat.read(path, 4), "negative")
    bad = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell('panic("on purpose")')], metadata=words().metadata)
    nbformat.write(bad, work / "bad.ipynb")
    p = subprocess.run([str(GOSFT), "run", str(work / "bad.ipynb")], capture_output=True, text=True)
    assert p.returncode != 0 and "on purpose" in p.stdout + p.stderr, (p.returncode, p.stdout, p.stderr)


def test_nbconvert_html_and_latex(work):
    path = work / "saved.ipynb"
    shutil.copy(NOTEBOOK, path)
    run(JUPYTER, "nbconvert", "--to", "html", path)
    html = (work / "saved.html").read_text()
    body = html[html.index("<body"):]
    assert "<table" in body and ("<svg" in body or "data:image/" in body), "no table or no plot in the HTML file"
    pandoc = pathlib.Path(pypandoc.get_pandoc_path()).parent  # nbconvert looks for it on the PATH
    run(JUPYTER, "nbconvert", "--to", "latex", path, env=environment(PATH=f"{pandoc}{os.pathsep}{os.environ['PATH']}"))
    assert "\\begin{document}" in (work / "saved.tex").read_text()


def test_jupytext_round_trip(work):
    path = work / "pair.ipynb"
    shutil.copy(NOTEBOOK, path)
    run(VENV / "bin/jupytext", "--to", "go:percent", path)
    run(VENV / "bin/jupytext", "--to", "ipynb", "--output", work / "back.ipynb", work / "pair.go")
    a, b = nbformat.read(path, 4), nbformat.read(work / "back.ipynb", 4)
    code = lambda nb: [c.source.strip() for c in nb.cells if c.cell_type == "code"]
    assert code(a) == code(b), "the cells differ after the round trip"


def test_jupyter_run(work):
    (work / "script.go").write_text('fmt.Println("from a file", 6*7)\n')
    out = run(JUPYTER, "run", "--kernel=gosft", work / "script.go")
    assert "from a file 42" in out, out


def test_two_kernels_at_once(work):
    failures = []

    def one(k):
        try:
            check(execute(work, words(), f"k{k}.ipynb"))
        except Exception as e:  # noqa: BLE001
            failures.append(e)
    threads = [threading.Thread(target=one, args=(k,)) for k in range(2)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert not failures, failures


def test_path_with_spaces_and_chinese(work):
    check(execute(work, words(), "a folder 文件夹/笔记 本.ipynb"))


def test_home_unset(work):
    check(execute(work, words(), "n.ipynb", env=environment(HOME=None, JUPYTER_RUNTIME_DIR=str(work / "run"), XDG_CACHE_HOME=None)))


def test_locale_not_utf8(work):
    check(execute(work, words(), "n.ipynb", env=environment(LC_ALL="C", LANG="C")))


def test_no_network(work):
    if os.getuid() != 0 or not shutil.which("unshare"):
        return "skipped: needs root and unshare"
    # A network namespace of its own with nothing but the loopback: whatever asks the network fails.
    check(execute(work, small(), "n.ipynb", prefix=("unshare", "--net", "sh", "-c", 'ip link set lo up 2>/dev/null || python3 -c "import fcntl,socket,struct; s=socket.socket(); fcntl.ioctl(s, 0x8914, struct.pack(\'16sh\', b\'lo\', 0x41))"; exec "$@"', "sh")), "negative")


def other_user(work, home_mode):
    """Runs the small notebook as `nobody`, whose home has the given mode; without Python, which may lie in the first user's home."""
    home, out = work / "home", work / "run"
    for p in (home, out):
        p.mkdir()
        os.chown(p, 65534, 65534)
    nbformat.write(words(), home / "n.ipynb")
    os.chmod(home, home_mode)
    env = {"HOME": str(home), "TMPDIR": str(out), "PATH": os.environ["PATH"], "GOSFT_HOME": str(VENV / "share/gosft")}
    run(GOSFT, "run", "--output", out / "out.ipynb", home / "n.ipynb", env=env, cwd=home, user=65534, group=65534, extra_groups=[])
    check(nbformat.read(out / "out.ipynb", 4))


def readable_by_others():
    go = shutil.which("go")
    paths = [ROOT, pathlib.Path(os.path.realpath(go))] if go else [ROOT]
    return os.getuid() == 0 and all(q.stat().st_mode & stat.S_IXOTH for p in paths for q in (p, *p.parents))


def test_second_user(work):
    if not readable_by_others():
        return "skipped: needs root, and a checkout and a Go that others may read"
    other_user(work, 0o755)


def test_read_only_home(work):
    if not readable_by_others():
        return "skipped: needs root, and a checkout and a Go that others may read"
    other_user(work, 0o555)


def main():
    names = sys.argv[2:]
    passed = failed = skipped = 0
    for name, test in [(n[5:], f) for n, f in globals().items() if n.startswith("test_")]:
        if names and name not in names:
            continue
        work = pathlib.Path(tempfile.mkdtemp(prefix="gosft-client-"))
        os.chmod(work, 0o755)
        try:
            said = test(work)
            if said:
                skipped += 1
                print(f"skip {name}: {said}", flush=True)
            else:
                passed += 1
                print(f"ok   {name}", flush=True)
        except Exception as e:  # noqa: BLE001  every failure is told, the rest still runs
            failed += 1
            print(f"FAIL {name}: {type(e).__name__}: {str(e)[:3000]}", flush=True)
        finally:
            shutil.rmtree(work, ignore_errors=True)
    print(json.dumps({"python": sys.version.split()[0]}))
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    sys.exit(1 if failed else 0)


main()
