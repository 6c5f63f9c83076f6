"""Tests of bench/growth/growth.py: that the drawing is well-formed and shows every point."""

import pathlib
import sys
import unittest
import xml.etree.ElementTree as ElementTree

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "bench" / "growth"))
import growth  # noqa: E402

SVG = "{http://www.w3.org/2000/svg}"


def point(over, workload, nodes, classes, nanoseconds):
    figures = {field: nanoseconds for field in growth.FIELDS}
    return {"over": over, "workload": workload, "nodes": nodes, "classes": classes, **figures}


class Draw(unittest.TestCase):
    def setUp(self):
        self.points = [point("nodes", "basic", n, 0, n * 3) for n in (1_000, 10_000, 100_000)]
        self.points += [point("nodes", "unfit", n, 0, n * 90) for n in (1_000, 100_000)]
        self.points += [point("classes", "classes", 5_000, c, 40_000) for c in (10, 100)]

    def test_is_well_formed_and_has_a_curve_for_each_series(self):
        root = ElementTree.fromstring(growth.draw(self.points))
        curves = root.findall(f"{SVG}polyline")
        self.assertEqual([len(c.get("points").split()) for c in curves], [3, 2, 2, 2])

    def test_labels_axes_and_curves(self):
        words = growth.draw(self.points)
        for label in ("microseconds", ">nodes<", ">100k<", "equal pods", "fits nowhere", "99 %"):
            self.assertIn(label, words)

    def test_a_straight_line_in_logarithms_is_one_in_the_picture(self):
        root = ElementTree.fromstring(growth.draw(self.points))
        places = root.find(f"{SVG}polyline").get("points").split()
        (x1, y1), (x2, y2), (x3, y3) = (map(float, p.split(",")) for p in places)
        self.assertAlmostEqual(x2 - x1, x3 - x2, delta=0.2)
        self.assertAlmostEqual(y2 - y1, y3 - y2, delta=0.2)

    def test_stays_inside_the_picture(self):
        root = ElementTree.fromstring(growth.draw(self.points))
        for circle in root.findall(f"{SVG}circle"):
            self.assertTrue(0 <= float(circle.get("cx")) <= growth.WIDTH)
            self.assertTrue(0 <= float(circle.get("cy")) <= growth.HEIGHT)

    def test_draws_what_there_is(self):
        ElementTree.fromstring(growth.draw(self.points[:1]))


if __name__ == "__main__":
    unittest.main()
