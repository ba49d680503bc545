"""What the modules of glue/telco promise, without Spark."""

import gzip
import io
import json
import tempfile
import unittest
from pathlib import Path

from moto import mock_aws
from telco import documents, neighbours, stage
from telco.archive import archived_on, marked_days
from telco.arguments import read_arguments
from telco.clean import done_with
from telco.errors import JobError
from telco.lake import BucketLake, FolderLake, client
from telco.manifest import is_of_run, merged, read_manifest, swap
from telco.rows import read_rows


class Arguments(unittest.TestCase):
    def test_those_of_glue_are_left_alone(self):
        argv = "--lake x --run day-1 --JOB_NAME j --job-bookmark-option job-bookmark-disable --TempDir t".split()
        read = read_arguments(argv)
        self.assertEqual((read.lake, read.run, read.mode, read.bad_share), ("x", "day-1", "run", 0.5))
        self.assertTrue(read.has("0001-01-01") and read.has("9999-12-31"))

    def test_what_is_wrong_is_named(self):
        for argv, name in (
            ("--mode other", "--mode"),
            ("--from 2025", "--from"),
            ("--to x", "--to"),
            ("--run a/b", "--run"),
            ("--bad-share 2", "--bad-share"),
            ("--bad-share x", "bad-share"),
        ):
            with self.assertRaisesRegex(JobError, name):
                read_arguments(["--lake", "x", "--run", "r", *argv.split()])
        with self.assertRaisesRegex(JobError, "--lake"):
            read_arguments(["--run", "r"])


def rows(content, form="ndjson", is_gzip=False):
    return [tuple(row) for row in read_rows(io.BytesIO(content), is_gzip, form)]


class Rows(unittest.TestCase):
    def test_lines_end_at_lf_cr_and_crlf_alone_and_blank_ones_are_no_rows(self):
        content = "\ufeffa\r\nb\rc\n\n \u00a0\ufeff\n\u0085\nd\u2028e\x0b\x1c".encode()
        expected = [(1, "a"), (2, "b"), (3, "c"), (6, "\u0085"), (7, "d\u2028e\x0b\x1c")]
        self.assertEqual([(line, raw) for line, _, raw, _ in rows(content)], expected)
        self.assertEqual(rows(gzip.compress(content), is_gzip=True), rows(content))

    def test_a_record_ends_where_its_quotes_do_and_an_empty_cell_is_no_value(self):
        content = b'a,"b ""x"""\r\n1,"x\r\ny"\r\n\r\n2,""\n3\n" ",\'\n'
        self.assertEqual(
            rows(content, "csv"),
            [
                (3, None, '1,"x\r\ny"', '{"a": "1", "b \\"x\\"": "x\\r\\ny"}'),
                (5, None, '2,""', '{"a": "2", "b \\"x\\"": null}'),
                (6, "COLUMN_COUNT", "3", None),
                (7, None, '" ",\'', '{"a": " ", "b \\"x\\"": "\'"}'),
            ],
        )


class Documents(unittest.TestCase):
    def test_a_flaw_is_named_as_the_rules_name_it(self):
        flaws = {
            '{"a":1}': None,
            " \t{} ": None,
            "[]": "BAD_JSON",
            '{"a":1,}': "BAD_JSON",
            '{"a":01}': "BAD_JSON",
            '{"a":"\\ud800"}': "BAD_JSON",
            '{"a":"\t"}': "BAD_JSON",
            "\ufeff{}": "BAD_JSON",
            '{"a":"NaN"}': None,
            '{"a":-inf}': "NON_FINITE_NUMBER",
            '{"a":[nan]}': "NON_FINITE_NUMBER",
            '{"a":1e999}': "NON_FINITE_NUMBER",
            '{"a":1234567890123456789}': "NUMBER_TOO_LARGE",
            '{"a":' + "[" * 63 + "]" * 63 + "}": None,
            '{"a":' + "[" * 64 + "]" * 64 + "}": "TOO_DEEP",
            "[" * 100_000: "TOO_DEEP",
        }
        told = {text: documents.read_document(text, "a", "").flaw for text in flaws}
        self.assertEqual(told, flaws)

    def test_what_is_in_a_document(self):
        text = '{"name":"E\\u0301","list":[1.0,{"a":"\\u001f\\/"}],"none":null,"on":true,"x\\"":-0,"y":null}'
        told = documents.read_document(text, "name,list,none,on", "list")
        self.assertEqual(told.texts["name"], "E\u0301")
        self.assertEqual(told.normals, {"name": "\u00c9"})
        self.assertEqual(told.kinds, {"name": "STRING", "list": "OTHER", "on": "OTHER"})
        self.assertEqual(told.jsons, {"list": '[1.0,{"a":"\\u001F/"}]'})
        self.assertEqual((told.texts["on"], told.extra, told.has_twice), ("true", '{"x\\"":0,"y":null}', False))
        self.assertTrue(documents.read_document('{"z":[{"a":1,"\\u0061":2}]}', "name", "").has_twice)

    def test_a_double_has_its_shortest_text(self):
        texts = {
            "-0.0": "-0.0",
            "1e5": "100000.0",
            "1e20": "100000000000000000000.0",
            "1e21": "1e21",
            "0.000001": "0.000001",
            "1e-7": "1e-7",
            "123.456e2": "12345.6",
            "1e-400": "0.0",
            "5e-324": "5e-324",
            "-1.7976931348623157e308": "-1.7976931348623157e308",
            "12345678.90": "12345678.9",
        }
        self.assertEqual({text: documents.double_text(text) for text in texts}, texts)


