// The views of many runs, over seeds: a table of means and, for each workload, bars and curves.

const MAX_DRAWN_WORKLOADS = 40;

function plural(count, noun) {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;
}

// The chart of one workload.
function panel(id, title, chart) {
  return element('div', {id, class: 'panel'}, element('h4', {}, title), chart);
}

// A choice among names, the first one at the beginning.
function chooser(id, label, names, onChange) {
  const options = names.map((name, i) => element('option', {value: i}, name));
  const select = element('select', {id, onchange: () => onChange(Number(select.value))}, ...options);
  return element('p', {class: 'controls no-print'}, element('label', {}, label, select));
}

const spreadText = ({mean, deviation, count}) =>
  formatDecimal(mean) + (count > 1 ? ` ± ${formatCount(Number(deviation.toPrecision(2)))}` : '');

function numbersTable({workloads, profiles}, {name, table: cells}) {
  const rows = workloads.map((workload, w) => ({cells: [workload, ...profiles.map((_, p) => {
    const figure = cells[w][p];
    if (!figure) return '–';
    if (figure.published === undefined) return spreadText(figure);
    return element('span', {}, spreadText(figure), element('br'),
      element('span', {class: 'muted'}, formatDecimal(figure.published)));
  })]}));
  return table(['', ...profiles], rows, `${name}: mean ± standard deviation over seeds`);
}

function hasPublished({table: cells}) {
  return cells.some((row) => row.some((figure) => figure?.published !== undefined));
}

function barsOf({workloads, profiles}, {name, table: cells}, w) {
  const bars = profiles.map((label, p) => ({label, figure: cells[w][p]})).filter(({figure}) => figure)
    .sort((a, b) => b.figure.mean - a.figure.mean)
    .map(({label, figure}) => ({label, parts: [figure.mean], published: figure.published,
      whisker: figure.count > 1 ? [figure.mean - figure.deviation, figure.mean + figure.deviation] : null,
      text: `${spreadText(figure)} over ${plural(figure.count, 'seed')}`}));
  return panel(`bars-${w}`, workloads[w], bars.length ? barChart(
    `${name} of ${workloads[w]} by profile`, bars, {xLabel: name, xFormat: formatDecimal})
    : element('p', {class: 'muted'}, 'No run has this figure.'));
}

function linesOf({workloads, profiles, xLabel}, {name, table: cells}, w) {
  const series = profiles.map((profile, p) => ({name: profile, rows: cells[w][p] ?? []}))
    .map(({name: profile, rows}) => ({name: profile, points: rows.map(([x, mean]) => [x, mean]),
      band: rows.map(([x, , least, most]) => [x, least, most])}));
  const drawn = series.some(({points}) => points.length);
  return panel(`curves-${w}`, workloads[w], drawn ? lineChart(
    `${name} of ${workloads[w]}, a line a profile`, series, {xLabel, yLabel: name})
    : element('p', {class: 'muted'}, 'No run has this curve.'));
}

function drawnWorkloads({workloads}) {
  return d3.range(Math.min(workloads.length, MAX_DRAWN_WORKLOADS));
}

// A heading, a choice, and what is drawn anew for whatever is chosen.
function chosenView(id, title, label, choices, draw) {
  const drawn = element('div', {});
  const show = (i) => drawn.replaceChildren(...draw(choices[i]));
  show(0);
  return section(id, title, chooser(`${id}-choice`, label, choices.map(({name}) => name), show), drawn);
}

function figuresView(data) {
  return chosenView('figures', 'Figures', 'Figure', data.figures, (figure) => [
    element('h3', {}, figure.name), numbersTable(data, figure),
    element('p', {class: 'muted'}, 'Means over seeds ± one standard deviation, which are the bars and their whiskers'
      + (hasPublished(figure) ? '; below, and dotted: published.' : '.')),
    element('div', {class: 'charts'}, ...drawnWorkloads(data).map((w) => barsOf(data, figure, w)))]);
}

function curvesView(data) {
  return chosenView('curves', 'Curves', 'Curve', data.curves, (curve) => [
    element('h3', {}, curve.name),
    element('p', {class: 'muted'}, 'Lines are means over seeds, bands from the least to the most.'),
    element('div', {class: 'charts'}, ...drawnWorkloads(data).map((w) => linesOf(data, curve, w)))]);
}

function showSweep(data, views, verdict) {
  document.getElementById('title').textContent = 'Berth sweep';
  verdict.textContent = `${plural(data.runs, 'run')}: ${plural(data.workloads.length, 'workload')}, ` +
    `${plural(data.profiles.length, 'profile')}, ${plural(data.seeds, 'seed')}`;
  if (data.workloads.length > MAX_DRAWN_WORKLOADS) {
    views.append(element('p', {class: 'muted'}, `Drawn are the first ${MAX_DRAWN_WORKLOADS} workloads; ` +
      'the tables have all.'));
  }
  if (data.figures.length) views.append(figuresView(data));
  if (data.curves.length) views.append(curvesView(data));
  return {};
}
