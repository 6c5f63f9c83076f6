"""Draws allocation over arrived load, a line a policy with a band over seeds, as SVG."""

import collections
import html
import statistics

WIDTH, HEIGHT = 640, 400
LEFT, RIGHT, TOP, BOTTOM = 56, 118, 40, 46
FIRST_PERCENT = 70  # before, everybody places everything
# Okabe and Ito's colours, which colour-blind people can tell apart; dashes for who sees none.
STYLES = [("#8c8c8c", "4 2"), ("#e69f00", "12 4"), ("#cc79a7", "9 3 2 3"), ("#009e73", "2 3"),
          ("#d55e00", "7 3"), ("#0072b2", "")]
CSS = """text { font: 12px sans-serif; fill: #24292f } .title { font-size: 14px; font-weight: bold }
.grid { stroke: #d0d7de } .line { fill: none; stroke-width: 2 } .band { opacity: 0.2 }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .grid { stroke: #30363d } }"""


def read_bands(rows, column):
    """(workload, profile) -> [(percent, least, mean, most), ...]"""
    values = collections.defaultdict(lambda: collections.defaultdict(list))
    for row in rows:
        percent = int(row["arrived_pct"])
        if row[column] and percent >= FIRST_PERCENT:
            values[row["workload"], row["profile"]][percent].append(float(row[column]))
    return {key: [(percent, min(seeds), statistics.mean(seeds), max(seeds))
                  for percent, seeds in sorted(points.items())]
            for key, points in values.items()}


class Plane:
    def __init__(self, bands):
        points = [point for band in bands.values() for point in band]
        self.x_range = FIRST_PERCENT, max(point[0] for point in points)
        self.y_range = (int(min(point[1] for point in points) // 10 * 10),
                        int(-(-max(point[3] for point in points) // 10) * 10))

    def x(self, value):
        first, last = self.x_range
        return LEFT + (value - first) / (last - first) * (WIDTH - LEFT - RIGHT)

    def y(self, value):
        least, most = self.y_range
        return HEIGHT - BOTTOM - (value - least) / (most - least) * (HEIGHT - TOP - BOTTOM)

    def path(self, points):
        return "M" + "L".join(f"{self.x(x):.1f} {self.y(y):.1f}" for x, y in points)


def axes(plane):
    yield from (f'<path class="grid" d="M{LEFT} {plane.y(y):.1f}H{WIDTH - RIGHT}"/>'
                f'<text x="{LEFT - 6}" y="{plane.y(y) + 4:.1f}" text-anchor="end">{y}</text>'
                for y in range(plane.y_range[0], plane.y_range[1] + 1, 10))
    yield from (f'<path class="grid" d="M{plane.x(x):.1f} {TOP}V{HEIGHT - BOTTOM}"/>'
                f'<text x="{plane.x(x):.1f}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle">{x}</text>'
                for x in range(plane.x_range[0], plane.x_range[1] + 1, 10))
    yield (f'<text x="{WIDTH - RIGHT}" y="{HEIGHT - 10}" text-anchor="end">'
           'GPUs that the pods so far have asked for, %</text>')


def label_heights(plane, bands):
    """Beside the ends of the lines, moved apart so that each can be read."""
    heights, lowest = {}, 0
    for profile in sorted(bands, key=lambda name: -bands[name][-1][2]):
        lowest = heights[profile] = max(plane.y(bands[profile][-1][2]) + 4, lowest + 14)
    return heights


def lines(plane, bands):
    heights = label_heights(plane, bands)
    for (profile, band), (colour, dashes) in zip(bands.items(), STYLES * len(bands)):
        there = [(percent, most) for percent, _, _, most in band]
        back = [(percent, least) for percent, least, _, _ in reversed(band)]
        means = [(percent, mean) for percent, _, mean, _ in band]
        yield f'<path class="band" fill="{colour}" d="{plane.path(there + back)}Z"/>'
        yield (f'<path class="line" stroke="{colour}" stroke-dasharray="{dashes or "none"}" '
               f'd="{plane.path(means)}"/>')
        begin, at = WIDTH - RIGHT + 6, heights[profile]
        yield (f'<path class="line" stroke="{colour}" stroke-dasharray="{dashes or "none"}" '
               f'd="M{begin} {at - 4:.1f}h26"/>'
               f'<text x="{begin + 32}" y="{at:.1f}">{html.escape(profile)}</text>')


def picture(workload, bands):
    """bands: profile -> as of read_bands."""
    plane = Plane(bands)
    title = html.escape(f"{workload}: allocated GPUs, % of all")
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
        f"<title>{title}; a line a policy, bands from the least to the most of the seeds</title>",
        f"<style>\n{CSS}\n</style>", f'<text class="title" x="{LEFT}" y="22">{title}</text>',
        *axes(plane), *lines(plane, bands), "</svg>"]) + "\n"


def write_pictures(rows, folder, column="gpu_allocation_pct"):
    """One file a workload, which are returned."""
    by_workload = collections.defaultdict(dict)
    for (workload, profile), band in read_bands(rows, column).items():
        by_workload[workload][profile] = band
    files = []
    for workload, bands in by_workload.items():
        files.append(folder / f"curves-{workload}.svg")
        files[-1].write_text(picture(workload, bands), encoding="utf-8")
    return files
