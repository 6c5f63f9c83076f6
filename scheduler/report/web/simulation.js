// The views of one simulated run.

const MAX_LISTED = 200;

// What the data says of single nodes and pods; indices are made when first asked for.
class Run {
  constructor(data) {
    this.data = data;
  }
  share(resource, node) {
    const allocatable = this.data.nodes.allocatable[resource][node];
    const requested = this.data.nodes.requested[resource][node];
    return allocatable > 0 ? requested / allocatable : requested > 0 ? Infinity : NaN;
  }
  shares(resource) {
    return Float64Array.from(this.data.nodes.names, (_, node) => this.share(resource, node));
  }
  get podsByNode() {
    this.byNode ??= d3.group(d3.range(this.data.pods.names.length), (pod) => this.data.pods.node[pod]);
    return this.byNode;
  }
  indexOf(kind, names) {
    this.indices ??= {};
    this.indices[kind] ??= new Map(names.map((name, i) => [name, i]));
    return this.indices[kind];
  }
  placementOf(pod) {
    return this.indexOf('placements', this.data.placements.names).get(pod);
  }
  failureOf(pod) {
    return this.indexOf('failures', this.data.failures.names).get(pod);
  }
  explanationOf(pod) {
    return this.indexOf('explanations', this.data.explanations.pods).get(pod);
  }
  onNode(pod) {
    return this.indexOf('pods', this.data.pods.names).get(pod);
  }
  // Every pod the page knows of, once.
  get allPods() {
    this.known ??= [...new Set([...this.data.failures.names, ...this.data.placements.names,
      ...this.data.pods.names])];
    return this.known;
  }
  requestText(request) {
    const amounts = this.data.pods.requests[request];
    return this.data.resources
      .map(({name, unit}, i) => (amounts[i] ? `${name} ${formatAmount(amounts[i], unit)}` : ''))
      .filter((text) => text).join(', ') || 'nothing';
  }
}

// ---- The verdict and the numbers ----

function tellVerdict({counts, interrupted}, verdict) {
  const open = counts.total - counts.placed;
  verdict.className = open > 0 ? 'bad' : 'good';
  verdict.textContent = (interrupted ? 'Interrupted: ' : '') +
    `${formatCount(counts.placed)} of ${formatCount(counts.total)} pods placed` +
    (counts.unschedulable ? `, ${formatCount(counts.unschedulable)} fit nowhere` : '') +
    (counts.gated ? `, ${formatCount(counts.gated)} held back` : '') +
    (counts.notTried ? `, ${formatCount(counts.notTried)} not tried` : '');
}

function numbers({counts, nodes, resources, timings}) {
  const used = nodes.pods.filter((pods) => pods > 0).length;
  const cards = [['Nodes', formatCount(nodes.names.length)],
    ['with pods', formatCount(used)],
    ...resources.filter((one) => one.allocatable > 0)
      .map((one) => [one.name + ' requested', formatShare(one.requested / one.allocatable)]),
    ['Decisions a second', formatDecimal(timings.podsPerSecond)],
    ['Decision, median', formatDuration(timings.p50)],
    ['Decision, 99th percentile', formatDuration(timings.p99)]];
  if (counts.evicted) cards.push(['Evicted', formatCount(counts.evicted)]);
  return section('numbers', 'The numbers', element('dl', {class: 'cards'},
    ...cards.map(([name, value]) => element('div', {}, element('dt', {}, name),
      element('dd', {}, value)))));
}

// ---- Details: a node's pods, a pod's reasons ----

class Details {
  constructor(run, onNode) {
    this.run = run;
    this.onNode = onNode;
    this.origin = null;
    this.panel = element('aside', {id: 'details', 'aria-live': 'polite', 'aria-label': 'Details',
      onkeydown: (event) => event.key === 'Escape' && this.close()});
    this.clear();
  }

  clear() {
    this.panel.replaceChildren(element('p', {class: 'muted'},
      'Choose a node on the map, or search for a node or a pod: what is known of it comes here.'));
  }

  close() {
    this.clear();
    this.onNode(-1);
    (this.origin ?? document.getElementById('heatmap')).focus();
  }

  show(title, ...children) {
    if (!this.panel.contains(document.activeElement)) this.origin = document.activeElement;
    const heading = element('h2', {tabindex: '-1'}, title);
    this.panel.replaceChildren(heading, ...children.filter((child) => child),
      element('p', {class: 'no-print'},
        element('button', {type: 'button', onclick: () => this.close()}, 'Close')));
    heading.focus({preventScroll: true});
  }

