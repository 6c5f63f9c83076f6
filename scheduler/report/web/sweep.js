// The views of many runs: for each workload curves and bars, over seeds.

function meanAndDeviation(values) {
  const mean = d3.mean(values);
  return {mean, deviation: values.length > 1 ? d3.deviation(values) : 0, count: values.length};
}

// The value of a curve at x: that of the last point before it. NaN before the first.
function valueAt(points, x) {
  const i = d3.bisector((point) => point[0]).right(points, x) - 1;
  return i < 0 ? NaN : points[i][1];
}

// The mean of the seeds' curves with the least and the most as a band.
function bandOver(curves) {
  const xs = [...new Set(curves.flatMap((points) => points.map((point) => point[0])))]
    .sort(d3.ascending);
  const step = Math.max(1, Math.floor(xs.length / 300));
  const points = [];
  const band = [];
  xs.forEach((x, i) => {
    if (i % step !== 0 && i !== xs.length - 1) return;
    const values = curves.map((one) => valueAt(one, x)).filter((value) => !Number.isNaN(value));
    points.push([x, d3.mean(values)]);
    band.push([x, d3.min(values), d3.max(values)]);
  });
  return {points, band: curves.length > 1 ? band : null};
}

function curveSection(id, workload, metric, rows, xLabel) {
  const series = Array.from(d3.group(rows, (row) => row[1]), ([name, ofProfile]) => {
    const curves = Array.from(d3.group(ofProfile, (row) => row[2]).values(), (ofSeed) =>
      ofSeed.map((row) => [row[4], row[5]]).sort((a, b) => a[0] - b[0]));
    return {name, ...bandOver(curves)};
  });
  return section(id, `${metric}, ${workload}`,
    lineChart(`${metric} of ${workload}, a line a profile`, series, {xLabel, yLabel: metric}),
    element('p', {class: 'muted'}, 'Lines are means over seeds, bands from the least to the most.'));
}

function barSection(id, workload, metric, rows, published) {
  const profiles = Array.from(d3.group(rows, (row) => row[1]), ([label, ofProfile]) =>
    ({label, ...meanAndDeviation(ofProfile.map((row) => row[4])), published: published.get(label)}))
    .sort((a, b) => b.mean - a.mean);
  const bars = profiles.map((one) => ({label: one.label, parts: [one.mean], published: one.published,
    whisker: one.count > 1 ? [one.mean - one.deviation, one.mean + one.deviation] : null,
    text: `${formatDecimal(one.mean)} ± ${formatDecimal(one.deviation)} over ${one.count} seeds`}));
  const cells = profiles.map((one) => [one.label, formatDecimal(one.mean),
    formatDecimal(one.deviation), String(one.count),
    one.published === undefined ? '' : formatDecimal(one.published),
    one.published === undefined ? '' : formatDecimal(one.mean - one.published)]);
  return section(id, `${metric}, ${workload}`,
    barChart(`${metric} of ${workload} by profile`, bars, {xLabel: metric, xFormat: formatDecimal}),
    element('p', {class: 'muted'}, 'Whiskers are one standard deviation over seeds' +
      (published.size ? '; dotted: published.' : '.')),
    asTable(['Profile', 'mean', 'deviation', 'seeds', 'published', 'difference'], cells, metric));
}

function showSweep(data, views, verdict) {
  document.getElementById('title').textContent = 'Berth sweep';
  const distinct = (rows, column) => [...new Set(rows.map((row) => row[column]))];
  const workloads = distinct([...data.figures, ...data.curves], 0);
  const runs = new Set(data.figures.map((row) => JSON.stringify(row.slice(0, 3)))).size;
  verdict.textContent = `${formatCount(runs)} runs: ${workloads.length} workloads, ` +
    `${distinct(data.figures, 1).length} profiles, ${distinct(data.figures, 2).length} seeds`;
  const charts = element('div', {class: 'charts'});
  workloads.forEach((workload, i) => {
    const curves = data.curves.filter((row) => row[0] === workload);
    distinct(curves, 3).forEach((metric, j) => charts.append(curveSection(`curve-${i}-${j}`, workload,
      metric, curves.filter((row) => row[3] === metric), data.xLabel)));
    data.metrics.forEach((metric, j) => {
      const rows = data.figures.filter((row) => row[0] === workload && row[3] === metric);
      const published = new Map(data.published
        .filter((row) => row[0] === workload && row[2] === metric).map((row) => [row[1], row[3]]));
      if (rows.length) charts.append(barSection(`bars-${i}-${j}`, workload, metric, rows, published));
    });
  });
  views.append(charts);
  return {};
}
