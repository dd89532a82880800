"""A table of a platform's tests: table.py PLATFORM RESULTS.xml (of ctest --output-junit).

Fails if one failed, none ran, or one was skipped that skips.txt does not allow there.
"""
import pathlib
import re
import sys
import xml.etree.ElementTree


def allowed_skips(platform):
    """Patterns of the names of tests that may be skipped there, with the reason."""
    found = {}
    for line in (pathlib.Path(__file__).parent / "skips.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            platforms, pattern, reason = line.split(maxsplit=2)
            if platform in platforms.split(","):
                found[pattern] = reason
    return found


def main(platform, results):
    allowed = allowed_skips(platform)
    counts = {"passed": [], "failed": [], "skipped": [], "not allowed to skip": []}
    for case in xml.etree.ElementTree.parse(results).getroot().iter("testcase"):
        name = case.get("name")
        state = {"run": "passed", "fail": "failed", "notrun": "skipped", "disabled": "skipped"}[case.get("status")]
        reason = ""
        if state == "skipped":
            reason = next((why for pattern, why in allowed.items() if re.fullmatch(pattern, name)), "")
            state = state if reason else "not allowed to skip"
        counts[state].append((name, reason))
    print(f"{platform}: " + ", ".join(f"{len(names)} {state}" for state, names in counts.items()))
    for state in list(counts)[1:]:
        for name, reason in counts[state]:
            print(f"  {state}: {name}" + (f" ({reason})" if reason else ""))
    return 0 if counts["passed"] and not counts["failed"] and not counts["not allowed to skip"] else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
