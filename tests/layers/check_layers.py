#!/usr/bin/python3
"""Checks that the source tree keeps to the floors of the house.

    check_layers.py ROOT

A floor includes only lower floors, rooms on one floor never include each other, MPI is called in comm and io only
(optimize may name the type of the communicator that it hands to FFTW), a directory is a namespace and a CMake target, and
src/CMakeLists.txt names every room. Prints every break of a rule; exits 1 if there is any.
"""
import pathlib
import re
import sys

FLOORS = [
    ["base"],
    ["comm"],
    ["data"],
    ["io", "reduce", "search"],
    ["partition", "neighbors", "affinity", "init", "optimize", "umap", "quality", "plot",
     "synthetic"],
    ["run"],
    ["sweep"],
    ["app"],
]
FLOOR_OF = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
MAY_CALL_MPI = {"comm", "io"}
MAY_NAME = {("optimize", "MPI_Comm")}

LITERALS_AND_COMMENTS = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"(?P<mark>[^ ()\\]{0,16})\(.*?\)(?P=mark)"|"(?:\\.|[^"\\\n])*"|'
    r"(?<![0-9A-Fa-f])'(?:\\.|[^'\\\n])+'", re.DOTALL)
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.MULTILINE)
MPI_NAME = re.compile(r"\bP?MPI_\w+")
NAMESPACE = re.compile(r"\bnamespace\s+(fleetsne\b[\w:]*)\s*\{")
# What C's linkage names, and main, stand in no namespace.
OUTSIDE_NAMESPACES = re.compile(r'\bint\s+main\s*\(|\bextern\s+""')
CMAKE_COMMENT = re.compile(r"#[^\n]*")


def without_literals(text):
    """The code without comments and literals, lines kept; a string never hides a comment nor the other way round."""
    def blank(match):
        kept = " " if match.group().startswith("/") else '""'
        return kept + "\n" * match.group().count("\n")
    return LITERALS_AND_COMMENTS.sub(blank, text)


def without_comments(text):
    def blank(match):
        if match.group().startswith("/"):
            return " " + "\n" * match.group().count("\n")
        return match.group()
    return LITERALS_AND_COMMENTS.sub(blank, text)


def line_of(text, position):
    return text.count("\n", 0, position) + 1


def may_use(room, other):
    return room == other or FLOOR_OF[other] < FLOOR_OF[room]


def why_not(room, other):
    if FLOOR_OF[other] == FLOOR_OF[room]:
        return f"{room} and {other} are on one floor ({FLOOR_OF[room]})"
    return f"{room} is on floor {FLOOR_OF[room]}, {other} above it on floor {FLOOR_OF[other]}"


def check_includes(room, path, name, text, problems):
    for match in INCLUDE.finditer(without_comments(text)):
        kind, target = match.groups()
        where = f"{name}:{line_of(text, match.start())}"
        if target.startswith("fleetsne/"):
            other = target.split("/")[1]
            if other not in FLOOR_OF:
                problems.append(f"{where}: includes {target}, which is in no room")
            elif not may_use(room, other):
                problems.append(f"{where}: includes {target} ({why_not(room, other)})")
        elif kind == '"' and ("/" in target or not (path.parent / target).exists()):
            problems.append(f'{where}: includes "{target}", which is not a private header beside it')
        if target == "mpi.h" and room not in MAY_CALL_MPI:
            problems.append(f"{where}: includes mpi.h ({room} is not one of {', '.join(sorted(MAY_CALL_MPI))})")


def check_code(room, name, text, problems):
    code = without_literals(text)
    if room not in MAY_CALL_MPI:
        for match in MPI_NAME.finditer(code):
            if (room, match.group()) in MAY_NAME:
                continue
            problems.append(f"{name}:{line_of(code, match.start())}: names {match.group()} "
                            f"({room} is not one of {', '.join(sorted(MAY_CALL_MPI))})")
    own = f"fleetsne::{room}"
    opened = list(NAMESPACE.finditer(code))
    for match in opened:
        if match.group(1) != own and not match.group(1).startswith(own + "::"):
            problems.append(f"{name}:{line_of(code, match.start())}: opens namespace {match.group(1)} "
                            f"(the directory says {own})")
    if not opened and not OUTSIDE_NAMESPACES.search(code) and re.search(r"[;{}]", code):
        problems.append(f"{name}: does not open namespace {own}")


def check_targets(root, rooms, problems):
    """src/CMakeLists.txt lists the rooms from the lowest floor up, and no room links one that it may not include."""
    listing = root / "src" / "CMakeLists.txt"
    text = CMAKE_COMMENT.sub("", listing.read_text()) if listing.exists() else ""
    match = re.search(r"foreach\s*\(\s*room\s+([^)]*)\)", text)
    listed = match.group(1).split() if match else []
    if not listed:
        problems.append("src/CMakeLists.txt: has no foreach(room ...) that names the rooms")
    for room in listed:
        if room not in FLOOR_OF:
            problems.append(f"src/CMakeLists.txt: {room} is on no floor")
    for room in sorted(rooms - set(listed)):
        problems.append(f"src/CMakeLists.txt: does not name {room}")
    floors = [FLOOR_OF[room] for room in listed if room in FLOOR_OF]
    if floors != sorted(floors):
        problems.append("src/CMakeLists.txt: the rooms are not listed from the lowest floor up")
    for room in sorted(rooms & set(FLOOR_OF)):
        path = root / "src" / room / "CMakeLists.txt"
        if not path.exists():
            problems.append(f"src/{room}/CMakeLists.txt: is missing")
            continue
        text = CMAKE_COMMENT.sub("", path.read_text())
        if not re.search(rf"fleetsne_room\s*\(\s*{room}\b", text):
            problems.append(f"src/{room}/CMakeLists.txt: does not make the room {room}")
        for match in re.finditer(r"\bfleetsne::(\w+)", text):
            other = match.group(1)
            if other not in FLOOR_OF:
                problems.append(f"src/{room}/CMakeLists.txt: links fleetsne::{other}, which is no room")
            elif not may_use(room, other):
                problems.append(f"src/{room}/CMakeLists.txt: links fleetsne::{other} ({why_not(room, other)})")


def check(root):
    root = pathlib.Path(root)
    problems = []
    rooms = set()
    files = 0
    for tree in (root / "include" / "fleetsne", root / "src"):
        for path in sorted(tree.rglob("*")) if tree.exists() else []:
            if path.suffix not in (".hpp", ".cpp", ".h", ".c", ".cc", ".ipp"):
                continue
            name = str(path.relative_to(root))
            room = path.relative_to(tree).parts[0]
            files += 1
            if room not in FLOOR_OF:
                problems.append(f"{name}: {room} is on no floor")
                continue
            rooms.add(room)
            text = path.read_text(encoding="utf-8")
            check_includes(room, path, name, text, problems)
            check_code(room, name, text, problems)
    if files == 0:
        problems.append(f"{root}: holds no sources")
    check_targets(root, rooms, problems)
    return files, problems


def main():
    files, problems = check(sys.argv[1])
    for problem in problems:
        print(problem)
    print(f"{files} files, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
