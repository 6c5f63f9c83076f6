"""The dashboard and the document speak of metrics that there are."""

import json
import re
import unittest

from metric_sources import served_metrics
from metric_table import table
from tools import read

# What Prometheus and Grafana add.
LABELS_OF_THE_SCRAPE = {"job", "instance", "le"}
# fmt: off
WORDS = {"and", "or", "unless", "by", "on", "bool", "without", "sum", "max", "min", "rate", "increase", "vector",
         "histogram_quantile"}
# fmt: on


def selectors(expression):
    """(metric, its label matchers' names), and one without matchers for a bare name."""
    bare = re.sub(r'"[^"]*"', '""', expression)
    bare = re.sub(r"\b(by|on|without)\s*\([^)]*\)", "", bare)
    bare = re.sub(r"\[[^\]]*\]", "", bare)
    for name, labels in re.findall(r"\b([a-z_][a-z0-9_]*)\b\s*(\{[^}]*\})?(?!\w*\s*\()", bare):
        if labels or name not in WORDS:
            yield name, set(re.findall(r"(\w+)\s*[=!]", labels))


def grouping(expression):
    for names in re.findall(r"\b(?:by|on)\s*\(([^)]*)\)", expression):
        yield from (name.strip() for name in names.split(","))


class Dashboard(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.dashboard = json.loads(read("deploy", "grafana", "berth.json"))
        cls.metrics = served_metrics()

    def expressions(self):
        for panel in self.dashboard["panels"]:
            for target in panel.get("targets", []):
                yield panel["title"], target["expr"]

    def family(self, name):
        """The metric that a series is of, and None where there is none."""
        if name in self.metrics:
            return self.metrics[name] if self.metrics[name].kind != "histogram" else None
        base = re.sub(r"_(bucket|sum|count)$", "", name)
        metric = self.metrics.get(base)
        return metric if metric and metric.kind == "histogram" else None

    def test_every_query_is_of_metrics_that_are_served_and_counted(self):
        self.assertGreater(len(list(self.expressions())), 20)
        for title, expression in self.expressions():
            found = list(selectors(expression))
            self.assertTrue(found, title)
            for name, labels in found:
                metric = self.family(name)
                self.assertIsNotNone(metric, f"{title}: {name}")
                self.assertTrue(metric.filled and not metric.enabled, f"{title}: {name}")
                known = set(metric.labels) | LABELS_OF_THE_SCRAPE
                self.assertLessEqual(labels, known, f"{title}: {name}")

    def test_every_grouping_is_by_labels_of_the_metrics(self):
        for title, expression in self.expressions():
            known = set(LABELS_OF_THE_SCRAPE)
            for name, _ in selectors(expression):
                known.update(self.family(name).labels)
            self.assertLessEqual(set(grouping(expression)), known, title)

    def test_counters_are_asked_for_their_rate(self):
        for title, expression in self.expressions():
            for name in re.findall(r"\b(\w+_(?:total|bucket))\{", expression):
                self.assertRegex(expression, rf"(rate|increase)\({name}\{{[^}}]*\}}\[", title)

    def test_variables_are_of_metrics_that_are_served(self):
        for variable in self.dashboard["templating"]["list"]:
            if variable["type"] == "query":
                name = re.match(r"label_values\((\w+)", variable["definition"]).group(1)
                self.assertIn(name, self.metrics)

    def test_panels_have_numbers_of_their_own_and_do_not_overlap(self):
        taken = {}
        panels = self.dashboard["panels"]
        self.assertEqual(len({panel["id"] for panel in panels}), len(panels))
        for panel in panels:
            where = panel["gridPos"]
            self.assertLessEqual(where["x"] + where["w"], 24)
            for x in range(where["x"], where["x"] + where["w"]):
                for y in range(where["y"], where["y"] + where["h"]):
                    self.assertIsNone(taken.get((x, y)), f"{panel['title']}, {taken.get((x, y))}")
                    taken[x, y] = panel["title"]


class Document(unittest.TestCase):
    def test_the_table_is_what_is_registered(self):
        self.assertIn(
            table(),
            read("docs", "metrics.md"),
            "docs/metrics.md is not what tests/deploy/metric_table.py would write",
        )


if __name__ == "__main__":
    unittest.main()
