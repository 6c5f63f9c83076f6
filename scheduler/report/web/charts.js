// Charts as SVG, each with a title, a description and, where it has bars, a table.

// Okabe and Ito's colours, which colour-blind people can tell apart, in an order that does on both
// backgrounds; dashes for who sees none.
const SERIES_COLOURS = ['var(--blue)', '#d55e00', '#009e73', '#cc79a7', 'var(--sky)', '#e69f00', '#8c8c8c'];
const SERIES_DASHES = [null, '7 3', '2 3', '9 3 2 3', '4 2', '12 4', '1 4'];

function seriesColour(i) {
  return SERIES_COLOURS[i % SERIES_COLOURS.length];
}
function seriesDash(i) {
  return SERIES_DASHES[i % SERIES_DASHES.length];
}

// A plane to draw on: its svg, the inner group and the size of that.
function plane(label, {width = 480, height = 270, left = 52, bottom = 38, right = 14, top = 10} = {}) {
  const svg = d3.create('svg').attr('viewBox', [0, 0, width, height]).attr('role', 'img')
    .attr('aria-label', label);
  const inner = svg.append('g').attr('transform', `translate(${left},${top})`);
  return {svg, inner, width: width - left - right, height: height - top - bottom};
}

function drawAxes({inner, width, height}, x, y, {xLabel, yLabel, xFormat, yFormat, xTickValues}) {
  inner.append('g').attr('class', 'grid').attr('aria-hidden', 'true')
    .call(d3.axisLeft(y).ticks(5).tickSize(-width).tickFormat(''));
  const bottom = d3.axisBottom(x).ticks(6);
  if (xTickValues) bottom.tickValues(xTickValues);
  if (xFormat) bottom.tickFormat(xFormat);
  inner.append('g').attr('class', 'axis').attr('transform', `translate(0,${height})`).call(bottom);
  const left = d3.axisLeft(y).ticks(5);
  if (yFormat) left.tickFormat(yFormat);
  inner.append('g').attr('class', 'axis').call(left);
  inner.append('text').attr('x', width).attr('y', height + 33).attr('text-anchor', 'end')
    .text(xLabel);
  if (yLabel) inner.append('text').attr('x', 4).attr('y', 4).text(yLabel);
}

// Of lines, or of parts of bars.
function legend(names, ofBars) {
  return element('ul', {class: 'legend'}, ...names.map((name, i) => {
    const mark = d3.create('svg').attr('viewBox', '0 0 28 12').attr('aria-hidden', 'true');
    mark.append('line').attr('x2', 28).attr('y1', 6).attr('y2', 6).attr('stroke', seriesColour(i))
      .attr('stroke-width', ofBars ? 12 : 2.5)
      .attr('stroke-dasharray', ofBars ? null : seriesDash(i));
    return element('li', {}, mark.node(), name);
  }));
}

// series: [{name, points: [[x, y], ...], band: [[x, low, high], ...]?}]
function lineChart(label, series, options) {
  const area = plane(label);
  const points = series.flatMap((one) => one.points);
  const banded = series.flatMap((one) => one.band ?? []);
  const x = d3.scaleLinear().domain(options.xDomain ?? d3.extent(points, (p) => p[0]))
    .range([0, area.width]);
  const most = d3.max([...points.map((p) => p[1]), ...banded.map((p) => p[2])]) ?? 1;
  const y = d3.scaleLinear().domain(options.yDomain ?? [0, Math.max(most, 1e-9)]).nice()
    .range([area.height, 0]);
  drawAxes(area, x, y, options);
  series.forEach((one, i) => {
    if (one.band) {
      area.inner.append('path').attr('class', 'band').attr('fill', seriesColour(i))
        .attr('opacity', 0.2)
        .attr('d', d3.area().x((p) => x(p[0])).y0((p) => y(p[1])).y1((p) => y(p[2]))(one.band));
    }
    area.inner.append('path').attr('class', 'mark line').attr('fill', 'none')
      .attr('stroke', seriesColour(i)).attr('stroke-width', 2)
      .attr('stroke-dasharray', seriesDash(i))
      .attr('d', d3.line().x((p) => x(p[0])).y((p) => y(p[1]))(one.points))
      .append('title').text(one.name);
  });
  return element('figure', {}, area.svg.node(), legend(series.map((one) => one.name)));
}