  podButton(name) {
    return element('button', {type: 'button', class: 'pod', onclick: () => this.showPod(name)}, name);
  }
  nodeButton(node) {
    if (node < 0) return 'a node that is gone';
    return element('button', {type: 'button', class: 'link node', onclick: () => this.showNode(node)},
      this.run.data.nodes.names[node]);
  }

  showNode(node) {
    const {data} = this.run;
    this.onNode(node);
    const use = data.resources.map(({name, unit}, i) => {
      const share = this.run.share(i, node);
      return {cells: [name, formatAmount(data.nodes.requested[i][node], unit),
        formatAmount(data.nodes.allocatable[i][node], unit),
        Number.isFinite(share) ? formatShare(share) : '']};
    });
    const pods = this.run.podsByNode.get(node) ?? [];
    const rows = pods.slice(0, MAX_LISTED).map((pod) => element('li', {},
      this.podButton(data.pods.names[pod]),
      element('span', {class: 'muted'}, this.run.requestText(data.pods.request[pod]))));
    const left = data.nodes.pods[node] - rows.length;
    this.show('Node ' + data.nodes.names[node],
      table(['Resource', 'requested', 'of', ''], use, 'Resources of the node'),
      element('h3', {}, `${formatCount(data.nodes.pods[node])} pods`),
      element('ul', {class: 'list'}, ...rows),
      left > 0 ? element('p', {class: 'muted'}, `and ${formatCount(left)} more`) : null);
  }

  showPod(name) {
    const {data} = this.run;
    const placed = this.run.placementOf(name);
    const failed = this.run.failureOf(name);
    const row = this.run.onNode(name);
    const node = row !== undefined ? data.pods.node[row]
      : placed !== undefined ? data.placements.node[placed] : -1;
    const facts = [];
    if (failed !== undefined) {
      facts.push(element('p', {class: 'bad'}, data.failures.verdict[failed]),
        element('pre', {}, data.failures.messages[data.failures.message[failed]]));
    }
    if (row !== undefined) {
      facts.push(element('p', {}, 'Asks for ' + this.run.requestText(data.pods.request[row])));
    }
    if (placed !== undefined) {
      const feasible = data.placements.feasible[placed];
      facts.push(element('p', {}, 'Placed on ', this.nodeButton(data.placements.node[placed]),
        feasible === 1 ? ', the only node that passed every filter.'
          : `, one of ${formatCount(feasible)} nodes that passed every filter, ` +
            `with a score of ${formatCount(data.placements.score[placed])}.`),
      feasible === 1 ? '' : this.whyThere(name));
    } else if (failed === undefined) {
      facts.push(element('p', {}, 'Was running on ', this.nodeButton(node), ' from the beginning.'));
    }
    if (node >= 0) this.onNode(node);
    this.show('Pod ' + name, ...facts);
  }

  // The chosen node beside the runners-up, by plugin.
  whyThere(name) {
    const {explanations} = this.run.data;
    const known = this.run.explanationOf(name);
    if (known === undefined) {
      return element('p', {class: 'muted'}, 'The scores of this pod were not kept: ' +
        `they are for ${formatCount(explanations.pods.length)} pods of the run.`);
    }
    const plugins = explanations.pluginLists[explanations.plugins[known]];
    const candidates = explanations.candidates[known];
    const headers = ['', ...candidates.map(([node]) => this.nodeButton(node))];
    const rows = [{chosen: true, cells: ['total', ...candidates.map(([, total]) => formatCount(total))]},
      ...plugins.map((plugin, i) => ({
        cells: [breakable(plugin), ...candidates.map(([, , scores]) => formatCount(scores[i]))]}))];
    return element('div', {class: 'scores'},
      element('h3', {}, 'Why there: this node, then the runners-up, with their scores'),
      table(headers, rows, 'Scores by plugin'));
  }
}

// ---- The map ----