class Lakes(unittest.TestCase):
    def in_each(self):
        with tempfile.TemporaryDirectory() as folder:
            yield FolderLake(folder)
        with mock_aws():
            client.cache_clear()
            client("s3", None).create_bucket(
                Bucket="lake", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
            )
            yield BucketLake("lake", None)
            client.cache_clear()

    def write(self, lake, key, text):
        lake.replace(key, text.encode(), lake.read(key))

    def test_two_runs_never_lose_each_others_entries(self):
        for lake in self.in_each():
            one, other = read_manifest(lake, "clean"), read_manifest(lake, "clean")
            swap(lake, one, [{"file": "a"}])
            with self.assertRaisesRegex(JobError, "another run has replaced this.*start the run again"):
                swap(lake, other, [{"file": "b"}])
            late = read_manifest(lake, "clean")
            swap(lake, read_manifest(lake, "clean"), [*late.files, {"file": "c"}])
            with self.assertRaises(JobError):
                swap(lake, late, [{"file": "d"}])
            self.assertEqual(read_manifest(lake, "clean").files, [{"file": "a"}, {"file": "c"}])

    def test_a_day_of_the_archive(self):
        for lake in self.in_each():
            for stem, accepted in (("c", 1), ("a", 2), ("b", None)):
                self.write(lake, f"archive/plans/2025-01-01/{stem}.csv", "x")
                sidecar = {"source": f"raw/{stem}", "rows": 1, "accepted": accepted}
                self.write(lake, f"archive/plans/2025-01-01/{stem}.json", json.dumps(sidecar))
            # Without its sidecar it is not whole.
            self.write(lake, "archive/plans/2025-01-01/d.csv.gz", "x")
            found = archived_on(lake, "plans", "2025-01-01", lambda key: not key.endswith("/c.csv"))
            self.assertEqual([(file.sha256, file.revision) for file in found], [("b", 1), ("a", 3)])
            self.assertEqual(lake.folders("archive/plans/"), ["2025-01-01"])
            self.assertEqual(lake.keys("archive/plans/2025-01-02/"), [])

    def test_a_mark_stays_until_its_file_is_listed(self):
        marks = ["arrivals/plans/2025-01-02/b.csv", "arrivals/plans/2025-01-01/a.csv.gz"]
        self.assertEqual(marked_days(marks), [("plans", "2025-01-01"), ("plans", "2025-01-02")])
        self.assertEqual(done_with(marks, [{"file": "archive/plans/2025-01-01/a.csv.gz"}]), [marks[1]])


class Manifests(unittest.TestCase):
    def test_an_entry_keeps_its_place_and_new_ones_come_last(self):
        known = [{"file": "a", "n": 1}, {"file": "b", "n": 1}]
        added = [{"file": "c", "n": 2}, {"file": "a", "n": 2}]
        self.assertEqual([(e["file"], e["n"]) for e in merged(known, added)], [("a", 2), ("b", 1), ("c", 2)])

    def test_a_manifest_that_is_none_is_an_error_that_says_which(self):
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "clean").mkdir()
            Path(folder, "clean/manifest.json").write_text("[]")
            with self.assertRaisesRegex(JobError, "clean/manifest.json"):
                read_manifest(FolderLake(folder), "clean")

    def test_names_say_of_what_a_file_was_made_by_which_run_and_how_often(self):
        path = "plans/d=2025-01-01/day-1-again-0123456789abcdef-again2.parquet"
        self.assertTrue(is_of_run(path, "day-1-again") and not is_of_run(path, "day-2") and not is_of_run(None, "x"))
        for other in (path, path.replace("day-1-again-", ""), path.replace("-again2", "")):
            self.assertEqual(stage.unversioned(other), "plans/d=2025-01-01/0123456789abcdef.parquet")
        known = [{"path": path, "sources": [{"file": "a"}]}]
        day = {"dataset": "plans", "date": "2025-01-01"}
        self.assertEqual(stage.pass_of(known, [{**day, "file": "a"}]), 3)
        self.assertEqual(stage.pass_of(known, [{**day, "file": "b"}]), 0)

    def test_the_snapshot_of_a_day_is_the_newest_before_it_that_has_a_row(self):
        def snapshot(date, revision, path="x"):
            return {"dataset": "plans", "date": date, "revision": revision, "goodPath": path}

        known = neighbours.believed(
            [snapshot("2025-01-03", 1), snapshot("2025-01-03", 2), snapshot("2025-01-05", 1), snapshot("2025-01-06", 1, None)],
            "plans",
        )
        found = neighbours.snapshots_of(["2025-01-01", "2025-01-04", "2025-01-07"], known)
        self.assertEqual(
            {day: (file["date"], file["revision"]) for day, file in found.items()},
            {"2025-01-01": ("2025-01-03", 2), "2025-01-04": ("2025-01-03", 2), "2025-01-07": ("2025-01-05", 1)},
        )
        self.assertEqual(neighbours.snapshots_of(["2025-01-01"], []), {})


if __name__ == "__main__":
    unittest.main(verbosity=2)
