// Starts JupyterLab of .venv on a folder of notebooks and drives it in Chromium: open, run, read outputs, take pictures.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { chromium } from 'playwright-core';

export const sleep = ms => new Promise(done => setTimeout(done, ms));
const freePort = () => new Promise((ok, no) => {
  const s = net.createServer();
  s.once('error', no);
  s.listen(0, '127.0.0.1', () => { const { port } = s.address(); s.close(() => ok(port)); });
});
const chromiumPath = () => process.env.CHROMIUM || ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(p => fs.existsSync(p));

// startLab serves root; state holds its settings and log, so that nothing of the user's own set-up is touched. base is the
// path below which everything is served, such as '/user/ada' behind a hub.
export async function startLab({ root, jupyter, state, theme = 'JupyterLab Light', base = '' }) {
  const settings = (plugin, value) => {
    const file = path.join(state, 'settings', '@jupyterlab', `${plugin}.jupyterlab-settings`);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, JSON.stringify(value));
  };
  settings('apputils-extension/notification', { fetchNews: 'false', checkForUpdates: false, doNotDisturbMode: true });
  settings('apputils-extension/themes', { theme });
  settings('notebook-extension/tracker', { windowingMode: 'none', recordTiming: true });
  fs.mkdirSync(path.join(state, 'workspaces'), { recursive: true });
  const port = await freePort(), token = Math.random().toString(36).slice(2);
  const url = `http://127.0.0.1:${port}${base}`, log = path.join(state, 'lab.log'), out = fs.openSync(log, 'w');
  const proc = spawn(jupyter, ['lab', '--no-browser', ...(process.getuid() === 0 ? ['--allow-root'] : []),
    '--ServerApp.ip=127.0.0.1', `--ServerApp.port=${port}`, '--ServerApp.port_retries=0', `--ServerApp.base_url=${base}/`, `--IdentityProvider.token=${token}`,
    `--ServerApp.root_dir=${path.resolve(root)}`, '--LabApp.expose_app_in_browser=True', '--LabApp.news_url=',
    '--LabApp.check_for_updates_class=jupyterlab.handlers.announcements.NeverCheckForUpdate', '--LabApp.extension_manager=readonly',
    `--LabApp.user_settings_dir=${path.join(state, 'settings')}`, `--LabApp.workspaces_dir=${path.join(state, 'workspaces')}`],
    { stdio: ['ignore', out, out] });
  for (const t0 = Date.now(); ; await sleep(100)) {
    if (proc.exitCode !== null) throw new Error('jupyter lab ended: ' + fs.readFileSync(log, 'utf8').slice(-2000));
    try { if ((await fetch(`${url}/api?token=${token}`)).ok) break; } catch { /* not up yet */ }
    if (Date.now() - t0 > 240000) throw new Error('jupyter lab did not come up, see ' + log);
  }
  const stop = async () => {
    proc.kill('SIGTERM');
    await Promise.race([new Promise(done => proc.once('exit', done)), sleep(8000)]);
    if (proc.exitCode === null) proc.kill('SIGKILL');
  };
  return { url, token, log, stop };
}