function heatmapSection(run, details) {
  const {data} = run;
  const canvas = element('canvas', {id: 'heatmap', tabindex: '0', role: 'application',
    'aria-describedby': 'map-help',
    'aria-label': `Map of ${data.nodes.names.length} nodes by utilisation`});
  const pointed = element('p', {id: 'pointed', role: 'status'});
  const resource = element('select', {id: 'resource'},
    ...data.resources.map(({name}, i) => element('option', {value: i}, name)));
  const sorted = element('input', {type: 'checkbox', id: 'sorted'});
  const search = element('input', {type: 'search', id: 'search', placeholder: 'part of a name',
    'aria-controls': 'found'});
  const found = element('ul', {class: 'list', id: 'found', 'aria-label': 'Found'});
  let shares = null;
  let map = null;

  const point = (node) => {
    pointed.textContent = node < 0 || node === undefined ? '' : `${data.nodes.names[node]}: ` +
      data.resources.map(({name}, i) => [name, run.share(i, node)])
        .filter(([, share]) => Number.isFinite(share))
        .map(([name, share]) => `${name} ${formatShare(share)}`).join(', ') +
      `, ${formatCount(data.nodes.pods[node])} pods`;
  };
  const recolour = () => {
    shares = run.shares(Number(resource.value));
    map.show(shares, sorted.checked);
  };
  const find = () => {
    const text = search.value.trim().toLowerCase();
    const has = (name) => name.toLowerCase().includes(text);
    const nodes = text ? d3.range(data.nodes.names.length).filter((i) => has(data.nodes.names[i])) : [];
    const pods = text ? run.allPods.filter(has) : [];
    map.mark(nodes.length ? new Set(nodes) : null);
    found.replaceChildren(
      ...nodes.slice(0, 8).map((node) => element('li', {}, details.nodeButton(node))),
      ...pods.slice(0, 12).map((pod) => element('li', {}, details.podButton(pod))));
    if (text) found.append(element('li', {class: 'muted', role: 'status'},
      `${formatCount(nodes.length)} nodes and ${formatCount(pods.length)} pods have it`));
  };
  resource.addEventListener('change', recolour);
  sorted.addEventListener('change', recolour);
  search.addEventListener('input', find);
  const zoomButton = (text, label, act) => element('button',
    {type: 'button', 'aria-label': label, onclick: act}, text);

  const node = section('map', 'Nodes',
    element('div', {class: 'controls no-print'},
      element('label', {}, 'Resource', resource),
      element('label', {}, sorted, 'fullest first'),
      element('label', {}, 'Find a node or a pod', search),
      element('span', {role: 'group', 'aria-label': 'Zoom'},
        zoomButton('+', 'Zoom in', () => map.zoomBy(1.5)), ' ',
        zoomButton('−', 'Zoom out', () => map.zoomBy(1 / 1.5)), ' ',
        zoomButton('all', 'Show all nodes', () => map.zoomOut()))),
    element('div', {class: 'map'},
      element('div', {}, canvas, pointed, heatmapLegend(), found,
        element('p', {id: 'map-help', class: 'muted no-print'},
          'Arrow keys walk from node to node, Enter opens one, + and − zoom, 0 shows all.')),
      details.panel));
  // The canvas has a size only once it is in the page.
  const begin = () => {
    map = new Heatmap(canvas, data.nodes.names.length,
      {onPoint: point, onPick: (picked) => details.showNode(picked)});
    recolour();
    return map;
  };
  return {node, begin};
}

// ---- Charts ----

function cdfChart(run) {
  const series = run.data.resources.map(({name}, resource) => {
    const shares = Array.from(run.shares(resource)).filter(Number.isFinite).sort(d3.ascending);
    const step = Math.max(1, Math.floor(shares.length / 400));
    const points = shares.map((share, i) => [share, (i + 1) / shares.length])
      .filter((_, i) => i % step === 0 || i === shares.length - 1);
    return {name, points: points.length ? [[points[0][0], 0], ...points] : []};
  }).filter(({points}) => points.length);
  return section('cdf', 'Utilisation of the nodes', lineChart(
    'Share of the nodes whose utilisation is at most so much, by resource', series,
    {xLabel: 'requested of what the node has', yLabel: 'share of the nodes', yDomain: [0, 1],
      xDomain: [0, Math.max(1, d3.max(series, ({points}) => points[points.length - 1][0]) ?? 1)],
      xFormat: d3.format('.0%'), yFormat: d3.format('.0%')}));
}

function freeChart(run, details) {
  const {data} = run;
  const cpu = data.resources.findIndex(({name}) => name === 'cpu');
  const memory = data.resources.findIndex(({name}) => name === 'memory');
  if (cpu < 0 || memory < 0) return null;
  const free = (resource, node) =>
    Math.max(0, data.nodes.allocatable[resource][node] - data.nodes.requested[resource][node]);
  const points = data.nodes.names.map((_, node) =>
    [free(cpu, node) / 1000, free(memory, node) / 2 ** 30]);
  return section('free', 'What is free', scatterChart(
    'Free cpu against free memory, a dot a node', points,
    {xLabel: 'free cpu, cores (square root)', yLabel: 'free memory, GiB (square root)'}, (node) => details.showNode(node)));
}