// Thousands of points as one path, on axes that give more room to small values; onPick gets the index of the point nearest to a click.
function scatterChart(label, points, options, onPick) {
  const area = plane(label);
  const x = d3.scaleSqrt().domain([0, d3.max(points, (p) => p[0]) || 1]).nice()
    .range([0, area.width]);
  const y = d3.scaleSqrt().domain([0, d3.max(points, (p) => p[1]) || 1]).nice()
    .range([area.height, 0]);
  drawAxes(area, x, y, options);
  const dots = points.map((p) => `M${x(p[0]).toFixed(1)} ${y(p[1]).toFixed(1)}h0`).join('');
  area.inner.append('path').attr('class', 'mark dots').attr('d', dots)
    .attr('stroke', seriesColour(0)).attr('stroke-width', points.length > 1000 ? 3.5 : 6)
    .attr('stroke-linecap', 'round').attr('opacity', points.length > 1000 ? 0.45 : 0.7);
  const tree = d3.quadtree().x((i) => x(points[i][0])).y((i) => y(points[i][1]))
    .addAll(d3.range(points.length));
  area.inner.append('rect').attr('width', area.width).attr('height', area.height)
    .attr('fill', 'transparent').style('cursor', 'pointer').on('click', function pick() {
      const found = tree.find(...d3.mouse(this), 30);
      if (found !== undefined) onPick(found);
    });
  return element('figure', {}, area.svg.node());
}

// Powers of ten, and where these are few, what lies between them.
function logTicks(x) {
  const [from, to] = x.domain();
  const factors = Math.log10(to / from) >= 2 ? [1] : [1, 2, 5];
  const powers = d3.range(Math.floor(Math.log10(from)), Math.ceil(Math.log10(to)) + 1);
  return powers.flatMap((power) => factors.map((factor) => factor * 10 ** power))
    .filter((tick) => tick >= from * 0.999 && tick <= to * 1.001);
}

// bins: [[from, to, count], ...] on a logarithmic axis.
function histogram(label, bins, options) {
  const area = plane(label);
  const x = d3.scaleLog().domain([bins[0][0], bins[bins.length - 1][1]]).range([0, area.width]);
  const y = d3.scaleLinear().domain([0, d3.max(bins, (bin) => bin[2])]).nice()
    .range([area.height, 0]);
  drawAxes(area, x, y, {...options, xTickValues: logTicks(x)});
  area.inner.append('g').selectAll('rect').data(bins).join('rect').attr('class', 'mark')
    .attr('x', (bin) => x(bin[0]) + 0.5).attr('width', (bin) => Math.max(0.5, x(bin[1]) - x(bin[0]) - 1))
    .attr('y', (bin) => y(bin[2])).attr('height', (bin) => area.height - y(bin[2]))
    .attr('fill', seriesColour(0)).append('title')
    .text((bin) => `${options.xFormat(bin[0])} to ${options.xFormat(bin[1])}: ${formatCount(bin[2])}`);
  return element('figure', {}, area.svg.node());
}

function shortened(text, most) {
  return text.length <= most ? text : text.slice(0, most - 1) + '…';
}

// rows: [{label, parts: [n, ...], whisker: [low, high]?, published: n?, text}], drawn sideways.
function barChart(label, rows, {parts, xLabel, xFormat}) {
  const step = 24;
  const labels = rows.map((row) => shortened(row.label, 32));
  const left = 16 + 5.5 * d3.max(labels, (text) => text.length);
  const height = rows.length * step + 48;
  const area = plane(label, {height, left});
  const most = d3.max(rows, (row) =>
    Math.max(d3.sum(row.parts), row.whisker ? row.whisker[1] : 0, row.published ?? 0));
  const x = d3.scaleLinear().domain([0, most || 1]).nice().range([0, area.width]);
  const y = d3.scaleBand().domain(d3.range(rows.length)).range([0, area.height]).padding(0.25);
  area.inner.append('g').attr('class', 'axis').attr('transform', `translate(0,${area.height})`)
    .call(d3.axisBottom(x).ticks(4).tickFormat(xFormat));
  area.inner.append('text').attr('x', area.width).attr('y', area.height + 33)
    .attr('text-anchor', 'end').text(xLabel);
  rows.forEach((row, i) => {
    let from = 0;
    row.parts.forEach((part, j) => {
      area.inner.append('rect').attr('class', 'mark').attr('x', x(from)).attr('y', y(i))
        .attr('width', Math.max(0, x(from + part) - x(from))).attr('height', y.bandwidth())
        .attr('fill', seriesColour(j)).append('title').text(`${row.label}: ${row.text}`);
      from += part;
    });
    const middle = y(i) + y.bandwidth() / 2;
    if (row.whisker) {
      area.inner.append('path').attr('class', 'whisker').attr('fill', 'none')
        .attr('stroke', 'var(--text)').attr('stroke-width', 1.5)
        .attr('d', `M${x(row.whisker[0])} ${middle - 4}v8m0 -4H${x(row.whisker[1])}m0 -4v8`);
    }
    if (row.published !== undefined) {
      area.inner.append('line').attr('class', 'published').attr('stroke', 'var(--text)')
        .attr('stroke-width', 2).attr('stroke-dasharray', '2 2').attr('x1', x(row.published))
        .attr('x2', x(row.published)).attr('y1', y(i) - 2).attr('y2', y(i) + y.bandwidth() + 2)
        .append('title').text(`published: ${xFormat(row.published)}`);
    }
    area.inner.append('text').attr('x', -6).attr('y', middle + 4).attr('text-anchor', 'end')
      .text(labels[i]).append('title').text(row.label);
  });
  return element('figure', {}, area.svg.node(), parts ? legend(parts, true) : null);
}
