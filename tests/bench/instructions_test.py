"""Tests of bench/instructions/check.py: when a count is too high, and what is said then."""

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "bench" / "instructions"))
import check  # noqa: E402


class Verdict(unittest.TestCase):
    def test_a_few_percent_more_are_allowed(self):
        self.assertTrue(check.verdict("basic", 1_040_000, 1_000_000)[0])

    def test_beyond_it_fails_and_says_how_to_raise_the_baseline(self):
        good, words = check.verdict("basic", 1_060_000, 1_000_000)
        self.assertFalse(good)
        self.assertIn("+6.0%", words)
        self.assertIn("tools/update-instruction-baseline", words)

    def test_much_less_is_good_and_worth_keeping(self):
        good, words = check.verdict("basic", 500_000, 1_000_000)
        self.assertTrue(good)
        self.assertIn("Keep what was won", words)


class Total(unittest.TestCase):
    def test_is_read_from_what_callgrind_writes(self):
        self.assertEqual(check.total_of("events: Ir\nsummary: 7\n\ntotals: 1234\n"), 1234)

    def test_nothing_counted_is_an_error(self):
        with self.assertRaises(check.Failure):
            check.total_of("events: Ir\n")


if __name__ == "__main__":
    unittest.main()
