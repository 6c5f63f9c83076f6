"""Tests of bench/peers/compare.py: what counts as equal, and what the table says."""

import argparse
import contextlib
import io
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "bench" / "peers"))
import compare  # noqa: E402


def decision(**fields):
    return {"pod": "default/a", "feasible": 3, "chosen": "n1", "bestCount": 2, "total": 7, **fields}


class Difference(unittest.TestCase):
    def test_equal_decisions_have_none(self):
        self.assertIsNone(compare.difference(decision(), decision()))

    def test_every_field_counts(self):
        for field, other in [("chosen", "n2"), ("feasible", 4), ("bestCount", 1), ("total", 8)]:
            self.assertIn(field, compare.difference(decision(), decision(**{field: other})))
        self.assertIn("message", compare.difference(decision(message="x"), decision(message="y")))

    def test_a_lone_feasible_node_has_no_total(self):
        lone = {"feasible": 1, "bestCount": 1}
        self.assertIsNone(compare.difference(decision(total=None, **lone), decision(total=0, **lone)))

    def test_later_pods_of_berth_are_not_compared(self):
        self.assertEqual(compare.compare([decision()], [decision(), decision()]), (1, None))

    def test_missing_pods_count_as_different(self):
        equal, first = compare.compare([decision(), decision(pod="default/b")], [decision()])
        self.assertEqual(equal, 1)
        self.assertIn("1 pods were not decided", first)

    def test_the_first_difference_is_told(self):
        equal, first = compare.compare([decision()], [decision(chosen="n9")])
        self.assertEqual((equal, first), (0, "default/a: chosen: want 'n1', got 'n9'"))


class Table(unittest.TestCase):
    def result(self):
        side = {"decisions": 10, "podsPerSecond": 1234.5, "p50": 1500, "p99": 2.5e6}
        return {
            "workload": "basic",
            "berth": {"rounds": [side], "nodesScoredPerPod": 5000},
            "peer": {"rounds": [dict(side, nodesScoredPerPod=500, version="v1")]},
            "ratio": compare.spread([100.0, 300.0, 200.0]),
            "decisions": {"compared": 10, "equal": 9, "firstDifference": "x"},
        }

    def test_a_row_has_a_cell_for_each_column(self):
        row = compare.row(self.result())
        self.assertEqual(len(row), len(compare.COLUMNS))
        self.assertIn("100 / 200 / 300", row)
        self.assertEqual(row[-1], "9 of 10")
        self.assertEqual(row[2:5], ["1,234", "1.5 us", "2.5 ms"])

    def test_without_comparison_the_table_says_so(self):
        result = self.result()
        del result["decisions"]
        self.assertEqual(compare.row(result)[-1], "not compared")

    def test_notes_tell_the_first_difference(self):
        out = io.StringIO()
        options = argparse.Namespace(nodes=5000, rounds=3, percent=0)
        with contextlib.redirect_stdout(out):
            compare.print_notes([self.result()], options)
        self.assertIn("adaptive sample", out.getvalue())
        self.assertIn("basic: the first difference: x", out.getvalue())


if __name__ == "__main__":
    unittest.main()
