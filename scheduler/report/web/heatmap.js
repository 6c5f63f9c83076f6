// Nodes as cells of a grid, coloured by how much of a resource is requested.

// Cividis: even steps of lightness, the same to all kinds of colour vision.
function utilisationColour(share) {
  return share > 1 ? cssColour('--over') : d3.interpolateCividis(share);
}

// 256 colours, since cells are many.
function makePalette() {
  return d3.range(256).map((i) => d3.interpolateCividis(i / 255));
}

class Heatmap {
  // shares: for each node its share, NaN where it has none of the resource.
  constructor(canvas, count, {onPoint, onPick}) {
    this.canvas = canvas;
    this.count = count;
    this.shares = new Float64Array(count);
    this.order = d3.range(count);
    this.marked = null;  // a Set of nodes; all others are faint
    this.picked = -1;
    this.cursor = -1;  // position in `order`, of who walks by keyboard
    this.palette = makePalette();
    this.transform = d3.zoomIdentity;
    this.zoom = d3.zoom().scaleExtent([1, 60]).on('zoom', () => {
      this.transform = d3.event.transform;
      this.draw();
    });
    d3.select(canvas).call(this.zoom).on('dblclick.zoom', null);
    canvas.addEventListener('mousemove', (event) => onPoint(this.nodeAt(event)));
    canvas.addEventListener('mouseleave', () => onPoint(-1));
    canvas.addEventListener('click', (event) => {
      const node = this.nodeAt(event);
      if (node >= 0) onPick(node);
    });
    canvas.addEventListener('keydown', (event) => this.onKey(event, onPoint, onPick));
    canvas.addEventListener('blur', () => {
      this.cursor = -1;
      this.draw();
    });
    new ResizeObserver(() => this.resize()).observe(canvas);
    themeListeners.push(() => this.draw());
    this.resize();
  }

  resize() {
    const {clientWidth: width, clientHeight: height} = this.canvas;
    if (width === 0 || height === 0) return;
    const ratio = window.devicePixelRatio || 1;
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(height * ratio);
    this.ratio = ratio;
    this.width = width;
    this.height = height;
    this.columns = Math.max(1, Math.ceil(Math.sqrt(this.count * width / height)));
    this.rows = Math.max(1, Math.ceil(this.count / this.columns));
    this.cellWidth = width / this.columns;
    this.cellHeight = height / this.rows;
    this.zoom.extent([[0, 0], [width, height]]).translateExtent([[0, 0], [width, height]]);
    this.draw();
  }

  show(shares, sorted) {
    this.shares = shares;
    this.order = d3.range(this.count);
    const rank = (node) => (Number.isNaN(shares[node]) ? -1 : shares[node]);
    if (sorted) this.order.sort((a, b) => rank(b) - rank(a) || a - b);
    this.draw();
  }

  mark(nodes) {
    this.marked = nodes;
    this.draw();
  }

  pick(node) {
    this.picked = node;
    this.draw();
  }

