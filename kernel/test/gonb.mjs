// GoNB's own test notebooks for widgets, comms and dom, unchanged but for the cells that set GoNB up, in JupyterLab below a
// base URL as a hub has it. usage: gonb.mjs CHECKOUT FOLDER-OF-GONB    KERNEL names another kernel than gosft.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { codeCells, openBrowser, openNotebook, output, runCell, sleep, startLab } from './lab.mjs';

const [root, gonb] = process.argv.slice(2);
const jupyter = process.env.JUPYTER || path.join(root, '.venv/bin/jupyter');
const kernel = process.env.KERNEL || 'gosft';
const work = fs.mkdtempSync(path.join(os.tmpdir(), 'gosft-gonb-'));

// What each notebook's cells must print or show, those that only declare left out. A cell that fails says error.
const expected = {
  'widgets.ipynb': ['clicked', 'widget tested ok', 'widget tested ok'],
  'comms.ipynb': ['sent 1\ngot 2\nsent 2\ngot 3\nsent 3\ngot 4', 'ok', 'No more.'],
  'dom.ipynb': ['This is a test!\nAnd a second test.\nThis is a test!\nAnd a second test.', 'ok'],
};

let passed = 0, failed = 0;
const check = (what, ok, saw = '') => {
  if (ok) passed++; else failed++;
  console.log(`${ok ? 'ok  ' : 'FAIL'} ${what}${ok ? '' : ': ' + String(saw).slice(0, 800)}`);
};

for (const name of Object.keys(expected)) {
  const nb = JSON.parse(fs.readFileSync(path.join(gonb, 'examples/tests', name), 'utf8'));
  nb.cells = nb.cells.filter(c => c.cell_type === 'code' && !c.source.join('').includes('GONB_GIT_ROOT'));
  nb.metadata.kernelspec = { name: kernel, display_name: kernel, language: 'go' };
  for (const c of nb.cells) { c.outputs = []; c.execution_count = null; }
  fs.writeFileSync(path.join(work, name), JSON.stringify(nb));
}

const lab = await startLab({ root: work, jupyter, state: path.join(work, '.state'), base: '/user/ada' });
const { browser, page, problems, external } = await openBrowser(lab);
try {
  for (const [name, wanted] of Object.entries(expected)) {
    await openNotebook(page, name, kernel);
    const shown = [];
    for (const c of await codeCells(page)) {
      await runCell(page, c.i, 60000);
      await sleep(200);
      const o = await output(page, c.i);
      if (o.errors.length || o.text.trim()) shown.push((o.errors.join(' ') + o.text.replace(/^\s+/gm, '')).trim());
    }
    wanted.forEach((w, i) => check(`${name}: ${JSON.stringify(w.slice(0, 40))}`, shown[i]?.includes(w) && !/error/.test(shown[i]), JSON.stringify(shown)));
  }
  check('no error on the page', problems.length === 0, problems.join('\n'));
  check('nothing from another machine', external.length === 0, external.join('\n'));
} catch (err) {
  check('the notebooks ran', false, err.stack);
} finally {
  await browser.close();
  await lab.stop();
  fs.rmSync(work, { recursive: true, force: true });
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