function timelineChart({timeline, resources}) {
  if (timeline.decided.length < 2) return null;
  const series = resources.map(({name, allocatable}, i) => ({name,
    points: timeline.decided.map((decided, at) =>
      [decided, allocatable > 0 ? timeline.requested[i][at] / allocatable : NaN])}))
    .filter((one) => Number.isFinite(one.points[0][1]));
  series.push({name: 'placed, of those that arrived',
    points: timeline.decided.map((decided, at) => [decided, timeline.placed[at] / decided])});
  return section('timeline', 'Arrivals and allocation', lineChart(
    'Requested share of each resource as pods arrive', series,
    {xLabel: 'pods that have arrived', xFormat: d3.format('~s'), yFormat: d3.format('.0%')}));
}

function reasonsChart({reasons}) {
  const children = [];
  if (reasons.length === 0) {
    children.push(element('p', {class: 'muted'}, 'No pod was refused by every node.'));
  } else {
    const rows = reasons.slice(0, 12).map((one) => ({label: one.reason, parts: [one.pods],
      text: `${formatCount(one.pods)} pods, ${formatCount(one.nodes)} nodes (${one.plugin})`}));
    children.push(
      barChart('Pods that met each reason on some node', rows,
        {xLabel: 'pods', xFormat: d3.format('~s')}),
      asTable(['Reason', 'plugin', 'pods', 'nodes'], reasons.map((one) =>
        [one.reason, one.plugin, formatCount(one.pods), formatCount(one.nodes)]), 'Reasons'));
  }
  return section('reasons', 'Why pods did not fit', ...children);
}

function latencyChart({latencies, timings}) {
  if (latencies.length === 0) return null;
  return section('latency', 'How long decisions took', histogram(
    'Decisions by how long they took', latencies,
    {xLabel: 'time of a decision', yLabel: 'decisions', xFormat: formatDuration}),
    element('p', {class: 'muted'}, `Median ${formatDuration(timings.p50)}, ` +
      `90 % within ${formatDuration(timings.p90)}, 99 % within ${formatDuration(timings.p99)}, ` +
      `longest ${formatDuration(timings.max)}.`));
}

function pluginsChart({pluginTimes: {decisions, plugins}}) {
  if (!decisions) return null;
  const sorted = plugins.map((one) => ({...one, filter: one.filter / decisions,
    score: one.score / decisions})).sort((a, b) => b.filter + b.score - a.filter - a.score);
  const rows = sorted.map((one) => ({label: one.plugin, parts: [one.filter, one.score],
    text: `filter ${formatDuration(one.filter)}, score ${formatDuration(one.score)}`}));
  return section('plugins', 'Time by plugin',
    barChart('Mean time of each plugin a decision', rows,
      {parts: ['PreFilter and Filter', 'PreScore and Score'], xLabel: 'mean time a decision',
        xFormat: formatDuration}),
    element('p', {class: 'muted'}, `Over ${formatCount(decisions)} decisions, each plugin asked ` +
      'about every node with nothing remembered: more than it takes in a run.'),
    asTable(['Plugin', 'filter', 'score'], sorted.map((one) =>
      [one.plugin, formatDuration(one.filter), formatDuration(one.score)]), 'Time by plugin'));
}

function leftOut({pods, placements, failures}) {
  const cut = [[placements, 'placements'], [failures, 'failures'], [pods, 'pods on nodes']]
    .filter(([one]) => one.all > one.names.length)
    .map(([one, name]) => `${formatCount(one.names.length)} of ${formatCount(one.all)} ${name}`);
  return cut.length ? element('p', {class: 'muted'},
    `This page lists ${cut.join(', ')}; all are in the CSV files beside it.`) : null;
}

function showSimulation(data, views, verdict) {
  document.getElementById('title').textContent = 'Berth simulation';
  const run = new Run(data);
  let map = null;
  const details = new Details(run, (node) => map.pick(node));
  const {node: mapSection, begin} = heatmapSection(run, details);
  tellVerdict(data, verdict);
  views.append(...[numbers(data), leftOut(data), mapSection].filter((child) => child));
  map = begin();
  views.append(element('div', {class: 'charts'}, ...[cdfChart(run), freeChart(run, details),
    timelineChart(data), reasonsChart(data), latencyChart(data), pluginsChart(data)]
    .filter((child) => child)));
  return {centreOf: (node) => map.centreOf(node)};
}
