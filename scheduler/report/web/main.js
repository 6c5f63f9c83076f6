// Reads the data of the page and hands it to the view of its kind.

async function unpack(bytes) {
  if (!('DecompressionStream' in window) || location.hash === '#own-inflate') return gunzip(bytes);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

async function readData() {
  const holder = document.getElementById('data');
  if (!('packed' in holder.dataset)) return JSON.parse(holder.textContent);
  const packed = atob(holder.textContent);
  const bytes = new Uint8Array(packed.length);
  for (let i = 0; i < packed.length; i++) bytes[i] = packed.charCodeAt(i);
  return JSON.parse(new TextDecoder().decode(await unpack(bytes)));
}

async function start() {
  startTheme();
  const verdict = document.getElementById('verdict');
  try {
    const data = await readData();
    const views = document.getElementById('views');
    const shown = data.kind === 'sweep' ? showSweep(data, views, verdict)
      : showSimulation(data, views, verdict);
    // For who drives this page by program: when it was ready, in milliseconds, and what is where.
    window.berthReport = {ready: performance.now(), ...shown};
  } catch (error) {
    verdict.setAttribute('role', 'alert');
    verdict.textContent = 'This page cannot be shown: ' + error.message;
    throw error;
  }
}

start();
