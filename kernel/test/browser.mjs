// The course's quick start in JupyterLab, as a user goes through it: run all cells, see the table, the coloured tokens, the
// bar and the live plot moving; interrupt a training and go on; restart; Tab and Shift-Tab; dark theme; the text twins in
// JupyterLab's terminal; the exported HTML file without network on a phone's screen. usage: browser.mjs CHECKOUT PICTURES
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { addCell, codeCells, idle, openBrowser, openNotebook, output, picture, runCell, sleep, startCell, startLab, waitCell } from './lab.mjs';

const [root, pictures] = process.argv.slice(2);
const jupyter = path.join(root, '.venv/bin/jupyter');
fs.mkdirSync(pictures, { recursive: true });
// A folder name with spaces and Chinese characters, on purpose.
const work = fs.mkdtempSync(path.join(os.tmpdir(), 'gosft '));
const folder = path.join(work, 'my course 课程');
fs.mkdirSync(folder);
const notebook = '00 quick start.ipynb';
fs.copyFileSync(path.join(root, 'notebooks/en/00_quick_start.ipynb'), path.join(folder, notebook));

let passed = 0, failed = 0;
const check = (what, ok, saw = '') => {
  if (ok) passed++; else failed++;
  console.log(`${ok ? 'ok  ' : 'FAIL'} ${what}${ok ? '' : ': ' + String(saw).slice(0, 600)}`);
};
const shot = (page, i, name) => picture(page, i, path.join(pictures, `${name}.png`));

