#!/usr/bin/python3
"""The layer check finds every kind of break in a small bad tree, and nothing in a good one."""
import pathlib
import tempfile
import unittest

import check_layers

GOOD = {
    "src/CMakeLists.txt": "foreach(room base comm data io reduce optimize app)\n  add_subdirectory(${room})\nendforeach()\n",
    "src/base/CMakeLists.txt": "fleetsne_room(base SOURCES clock.cpp)\n",
    "src/comm/CMakeLists.txt": "fleetsne_room(comm LINKS fleetsne::base)\n",
    "src/data/CMakeLists.txt": "fleetsne_room(data LINKS fleetsne::comm)\n",
    "src/io/CMakeLists.txt": "fleetsne_room(io LINKS fleetsne::data)\n",
    "src/optimize/CMakeLists.txt": "fleetsne_room(optimize LINKS fleetsne::data)  # not fleetsne::app\n",
    "src/app/CMakeLists.txt": "fleetsne_room(app LINKS fleetsne::optimize)\n",
    "include/fleetsne/base/clock.hpp": "#pragma once\nnamespace fleetsne::base {\nint now();\n}\n",
    "src/base/clock.cpp": '#include "fleetsne/base/clock.hpp"\nnamespace fleetsne::base {\nint now() { return 0; }\n}\n',
    "include/fleetsne/comm/world.hpp":
        '#include <mpi.h>\n#include "fleetsne/base/clock.hpp"\nnamespace fleetsne::comm {\nMPI_Comm world();\n}\n',
    "include/fleetsne/data/block.hpp": '#include "fleetsne/comm/world.hpp"\nnamespace fleetsne::data { struct Block {}; }\n',
    "src/io/read.cpp": "#include <mpi.h>\nnamespace fleetsne::io { void f() { MPI_Barrier(0); } }\n",
    "src/optimize/kernel.hpp": "namespace fleetsne::optimize::detail { int k(); }\n",
    "src/optimize/field.cpp":
        '#include "fleetsne/data/block.hpp"\n#include "kernel.hpp"\n// MPI_Send would be wrong here\n'
        '/* #include "fleetsne/app/x.hpp" */\nnamespace fleetsne::optimize { const char* s = "MPI_Send // no"; }\n',
    "src/app/main.cpp": '#include "fleetsne/base/clock.hpp"\nint main() { return fleetsne::base::now(); }\n',
}


def problems_of(changes):
    with tempfile.TemporaryDirectory() as root:
        for name, text in {**GOOD, **changes}.items():
            if text is None:
                continue
            path = pathlib.Path(root) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return check_layers.check(root)[1]


class CheckLayers(unittest.TestCase):
    def expect(self, changes, *words):
        problems = problems_of(changes)
        self.assertEqual(len(problems), 1, problems)
        for word in words:
            self.assertIn(word, problems[0])

    def test_a_good_tree_has_no_problems(self):
        self.assertEqual(problems_of({}), [])

    def test_a_lower_floor_includes_a_higher_one(self):
        self.expect({"src/base/clock.cpp": '#include "fleetsne/data/block.hpp"\nnamespace fleetsne::base {}\n'},
                    "src/base/clock.cpp:1", "fleetsne/data/block.hpp", "floor 2")

    def test_angle_brackets_do_not_hide_an_include(self):
        self.expect({"src/base/clock.cpp": '# include <fleetsne/comm/world.hpp>\nnamespace fleetsne::base {}\n'},
                    "fleetsne/comm/world.hpp")

    def test_rooms_on_one_floor_include_each_other(self):
        self.expect({"src/optimize/field.cpp":
                     '#include "fleetsne/plot/plot.hpp"\nnamespace fleetsne::optimize {}\n'}, "one floor")

    def test_a_path_around_the_house(self):
        self.expect({"src/optimize/field.cpp": '#include "../io/read.hpp"\nnamespace fleetsne::optimize {}\n'},
                    "../io/read.hpp")

    def test_a_private_header_that_is_elsewhere(self):
        self.expect({"src/io/read.cpp": '#include "kernel.hpp"\nnamespace fleetsne::io {}\n'}, "kernel.hpp")

    def test_mpi_outside_comm_and_io(self):
        self.expect({"src/optimize/field.cpp": "namespace fleetsne::optimize { void f() { MPI_Barrier(0); } }\n"},
                    "src/optimize/field.cpp:1", "MPI_Barrier")
        self.expect({"src/optimize/field.cpp": "#include <mpi.h>\nnamespace fleetsne::optimize {}\n"}, "mpi.h")

    def test_only_the_type_is_handed_over(self):
        self.assertEqual(problems_of({"src/optimize/field.cpp": "namespace fleetsne::optimize { void f(MPI_Comm); }\n"}), [])
        self.expect({"src/optimize/field.cpp": "namespace fleetsne::optimize { int f(MPI_Comm c) { return MPI_Barrier(c); } }\n"},
                    "MPI_Barrier")
        self.expect({"src/app/main.cpp": "int main() { MPI_Comm c; }\n"}, "MPI_Comm")

    def test_mpi_after_a_slash_in_a_string(self):
        self.expect({"src/optimize/field.cpp":
                     'namespace fleetsne::optimize { const char* u = "http://x"; int r = MPI_Init(0, 0); }\n'}, "MPI_Init")

    def test_mpi_between_digit_separators(self):
        self.expect({"src/optimize/field.cpp":
                     "namespace fleetsne::optimize { int n = 1'000; int r = MPI_Init(0, 0); int m = 2'000; }\n"}, "MPI_Init")

    def test_a_directory_that_is_not_its_namespace(self):
        self.expect({"src/base/clock.cpp": "namespace fleetsne::comm { int x; }\n"}, "namespace fleetsne::comm")
        self.expect({"src/base/clock.cpp": "int x;\n"}, "does not open namespace fleetsne::base")

    def test_a_room_on_no_floor(self):
        problems = problems_of({"src/attic/box.cpp": "namespace fleetsne::attic { int x; }\n"})
        self.assertEqual(problems, ["src/attic/box.cpp: attic is on no floor"])
        self.expect({"src/CMakeLists.txt": "foreach(room base comm data io optimize app attic)\nendforeach()\n"},
                    "attic is on no floor")

    def test_a_room_that_is_not_built(self):
        self.expect({"src/CMakeLists.txt": "foreach(room base comm data optimize app)\nendforeach()\n"},
                    "does not name io")
        self.expect({"src/io/CMakeLists.txt": None}, "src/io/CMakeLists.txt: is missing")

    def test_rooms_out_of_order(self):
        self.expect({"src/CMakeLists.txt": "foreach(room base data comm io optimize app)\nendforeach()\n"}, "lowest floor")

    def test_a_link_to_a_higher_floor(self):
        self.expect({"src/base/CMakeLists.txt": "fleetsne_room(base LINKS fleetsne::comm)\n"}, "links fleetsne::comm")

    def test_an_empty_tree_is_not_a_good_one(self):
        self.assertTrue(problems_of({name: None for name in GOOD}))


if __name__ == "__main__":
    unittest.main()