  draw() {
    const context = this.canvas.getContext('2d');
    const {ratio, transform: {x, y, k}} = this;
    if (!ratio) return;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, this.width, this.height);
    const absent = cssColour('--absent');
    const over = cssColour('--over');
    const width = this.cellWidth * k;
    const height = this.cellHeight * k;
    const gap = Math.min(width, height) > 4 ? 1 : 0;
    for (let i = 0; i < this.count; i++) {
      const left = (i % this.columns) * width + x;
      const top = Math.floor(i / this.columns) * height + y;
      if (left > this.width || top > this.height || left + width < 0 || top + height < 0) continue;
      const node = this.order[i];
      const share = this.shares[node];
      context.globalAlpha = this.marked && !this.marked.has(node) ? 0.12 : 1;
      context.fillStyle = Number.isNaN(share) ? absent
        : share > 1 ? over : this.palette[Math.round(share * 255)];
      context.fillRect(left, top, Math.max(0.5, width - gap), Math.max(0.5, height - gap));
    }
    context.globalAlpha = 1;
    if (this.picked >= 0) this.frame(context, this.order.indexOf(this.picked), [], 3);
    if (this.cursor >= 0) this.frame(context, this.cursor, [4, 3], 2);
  }

  frame(context, position, dashes, thickness) {
    const {x, y, k} = this.transform;
    const left = (position % this.columns) * this.cellWidth * k + x;
    const top = Math.floor(position / this.columns) * this.cellHeight * k + y;
    const box = [left - 2, top - 2, this.cellWidth * k + 3, this.cellHeight * k + 3];
    context.setLineDash([]);
    context.strokeStyle = cssColour('--page');
    context.lineWidth = thickness + 2;
    context.strokeRect(...box);
    context.setLineDash(dashes);
    context.strokeStyle = cssColour('--over');
    context.lineWidth = thickness;
    context.strokeRect(...box);
    context.setLineDash([]);
  }

  nodeAt(event) {
    const box = this.canvas.getBoundingClientRect();
    const [x, y] = this.transform.invert([event.clientX - box.left, event.clientY - box.top]);
    const column = Math.floor(x / this.cellWidth);
    const row = Math.floor(y / this.cellHeight);
    if (column < 0 || column >= this.columns || row < 0) return -1;
    return this.order[row * this.columns + column] ?? -1;
  }

  // The middle of a node's cell, in pixels of the window.
  centreOf(node) {
    const box = this.canvas.getBoundingClientRect();
    const position = this.order.indexOf(node);
    const [x, y] = this.transform.apply([
      (position % this.columns + 0.5) * this.cellWidth,
      (Math.floor(position / this.columns) + 0.5) * this.cellHeight]);
    return [box.left + x, box.top + y];
  }

  zoomBy(factor) {
    this.zoom.scaleBy(d3.select(this.canvas), factor);
  }

  zoomOut() {
    this.zoom.transform(d3.select(this.canvas), d3.zoomIdentity);
  }

  // So that the cell under the cursor can be seen.
  follow() {
    if (this.transform.k === 1) return;
    this.zoom.translateTo(d3.select(this.canvas),
      (this.cursor % this.columns + 0.5) * this.cellWidth,
      (Math.floor(this.cursor / this.columns) + 0.5) * this.cellHeight);
  }

  onKey(event, onPoint, onPick) {
    const steps = {ArrowLeft: -1, ArrowRight: 1, ArrowUp: -this.columns, ArrowDown: this.columns};
    if (event.key in steps || event.key === 'Home' || event.key === 'End') {
      const from = Math.max(0, this.cursor);
      const to = event.key === 'Home' ? 0 : event.key === 'End' ? this.count - 1
        : this.cursor < 0 ? 0 : from + steps[event.key];
      if (to >= 0 && to < this.count) this.cursor = to;
      this.follow();
      this.draw();
      onPoint(this.order[this.cursor]);
    } else if ((event.key === 'Enter' || event.key === ' ') && this.cursor >= 0) {
      onPick(this.order[this.cursor]);
    } else if (event.key === '+' || event.key === '-') {
      this.zoomBy(event.key === '+' ? 1.5 : 1 / 1.5);
    } else if (event.key === '0') {
      this.zoomOut();
    } else {
      return;
    }
    event.preventDefault();
  }
}

// The colours of the shares from 0 to 100 %, and what the others mean.
function heatmapLegend() {
  const scale = element('canvas', {width: 256, height: 1, 'aria-hidden': 'true'});
  const context = scale.getContext('2d');
  makePalette().forEach((colour, i) => {
    context.fillStyle = colour;
    context.fillRect(i, 0, 1, 1);
  });
  const swatch = (colour, text) => element('span', {},
    element('span', {class: 'swatch', style: `background: var(${colour})`}), text);
  return element('div', {class: 'controls'},
    element('span', {class: 'scale'}, '0 %', scale, '100 % requested'),
    swatch('--over', 'more than it has'), swatch('--absent', 'has none of it'));
}