const lab = await startLab({ root: folder, jupyter, state: path.join(work, 'state') });
const { browser, page, problems, external } = await openBrowser(lab);
try {
  await openNotebook(page, notebook);
  const cells = await codeCells(page);
  const training = cells.find(c => /\.Train\(ctx\)/.test(c.source));
  // A smaller budget, set where a user would: in the cell of the parameters.
  const parameters = cells.find(c => /^rows := /m.test(c.source));
  await page.evaluate(i => {
    const m = window.nb.content.widgets[i].model.sharedModel;
    m.setSource(m.source.replace(/^rows := \d+/m, 'rows := 800'));
  }, parameters.i);
  await page.evaluate(i => {
    const m = window.nb.content.widgets[i].model.sharedModel;
    m.setSource(m.source.replace(/LoggingSteps:\s*\d+/, 'LoggingSteps: 2'));
  }, training.i);
  for (const c of cells) {
    if (c.i === training.i) {
      const before = Date.now();
      await startCell(page, c.i);
      // The live plot must move while the training goes on.
      const seen = new Set(), bars = new Set();
      while (Date.now() - before < 240000 && (seen.size < 3 || bars.size < 2)) {
        const o = await output(page, c.i);
        bars.add(/[█░]{20}/.exec(o.text)?.[0] ?? '');
        bars.delete('');
        // While it runs the plot is a drawing in the page, at the end a Vega-Lite specification.
        for (const x of o.list) if (/<svg/.test(String(x.data?.['text/html'] ?? ''))) seen.add(String(x.data['text/html']));
        if (await page.evaluate(() => window.ran)) break;
        await sleep(300);
      }
      check('the live plot moves during training', seen.size >= 3, `${seen.size} states`);
      check('the bar moves during training', bars.size >= 2, [...bars].join(' '));
      await shot(page, c.i, '03-training-live');
      await waitCell(page, 600000);
    } else {
      await runCell(page, c.i, 600000);
    }
    const o = await output(page, c.i);
    check(`cell ${c.i} runs without an error`, o.errors.length === 0, o.errors.join('; '));
  }
  const shown = await Promise.all(cells.map(c => output(page, c.i)));
  check('a table is shown', shown.some(o => o.tables > 0));
  check('coloured tokens are shown', shown.some(o => /background/.test(o.html) && /\[CLS\]/.test(o.text)));
  check('a plot is rendered by JupyterLab', shown.some(o => o.types.includes('application/vnd.vegalite.v5+json') && o.plots > 0));
  check('every shown result has a text twin', shown.every(o => o.list.every(x => !x.data || 'text/plain' in x.data)));
  for (const [n, c] of cells.entries()) await shot(page, c.i, `10-cell-${String(n).padStart(2, '0')}`);

  // Interrupt a training and go on: Train called again continues behind the step at which it stopped.
  const again = await addCell(page, `long := args
long.OutputDir = args.OutputDir + "-long"
long.MaxSteps, long.LoggingSteps, long.EvalStrategy = 30, 1, "no"
trainer := train.New(model, long, train_, val)
part := trainer.Train(ctx)
fmt.Println("stopped after step", part.State().GlobalStep, part.Reason())`);
  await startCell(page, again);
  await page.waitForFunction(i => /step [3-9] of 30/.test(window.nb.content.widgets[i].outputArea.node.innerText), again, { timeout: 300000, polling: 100 });
  await page.click('.jp-NotebookPanel:not(.lm-mod-hidden) [data-jp-item-name="interrupt"]');
  await waitCell(page, 120000);
  await idle(page);
  await shot(page, again, '04-interrupted');
  const stopped = await output(page, again);
  const step = Number(/stopped after step (\d+) interrupted/.exec(stopped.text)?.[1] ?? NaN);
  check('an interrupted training ends after the step at hand and says so', step >= 3 && step < 30 && stopped.errors.length === 0, stopped.text);
  const after = await addCell(page, 'model.Predict("a wonderful film")');
  await runCell(page, after);
  check('the model is still there after the interrupt', (await output(page, after)).errors.length === 0, (await output(page, after)).text);
  const rest = await addCell(page, 'whole := trainer.Train(ctx)\nfmt.Println("ended at step", whole.State().GlobalStep, whole.Reason())');
  await runCell(page, rest, 600000);
  const resumed = await output(page, rest);
  await shot(page, rest, '04-went-on');
  check('the training goes on from that step to its end', resumed.text.includes(`going on from step ${step} of 30`) && /ended at step 30 finished/.test(resumed.text), resumed.text);

  // Endless loop: interrupt keeps values.
  const loop = await addCell(page, 'kept := 41\nfor { kept = 42 }');
  await startCell(page, loop);
  await sleep(2500);
  await page.click('.jp-NotebookPanel:not(.lm-mod-hidden) [data-jp-item-name="interrupt"]');
  await waitCell(page, 30000);
  await idle(page);
  check('an endless loop can be interrupted', /Interrupt/i.test((await output(page, loop)).text), (await output(page, loop)).text);

  // Tab and Shift-Tab.
  const tab = await addCell(page, 'strings.ToUp');
  await sleep(300);
  await page.keyboard.press('Tab');
  await page.waitForFunction(i => /ToUpper/.test(window.nb.content.widgets[i].model.sharedModel.source)
    || /ToUpper/.test(document.querySelector('.jp-Completer:not(.lm-mod-hidden)')?.innerText ?? ''), tab, { timeout: 60000 });
  await shot(page, undefined, '05-completion');
  check('Tab completes', true);
  await page.keyboard.press('Escape');
  const help = await addCell(page, 'strings.ToUpper');
  await sleep(300);
  await page.keyboard.press('Shift+Tab');
  const signature = () => page.waitForFunction(() => /func strings\.ToUpper\(/.test(document.querySelector('.jp-Tooltip')?.innerText ?? ''), null, { timeout: 60000 });
  check('Shift-Tab shows the signature', await signature().then(() => true, () => false), await page.evaluate(() => document.querySelector('.jp-Tooltip')?.innerText));
  await shot(page, undefined, '06-inspection');
  await page.keyboard.press('Escape');

  // An error names cell and line.
  const bad = await addCell(page, 'x := 1\nvar s string = x');
  await runCell(page, bad);
  const err = await output(page, bad);
  check('a compile error names cell and line', /line 2|:2/.test(err.text), err.text);
  await shot(page, bad, '07-error');

  // Save, restart, and see that the values are gone but the kernel lives.
  await page.evaluate(() => window.nb.context.save());
  await page.click('.jp-NotebookPanel:not(.lm-mod-hidden) [data-jp-item-name="restart"]');
  await page.waitForSelector('.jp-Dialog');
  await page.click('.jp-Dialog .jp-mod-accept');
  await sleep(500);
  await idle(page);
  const fresh = await addCell(page, '40 + 2');
  await runCell(page, fresh, 60000);
  check('after a restart a cell runs', /42/.test((await output(page, fresh)).text), (await output(page, fresh)).text);

  // Dark theme.
  await page.evaluate(() => window.jupyterapp.commands.execute('apputils:change-theme', { theme: 'JupyterLab Dark' }));
  await sleep(1500);
  for (const [n, c] of cells.entries()) await shot(page, c.i, `20-dark-${String(n).padStart(2, '0')}`);
  // JupyterLab itself asks for files that need not be there (a missing workspace, translations).
  const own = problems.filter(p => !/\/api\/workspaces|\/api\/translations|favicon|\/lsp\//.test(p));
  check('no errors on the console', own.length === 0, own.join('\n'));
  check('no request leaves the machine', external.length === 0, external.join(' '));

  // The text twins, in a terminal of JupyterLab: what a reader without a browser gets.
  const terminal = await page.evaluate(async () => {
    const w = await window.jupyterapp.commands.execute('terminal:create-new');
    window.term = w;
    window.jupyterapp.shell.activateById(w.id);
    return w.id;
  });
  await page.waitForFunction(() => window.term.content.session.connectionStatus === 'connected', null, { timeout: 60000 });
  const exportedText = path.join(folder, 'twins.md');
  const twins = `--NbConvertBase.display_data_priority='["text/plain"]'`;
  const command = `clear; '${jupyter}' nbconvert --log-level=ERROR --to markdown --stdout ${twins} '${path.join(folder, notebook)}' > '${exportedText}'; grep -n -A14 'confusion matrix' '${exportedText}'; echo the end`;
  await page.evaluate(text => window.term.content.session.send({ type: 'stdin', content: [text + '\r'] }), command);
  const lines = () => page.evaluate(() => {
    const b = window.term.content._term.buffer.active, out = [];
    for (let i = 0; i < b.length; i++) out.push(b.getLine(i).translateToString(true));
    return out.join('\n');
  });
  let text = '';
  for (const t0 = Date.now(); Date.now() - t0 < 180000 && !/^the end/m.test(text); await sleep(500)) text = await lines();
  await shot(page, undefined, '08-terminal');
  check('a terminal shows the text twins', /confusion matrix/.test(text) && /positive +\d+ +\d+/.test(text), text.trim().slice(-600));
  const plain = fs.existsSync(exportedText) ? fs.readFileSync(exportedText, 'utf8') : '';
  check('the terminal export has no markup in its outputs', /│\[CLS\]│|\[CLS\]│/.test(plain) && !/<table|<svg|data:image/.test(plain), plain.slice(0, 300));
  await page.evaluate(id => { window.jupyterapp.commands.execute('terminal:shutdown', { id }).catch(() => {}); window.term.dispose(); }, terminal);

  // The Chinese course as it is saved: glyphs in tables, tokens and plots.
  const chinese = '05 评估.ipynb';
  fs.copyFileSync(path.join(root, 'notebooks/zh/05_evaluation.ipynb'), path.join(folder, chinese));
  await page.evaluate(() => window.jupyterapp.commands.execute('apputils:change-theme', { theme: 'JupyterLab Light' }));
  await openNotebook(page, chinese);
  await sleep(2000);
  const zh = await codeCells(page);
  for (const c of zh) {
    const o = await output(page, c.i);
    if (o.plots > 0 || o.tables > 0) await shot(page, c.i, `40-zh-${String(c.i).padStart(2, '0')}`);
  }
  check('the Chinese notebook shows its saved plots', (await Promise.all(zh.map(c => output(page, c.i)))).some(o => o.plots > 0));
  check('no errors on the console to the end', problems.filter(p => !/\/api\/workspaces|\/api\/translations|favicon|\/lsp\//.test(p)).length === 0, problems.join('\n'));
  check('no request left the machine to the end', external.length === 0, external.join(' '));

  // The exported file, opened without network.
  execFileSync(jupyter, ['nbconvert', '--to', 'html', path.join(folder, notebook)], { stdio: 'pipe' });
  const html = path.join(folder, notebook.replace('.ipynb', '.html'));
  const exported = await browser.newPage({ viewport: { width: 420, height: 900 }, offline: true });
  await exported.goto(pathToFileURL(html).href, { waitUntil: 'domcontentloaded' });
  await sleep(1000);
  await exported.screenshot({ path: path.join(pictures, '30-exported-phone.png'), fullPage: true });
  const wide = await exported.evaluate(() => [...document.querySelectorAll('.jp-OutputArea-output')].filter(o => o.getBoundingClientRect().right > innerWidth + 1).length);
  check('no output runs off a phone\'s screen', wide === 0, `${wide} outputs`);
  check('the exported file shows tables and plots', await exported.evaluate(() => document.querySelectorAll('.jp-OutputArea-output table').length > 0
    && document.querySelectorAll('.jp-OutputArea-output svg, .jp-OutputArea-output img').length > 0));
} catch (e) {
  failed++;
  console.log('FAIL', e.stack);
  await page.screenshot({ path: path.join(pictures, '99-failed.png') }).catch(() => {});
} finally {
  await browser.close();
  await lab.stop();
  fs.rmSync(work, { recursive: true, force: true });
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
