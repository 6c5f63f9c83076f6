// Elements, numbers as people read them, and the theme. Names from the input only ever become text
// nodes.

// element('p', {class: 'x', onclick: f}, 'text', child, ...)
function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined) continue;
    if (key.startsWith('on')) made.addEventListener(key.slice(2), value);
    else made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

// A name in CamelCase that may be broken between its words.
function breakable(name) {
  const words = name.split(/(?<=[a-z])(?=[A-Z])/);
  return element('span', {}, ...words.flatMap((word, i) => (i ? [element('wbr'), word] : [word])));
}

function section(id, title, ...children) {
  return element('section', {id, 'aria-labelledby': id + '-title'},
    element('h2', {id: id + '-title'}, title), ...children);
}

function table(headers, rows, caption) {
  const head = headers.map((text) => element('th', {scope: 'col'}, text));
  const body = rows.map(({cells, chosen}) => element('tr', chosen ? {class: 'chosen'} : {},
    ...cells.map((cell) => element('td', {}, cell))));
  return element('div', {class: 'scroll'}, element('table', {'aria-label': caption},
    element('thead', {}, element('tr', {}, ...head)), element('tbody', {}, ...body)));
}

// A table for who does not see the picture, or wants the figures.
function asTable(headers, rows, caption) {
  return element('details', {class: 'no-print'}, element('summary', {}, 'As a table'),
    table(headers, rows.map((cells) => ({cells})), caption));
}

const formatCount = (value) => value.toLocaleString('en', {maximumFractionDigits: 12});

function formatShare(share) {
  return (share * 100).toFixed(1) + ' %';
}

function formatAmount(amount, unit) {
  if (unit === 'millicores') return formatDecimal(amount / 1000);
  if (unit !== 'bytes') return formatCount(amount);
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  let step = 0;
  while (Math.abs(amount) >= 1024 && step < units.length - 1) {
    amount /= 1024;
    step++;
  }
  return formatDecimal(amount) + ' ' + units[step];
}

function formatDecimal(value) {
  return formatCount(Number(value.toPrecision(4)));
}

function formatDuration(nanoseconds) {
  if (nanoseconds < 1e3) return formatDecimal(nanoseconds) + ' ns';
  if (nanoseconds < 1e6) return formatDecimal(nanoseconds / 1e3) + ' µs';
  if (nanoseconds < 1e9) return formatDecimal(nanoseconds / 1e6) + ' ms';
  return formatDecimal(nanoseconds / 1e9) + ' s';
}

function cssColour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

// ---- Theme: what the system wants until somebody says otherwise ----

const systemDark = window.matchMedia('(prefers-color-scheme: dark)');
let chosenTheme = null;
const themeListeners = [];

function currentTheme() {
  return chosenTheme ?? (systemDark.matches ? 'dark' : 'light');
}

function applyTheme() {
  const theme = currentTheme();
  document.documentElement.dataset.theme = theme;
  const button = document.getElementById('theme');
  button.textContent = theme === 'dark' ? 'Light colours' : 'Dark colours';
  for (const listener of themeListeners) listener();
}

function startTheme() {
  document.getElementById('theme').addEventListener('click', () => {
    chosenTheme = currentTheme() === 'dark' ? 'light' : 'dark';
    applyTheme();
  });
  systemDark.addEventListener('change', applyTheme);
  applyTheme();
}