// openBrowser opens the Lab page and records every console error, failed request and request to another machine.
export async function openBrowser(lab, { width = 1280, height = 1000 } = {}) {
  const browser = await chromium.launch({ executablePath: chromiumPath(), headless: true,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'] });
  const page = await browser.newPage({ viewport: { width, height } });
  page.setDefaultTimeout(120000); // a machine that is busy with other tests is slow, not broken
  const problems = [], external = [];
  page.on('console', m => { if (m.type() === 'error') problems.push(`console: ${m.text().slice(0, 400)} ${m.location()?.url?.slice(0, 120) ?? ''}`); });
  page.on('pageerror', e => problems.push(`page error: ${String(e).slice(0, 400)}`));
  page.on('response', r => { if (r.status() >= 400) problems.push(`HTTP ${r.status()}: ${r.request().method()} ${r.url().slice(0, 160)}`); });
  page.on('request', r => { if (!r.url().startsWith(lab.url) && !/^(data|blob|about):/.test(r.url())) external.push(r.url().slice(0, 160)); });
  await page.goto(`${lab.url}/lab?token=${lab.token}&reset`, { waitUntil: 'domcontentloaded' });
  await page.waitForFunction(() => window.jupyterapp && document.querySelector('.jp-Launcher, .jp-NotebookPanel'), null, { timeout: 240000 });
  await page.evaluate(() => window.jupyterapp.restored);
  return { browser, page, problems, external };
}

// openNotebook opens a notebook with the kernel and waits until that is idle; the panel stays at window.nb.
export async function openNotebook(page, file, kernel = 'gosft') {
  await page.evaluate(async ({ file, kernel }) => {
    const app = window.jupyterapp;
    const w = await app.commands.execute('docmanager:open', { path: file, factory: 'Notebook', kernel: { name: kernel } });
    window.nb = w;
    await w.context.ready; await w.revealed;
    app.shell.activateById(w.id);
    app.shell.collapseLeft?.();
  }, { file, kernel });
  await idle(page);
}

export const idle = (page, timeout = 240000) => page.waitForFunction(() => {
  const k = window.nb.sessionContext.session?.kernel;
  return k?.connectionStatus === 'connected' && k.status === 'idle';
}, null, { timeout, polling: 50 });

// startCell begins to run cell i; waitCell waits for its end.
export const startCell = (page, i) => page.evaluate(i => {
  window.nb.content.activeCellIndex = i; window.nb.content.deselectAll(); window.ran = null;
  window.jupyterapp.commands.execute('notebook:run-cell').then(() => { window.ran = 'done'; }, e => { window.ran = String(e); });
}, i);
export const waitCell = (page, timeout = 300000) => page.waitForFunction(() => window.ran, null, { timeout, polling: 50 });
export const runCell = async (page, i, timeout) => { await startCell(page, i); await waitCell(page, timeout); };

// addCell appends a code cell with the text, cursor at its end, and returns its index.
export const addCell = (page, source) => page.evaluate(async source => {
  const nb = window.nb;
  nb.content.activeCellIndex = nb.content.widgets.length - 1;
  await window.jupyterapp.commands.execute('notebook:insert-cell-below');
  const c = nb.content.activeCell;
  c.model.sharedModel.setSource(source); await c.ready;
  nb.content.mode = 'edit'; c.editor.focus();
  const p = c.editor.getPositionAt(source.length);
  c.editor.setCursorPosition(p); c.editor.setSelection({ start: p, end: p });
  return nb.content.widgets.length - 1;
}, source);

// codeCells lists index and source of the code cells; output tells what cell i shows.
export const codeCells = page => page.evaluate(() => window.nb.content.widgets
  .map((c, i) => ({ i, type: c.model.type, source: c.model.sharedModel.source })).filter(c => c.type === 'code'));
export const output = (page, i) => page.evaluate(i => {
  const c = window.nb.content.widgets[i], m = c.outputArea.model, list = [];
  for (let k = 0; k < m.length; k++) list.push(m.get(k).toJSON());
  return {
    text: c.outputArea.node.innerText, html: c.outputArea.node.innerHTML, list,
    errors: list.filter(o => o.output_type === 'error').map(o => `${o.ename}: ${o.evalue}`),
    types: list.flatMap(o => Object.keys(o.data ?? {})),
    tables: c.outputArea.node.querySelectorAll('table').length,
    plots: c.outputArea.node.querySelectorAll('.vega-embed canvas, .vega-embed svg, svg').length,
  };
}, i);

// picture scrolls cell i into view and takes a screenshot.
export async function picture(page, i, file) {
  if (i !== undefined) await page.evaluate(i => window.nb.content.widgets[i].node.scrollIntoView({ block: 'start' }), i);
  await sleep(400);
  await page.screenshot({ path: file });
}
